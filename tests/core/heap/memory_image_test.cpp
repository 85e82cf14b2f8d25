// SPDX-License-Identifier: MIT
#include "core/heap/memory_image.h"

#include <gtest/gtest.h>
#include <vector>

#include "core/heap/leak_roots.h"
#include "core/heap/process_mappings.h"

namespace ringscope {
namespace {

TEST(MemoryRanges, AreJoinedTakenAwayAndCut) {
    EXPECT_EQ(joined({{30, 40}, {10, 20}, {15, 25}, {25, 26}, {50, 50}}),
              (MemoryRanges{{10, 26}, {30, 40}}));
    EXPECT_EQ(without({{10, 50}, {60, 70}}, {{0, 12}, {20, 30}, {45, 65}}),
              (MemoryRanges{{12, 20}, {30, 45}, {65, 70}}));
    EXPECT_EQ(without({{10, 20}}, {{10, 20}}), MemoryRanges());
    EXPECT_EQ(common({{10, 50}, {60, 70}}, {{0, 12}, {40, 65}}),
              (MemoryRanges{{10, 12}, {40, 50}, {60, 65}}));
    EXPECT_EQ(bytesOf({{1, 4}, {10, 20}}), 13U);
}

TEST(MemoryImage, VisitsWholeWordsOfWhatWasCopied) {
    const std::vector<std::uint64_t> low = {1, 2, 3};
    const std::vector<std::uint64_t> high = {7, 8};
    MemoryImage image;
    image.add(1'000, low.data(), low.size());
    image.add(2'000, high.data(), high.size());
    const auto words = [&image](std::uint64_t begin, std::uint64_t end) {
        std::vector<std::uint64_t> seen;
        image.visit(begin, end, [&seen](std::uint64_t word) { seen.push_back(word); });
        return seen;
    };
    EXPECT_EQ(words(0, 5'000), (std::vector<std::uint64_t>{1, 2, 3, 7, 8}));
    EXPECT_EQ(words(1'001, 2'015), (std::vector<std::uint64_t>{2, 3, 7}));
    EXPECT_EQ(words(1'024, 2'000), std::vector<std::uint64_t>());
    EXPECT_EQ(image.wordAt(2'008), 8U);
    EXPECT_EQ(image.wordAt(1'024), 0U) << "not copied";
}

TEST(ProcessMappings, AreReadFromTheirText) {
    const auto mappings =
        parseMappings("55d6db798000-55d6db7b9000 rw-p 00000000 00:00 0          [heap]\n"
                      "what is this\n"
                      "7f0000000000-7f0000001000 r--s 00002000 fe:00 77       /a b (deleted)\n"
                      "7f0000001000-7f0000002000 ---p 00000000 00:00 0 \n"
                      "7f0000002000-7f0000001000 rw-p 00000000 00:00 0 \n");
    ASSERT_EQ(mappings.size(), 3U);
    EXPECT_EQ(mappings[0].range, (MemoryRange{0x55d6db798000, 0x55d6db7b9000}));
    EXPECT_EQ(mappings[0].name, "[heap]");
    EXPECT_TRUE(mappings[0].isWritable);
    EXPECT_FALSE(mappings[0].isShared);
    EXPECT_EQ(mappings[1].name, "/a b (deleted)");
    EXPECT_TRUE(mappings[1].isShared);
    EXPECT_EQ(mappings[1].fileOffset, 0x2000U);
    EXPECT_FALSE(mappings[2].isReadable);
    EXPECT_EQ(mappingAt(mappings, 0x7f0000001fff), &mappings[2]);
    EXPECT_EQ(mappingAt(mappings, 0x7f0000002000), nullptr);
}

// What is a root, by a map made by hand.
class Roots : public testing::Test {
protected:
    LeakRoots find(const std::string& maps) {
        mappings = parseMappings(maps);
        RootsQuestion question;
        question.mappings = &mappings;
        question.threads = &threads;
        question.blocks = &blocks;
        question.own = own;
        question.isWholeHeapKnown = isWholeHeapKnown;
        question.peek = [this](std::uint64_t address, std::size_t /*count*/) {
            return address == arena ? arenaWords : std::vector<std::uint64_t>(4);
        };
        return leakRoots(question);
    }
    std::vector<ProcessMapping> mappings;
    std::vector<StoppedProcess::Thread> threads;
    std::vector<LeakBlock> blocks;
    ProfileReader::OwnMemory own;
    bool isWholeHeapKnown = true;
    std::uint64_t arena = 0;
    std::vector<std::uint64_t> arenaWords;
};

TEST_F(Roots, AreWritablePrivateMemoryThatIsNoHeapAndNoBlock) {
    blocks = {{0x200010, 0x20}};
    own.mapped = {{0x205000, 0x206000}};
    const std::string maps = "100000-110000 rw-p 0 0:0 0 [heap]\n"
                             "200000-210000 rw-p 0 0:0 0 \n"
                             "300000-310000 r--p 0 0:0 0 /lib/x.so\n"
                             "310000-320000 rw-p 0 0:0 0 /lib/x.so\n"
                             "400000-410000 rw-s 0 0:0 0 /dev/zero (deleted)\n";
    const LeakRoots roots = find(maps);
    EXPECT_EQ(roots.memory, (MemoryRanges{{0x200000, 0x200010},
                                          {0x200030, 0x205000},
                                          {0x206000, 0x210000},
                                          {0x310000, 0x320000}}));
    EXPECT_EQ(roots.vtables, (MemoryRanges{{0x300000, 0x310000}}));
    isWholeHeapKnown = false;
    EXPECT_EQ(find(maps).memory.front(), (MemoryRange{0x100000, 0x110000}));
}

TEST_F(Roots, AreNotTheUnusedPartOfAStack) {
    threads.resize(1);
    threads[0].stackPointer = 0x208000;
    EXPECT_EQ(find("1ff000-200000 ---p 0 0:0 0 \n200000-210000 rw-p 0 0:0 0 \n").memory,
              (MemoryRanges{{0x208000 - 128, 0x210000}}));
    EXPECT_EQ(find("200000-210000 rw-p 0 0:0 0 [stack]\n").memory,
              (MemoryRanges{{0x208000 - 128, 0x210000}}));
    EXPECT_EQ(find("200000-210000 rw-p 0 0:0 0 \n").memory, (MemoryRanges{{0x200000, 0x210000}}))
        << "a stack that the program made: other things may lie below";
    threads[0].words = {42};
    blocks = {{0x207000, 0x8000}};
    EXPECT_EQ(find("200000-210000 rw-p 0 0:0 0 \n").words,
              (std::vector<std::uint64_t>{42, 0x207000}))
        << "or has allocated";
}

TEST_F(Roots, AreNotTheHeapsOfArenas) {
    arena = 0x7f0004000000;
    arenaWords = {arena + 0x30, 0, 0x21000, 0x21000};
    const std::string maps = "7f0003fff000-7f0004030000 rw-p 0 0:0 0 \n";
    EXPECT_EQ(find(maps).memory,
              (MemoryRanges{{0x7f0003fff000, arena}, {arena + 0x21000, 0x7f0004030000}}));
    arenaWords[2] = 0x21001;
    EXPECT_EQ(find(maps).memory, (MemoryRanges{{0x7f0003fff000, 0x7f0004030000}})) << "is none";
}

TEST(ScanBlocks, AreInOrderAndDoNotOverlap) {
    std::vector<LiveBlock> live(4);
    live[0] = {0x2000, 100, 1, 0};
    live[1] = {0x1000, 0x2000, 2, 0};
    live[2] = {0x2000, 50, 3, 0};
    live[3] = {0x3000, kHugeBlock, 4, 0};
    const auto scan = scanBlocks(live, parseMappings("1000-9000 rw-p 0 0:0 0 \n"));
    EXPECT_EQ(scan.blocks,
              (std::vector<LeakBlock>{{0x1000, 0x1000}, {0x2000, 50}, {0x3000, 0x6000}}));
    EXPECT_EQ(scan.origin, (std::vector<std::uint32_t>{1, 2, 3}));
}

} // namespace
} // namespace ringscope
