// SPDX-License-Identifier: MIT
#include "core/export/heap_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <locale>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/heap_records.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;
using ringscope::testing::heapRecord;

Json dhatOf(const HeapRecord& record) {
    std::ostringstream out;
    writeDhat(record, out);
    return Json::parse(out.str());
}

std::string foldedOf(const HeapRecord& record, HeapMeasure measure) {
    std::ostringstream out;
    writeFolded(record, measure, out);
    return out.str();
}

// Each place as its frames' texts.
std::vector<std::string> framesOf(const Json& dhat, std::size_t place) {
    std::vector<std::string> texts;
    for (const Json& frame : dhat.at("pps").at(place).at("fs")) {
        texts.push_back(dhat.at("ftbl").at(frame.get<std::size_t>()));
    }
    return texts;
}

TEST(DhatExport, HasWhatItsViewerReads) {
    const Json dhat = dhatOf(heapRecord());
    EXPECT_EQ(dhat.at("dhatFileVersion"), 2);
    EXPECT_EQ(dhat.at("mode"), "heap");
    EXPECT_EQ(dhat.at("pid"), 4711);
    EXPECT_EQ(dhat.at("te"), 4'000'000); // µs since the start
    EXPECT_EQ(dhat.at("tg"), 2'000'000);
    ASSERT_EQ(dhat.at("pps").size(), 3U);
    const Json& first = dhat.at("pps").at(0);
    EXPECT_EQ(first.at("tb"), 300);
    EXPECT_EQ(first.at("tbk"), 3);
    EXPECT_EQ(first.at("tl"), 3000); // of the freed and the live ones
    EXPECT_EQ(first.at("mb"), 300);
    EXPECT_EQ(first.at("gb"), 300);
    EXPECT_EQ(first.at("eb"), 100);
    EXPECT_EQ(first.at("ebk"), 1);
    EXPECT_EQ(dhat.at("ftbl").at(0), "[root]");
}

TEST(DhatExport, NamesFramesInnermostFirst) {
    const Json dhat = dhatOf(heapRecord());
    EXPECT_EQ(framesOf(dhat, 0),
              (std::vector<std::string>{"0x1200: g<a; b>() (g.h:7)", "0x1200: f(int) (main.cpp:20)",
                                        "0x1100: main (main.cpp:10)"}));
    EXPECT_EQ(framesOf(dhat, 1),
              (std::vector<std::string>{"0xFF00: ???", "0x1100: main (main.cpp:10)"}));
    EXPECT_EQ(framesOf(dhat, 2), (std::vector<std::string>{"0x8100: ??? (in /lib/libx.so)"}));
}

TEST(DhatExport, SaysWhatIsABound) {
    EXPECT_THAT(dhatOf(heapRecord()).at("cmd").get<std::string>(),
                ::testing::HasSubstr("upper bounds"));
    HeapRecord exact = heapRecord();
    exact.profile.stacks[1].isMaxExact = true;
    EXPECT_EQ(dhatOf(exact).at("cmd"), "demo");
    exact.profile.peakErrorBytes = 16384;
    EXPECT_THAT(dhatOf(exact).at("cmd").get<std::string>(), ::testing::HasSubstr("16384"));
}

struct Grouped : std::numpunct<char> {
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

TEST(DhatExport, IsTheSameInEveryLocale) {
    std::ostringstream out;
    out.imbue(std::locale(std::locale::classic(), new Grouped));
    writeDhat(heapRecord(), out);
    EXPECT_EQ(Json::parse(out.str()).at("te"), 4'000'000);
    out << 1000;
    EXPECT_THAT(out.str(), ::testing::EndsWith("1.000")) << "the stream is as it was";
}

// The viewer stops at two places of the same frames.
TEST(DhatExport, HasEachPlaceOnce) {
    HeapRecord record = heapRecord();
    // Again main -> f, below a further root: a library took another one's place.
    record.profile.nodes.push_back({0x1100, 0});
    record.profile.nodes.push_back({0x1200, 5});
    record.symbols.locationOfNode.push_back(1);
    record.symbols.locationOfNode.push_back(2);
    HeapStack again = record.profile.stacks[0];
    again.node = 6;
    record.profile.stacks.push_back(again);
    const Json dhat = dhatOf(record);
    ASSERT_EQ(dhat.at("pps").size(), 3U);
    EXPECT_EQ(dhat.at("pps").at(0).at("tb"), 600);
}

TEST(FoldedExport, HasALineForEachStackFromTheOutermostFrame) {
    EXPECT_EQ(foldedOf(heapRecord(), HeapMeasure::total),
              "[outer frames unknown];libx.so+0x1100 20\n"
              "main;[code made at run time] 0xff00 7\n"
              "main;f(int);g<a: b>() 300\n");
    EXPECT_EQ(foldedOf(heapRecord(), HeapMeasure::temporary),
              "[outer frames unknown];libx.so+0x1100 2\n");
}

TEST(HeapSites, AreSummedByCode) {
    HeapRecord record = heapRecord();
    HeapStack again = record.profile.stacks[0];
    again.number = 9;
    record.profile.stacks.push_back(again);
    const auto sites = heapSites(record.profile, record.symbols);
    ASSERT_EQ(sites.size(), 3U);
    EXPECT_EQ(sites[0].sums.bytes, 600U);
    EXPECT_FALSE(sites[0].isMaxExact);
    EXPECT_EQ(sites[0].locations, (std::vector<std::uint32_t>{2, 1}));
}

TEST(HeapMeasures, HaveNames) {
    EXPECT_EQ(heapMeasureOf("peak"), HeapMeasure::peak);
    EXPECT_FALSE(heapMeasureOf("most"));
    const HeapSums sums = heapRecord().profile.stacks[0].sums;
    EXPECT_EQ(valueOf(sums, HeapMeasure::live), 100U);
    EXPECT_EQ(valueOf(sums, HeapMeasure::count), 3U);
}

} // namespace
} // namespace ringscope
