// SPDX-License-Identifier: MIT
#include "core/session/dhat_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "core/export/heap_export.h"
#include "core/heap/call_tree.h"
#include "core/session/heap_coding.h"
#include "tests/support/heap_records.h"

namespace ringscope {
namespace {

using ::testing::HasSubstr;

// As Valgrind 3.19 writes it: of a program whose f() is inlined into main().
constexpr char kValgrind[] = R"json({"dhatFileVersion":2
,"mode":"heap","verb":"Allocated"
,"bklt":true,"bkacc":true
,"tu":"instrs","Mtu":"Minstr"
,"tuth":500
,"cmd":"/opt/a/demo --fast"
,"pid":2444
,"te":152795
,"tg":148070
,"pps":
 [{"tb":1000,"tbk":10,"tl":26983,"mb":500,"mbk":5,"gb":400,"gbk":4,"eb":300,"ebk":3,"rb":0,"wb":1000
  ,"acc":[-100,10],"fs":[1,2,3,4]}
 ,{"tb":24,"tbk":1,"tl":9,"mb":24,"mbk":1,"gb":0,"gbk":0,"eb":0,"ebk":0,"rb":0,"wb":1,"fs":[5,4]}
 ]
,"ftbl":
 ["[root]"
 ,"0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_dhat-amd64-linux.so)"
 ,"0x109170: f<(anonymous namespace)::T>(int) (t.c:3)"
 ,"0x109170: main (t.c:7)"
 ,"0x49ABCDE: (below main) (in /lib/libc.so.6)"
 ,"0x4A00000: ??? (in /lib/libx.so)"
 ]
})json";

// As dhat-rs 0.3 writes it.
constexpr char kRust[] =
    R"json({"dhatFileVersion":2,"mode":"rust-heap","verb":"Allocated","bklt":true,
"bkacc":false,"tu":"µs","Mtu":"s","tuth":10,"cmd":"target/release/queue","pid":7,"tg":1500,"te":2000,
"pps":[{"tb":64,"tbk":2,"tl":3000,"mb":32,"mbk":1,"gb":32,"gbk":1,"eb":0,"ebk":0,"fs":[1,2]}],
"ftbl":["[root]","0x5581: <alloc::vec::Vec<T>>::push (alloc/src/vec/mod.rs:1836:13)",
"0x5590: queue::main (src/main.rs:12:5)"]
})json";

std::string whyNot(const std::string& text) {
    const auto record = readDhat(text, "it.json");
    return record ? "it was read" : record.error().message;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

TEST(DhatFile, OfValgrindHasItsSums) {
    const auto record = readDhat(kValgrind, "it");
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(record->name, "demo");
    EXPECT_EQ(record->process.pid, 2444);
    const HeapProfile& profile = record->profile;
    EXPECT_EQ(profile.origin, HeapOrigin::dhat);
    EXPECT_FALSE(profile.hasTimes) << "it counts instructions";
    ASSERT_EQ(profile.stacks.size(), 2U);
    const HeapSums& sums = profile.stacks[0].sums;
    EXPECT_EQ(sums.bytes, 1000U);
    EXPECT_EQ(sums.blocks, 10U);
    EXPECT_EQ(sums.maxBytes, 500U);
    EXPECT_EQ(sums.maxBlocks, 5U);
    EXPECT_EQ(sums.peakBytes, 400U);
    EXPECT_EQ(sums.peakBlocks, 4U);
    EXPECT_EQ(sums.liveBytes, 300U);
    EXPECT_EQ(sums.liveBlocks, 3U);
    EXPECT_EQ(profile.total.bytes, 1024U);
    EXPECT_EQ(profile.peakBytes, 400U);
}

TEST(DhatFile, HasInlinedFramesAndModules) {
    const auto record = readDhat(kValgrind, "it");
    ASSERT_TRUE(record);
    const HeapProfile& profile = record->profile;
    EXPECT_EQ(pathOf(profile, record->symbols, profile.stacks[0]),
              (std::vector<std::string>{"(below main)", "main", "f<(anonymous namespace)::T>(int)",
                                        "malloc"}));
    EXPECT_EQ(profile.nodes.size(), 5U) << "main and f are one call";
    EXPECT_EQ(pathOf(profile, record->symbols, profile.stacks[1]).back(), "libx.so+0x4a00000");
    const CallTree tree(profile, record->symbols, CallDirection::fromMain);
    for (const CallFunction& function : tree.functions()) {
        if (function.name == "main") {
            EXPECT_EQ(function.file, "t.c");
            EXPECT_EQ(function.line, 7U);
        }
        if (function.name == "malloc") {
            EXPECT_THAT(function.module, HasSubstr("vgpreload_dhat"));
        }
    }
}

TEST(DhatFile, OfRustHasTimesAndColumns) {
    const auto record = readDhat(kRust, "it");
    ASSERT_TRUE(record) << record.error().message;
    const HeapProfile& profile = record->profile;
    EXPECT_TRUE(profile.hasTimes);
    EXPECT_EQ(profile.timeNs, 2'000'000);
    EXPECT_EQ(profile.peakNs, 1'500'000);
    EXPECT_EQ(profile.total.lifetimeNs, 3e6);
    const HeapSymbols& symbols = record->symbols;
    const SourceFrame& frame = symbols.frames.at(symbols.locations.at(1).firstFrame);
    EXPECT_EQ(symbols.texts[frame.function], "queue::main");
    EXPECT_EQ(symbols.texts[frame.file], "src/main.rs");
    EXPECT_EQ(frame.line, 12U);
}

TEST(DhatFile, AFunctionThatCallsItselfIsNotInlined) {
    const auto record = readDhat(replaced(kValgrind, "[1,2,3,4]", "[1,4,4,4]"), "it");
    ASSERT_TRUE(record);
    EXPECT_EQ(record->profile.nodes.size(), 1U + 4U + 1U);
}

// What we write ourselves comes back.
TEST(DhatFile, OursIsReadAndKept) {
    std::ostringstream out;
    writeDhat(testing::heapRecord(), out);
    const auto record = readDhat(out.str(), "it");
    ASSERT_TRUE(record) << record.error().message;
    const HeapProfile before = testing::heapRecord().profile;
    EXPECT_EQ(record->profile.total.bytes, before.total.bytes);
    EXPECT_EQ(record->profile.total.liveBlocks, before.total.liveBlocks);
    std::ostringstream again;
    writeDhat(*record, again);
    const auto twice = readDhat(again.str(), "it");
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_EQ(twice->profile.stacks.size(), record->profile.stacks.size());

    const auto kept = decodeHeapRecord(encodeHeapRecord(*readDhat(kValgrind, "it")));
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->profile.origin, HeapOrigin::dhat);
    EXPECT_FALSE(kept->profile.hasTimes);
}

TEST(DhatFile, SaysWhyItIsNotRead) {
    EXPECT_THAT(whyNot("{}"), HasSubstr("it.json: is JSON, and not of DHAT"));
    EXPECT_THAT(whyNot("{\"dhatFileVersion\":2"), HasSubstr("cannot be read as a file of DHAT"));
    EXPECT_THAT(whyNot(replaced(kValgrind, "Version\":2", "Version\":3")), HasSubstr("version 3"));
    EXPECT_THAT(whyNot(replaced(kValgrind, "\"heap\"", "\"copy\"")), HasSubstr("mode 'copy'"));
    EXPECT_THAT(whyNot(replaced(kValgrind, "[5,4]", "[6]")), HasSubstr("the frame 6"));
    EXPECT_THAT(whyNot(replaced(kValgrind, "[5,4]", "[-1]")), HasSubstr("cannot be read"));
    EXPECT_THAT(whyNot(replaced(kValgrind, "[5,4]", "[0]")), HasSubstr("'[root]'"));
    EXPECT_THAT(whyNot(replaced(kValgrind, "\"pps\"", "\"pp\"")), HasSubstr("pps"));
}

TEST(DhatFile, EveryShorterOneIsRefused) {
    const std::string text = kRust;
    for (std::size_t length = 0; length < text.size(); ++length) {
        EXPECT_FALSE(readDhat(text.substr(0, length), "it")) << length;
    }
}

} // namespace
} // namespace ringscope
