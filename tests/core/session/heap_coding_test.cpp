// SPDX-License-Identifier: MIT
#include "core/session/heap_coding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/heap/heap_blocks.h"
#include "tests/support/heap_records.h"

namespace ringscope {
namespace {

using ringscope::testing::heapRecord;

TEST(HeapCoding, GivesBackEveryField) {
    const HeapRecord record = heapRecord();
    const std::string bytes = encodeHeapRecord(record);
    const auto read = decodeHeapRecord(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->label, "P1");
    EXPECT_EQ(read->name, "demo");
    EXPECT_EQ(read->process, record.process);
    EXPECT_EQ(read->timeNs, record.timeNs);
    EXPECT_EQ(read->profile.program, "/opt/demo");
    EXPECT_EQ(read->profile.startNs, record.profile.startNs);
    EXPECT_EQ(read->profile.peakNs, record.profile.peakNs);
    EXPECT_EQ(read->profile.modules, record.profile.modules);
    EXPECT_EQ(read->symbols.locations, record.symbols.locations);
    EXPECT_EQ(read->symbols.texts, record.symbols.texts);
    EXPECT_EQ(read->symbols.sources, record.symbols.sources);
    EXPECT_EQ(read->symbols.locationOfNode, record.symbols.locationOfNode);
    for (std::size_t i = 0; i < record.profile.nodes.size(); ++i) {
        EXPECT_EQ(read->profile.nodes[i].address, record.profile.nodes[i].address) << i;
        EXPECT_EQ(read->profile.nodes[i].parent, record.profile.nodes[i].parent) << i;
    }
    ASSERT_EQ(read->profile.stacks.size(), record.profile.stacks.size());
    EXPECT_EQ(read->profile.stacks[2].end, HeapStackEnd::lost);
    EXPECT_FALSE(read->profile.stacks[1].isMaxExact);
    EXPECT_EQ(read->profile.total.bytes, record.profile.total.bytes);
    EXPECT_EQ(read->profile.lifetimes, record.profile.lifetimes);
    EXPECT_EQ(read->profile.sizes, record.profile.sizes);
    EXPECT_EQ(read->profile.threads, record.profile.threads);
    EXPECT_EQ(read->profile.blocksLeftOut, 4U);
    EXPECT_EQ(read->profile.blocks, record.profile.blocks);
    EXPECT_EQ(read->profile.total.lifetimeNs, record.profile.total.lifetimeNs);
    EXPECT_EQ(encodeHeapRecord(*read), bytes) << "all the rest";
}

TEST(HeapCoding, RefusesEveryShorterOneButThoseOfBefore) {
    const std::string bytes = encodeHeapRecord(heapRecord());
    std::vector<std::size_t> accepted;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        if (decodeHeapRecord(std::string_view(bytes).substr(0, length))) {
            accepted.push_back(length);
        }
    }
    // As they were written before lifetimes, sizes and blocks were: it ends with the stacks.
    ASSERT_EQ(accepted.size(), 1U);
    const auto old = decodeHeapRecord(std::string_view(bytes).substr(0, accepted.front()));
    EXPECT_EQ(old->profile.stacks.size(), heapRecord().profile.stacks.size());
    EXPECT_TRUE(old->profile.blocks.empty());
    EXPECT_TRUE(old->profile.lifetimes.empty());
    EXPECT_TRUE(old->profile.sizes.empty());
}

// What is read of damaged bytes can be shown: no number points out of its table.
TEST(HeapCoding, ReadsNothingThatPointsNowhere) {
    const std::string whole = encodeHeapRecord(heapRecord());
    std::mt19937 random(7);
    std::size_t read = 0;
    for (int turn = 0; turn < 20'000; ++turn) {
        std::string bytes = whole;
        for (int i = 0; i < 1 + turn % 3; ++i) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        const auto record = decodeHeapRecord(bytes);
        if (!record) {
            continue;
        }
        ++read;
        const HeapSymbols& symbols = record->symbols;
        for (const HeapStack& stack : record->profile.stacks) {
            ASSERT_LT(stack.node, record->profile.nodes.size());
            std::uint32_t node = stack.node;
            for (; node != 0; node = record->profile.nodes[node].parent) {
                const std::uint32_t location = symbols.locationOfNode.at(node);
                const CodeLocation& code = symbols.locations.at(location);
                for (std::uint32_t i = 0; i < code.frameCount; ++i) {
                    const SourceFrame& frame = symbols.frames.at(code.firstFrame + i);
                    ASSERT_LT(frame.function, symbols.texts.size());
                    ASSERT_LT(frame.file, symbols.texts.size());
                }
                (void)symbols.functionName(record->profile, location, 0);
            }
        }
        const HeapBlocks blocks(record->profile, symbols);
        for (const HeapBlocks::Row& row : blocks.rows()) {
            ASSERT_LT(blocks.siteOf(row).stack, record->profile.stacks.size());
            ASSERT_GE(row.ageNs, 0);
        }
        (void)medianLifetimeNs(record->profile);
    }
    EXPECT_GT(read, 500U);
}

} // namespace
} // namespace ringscope
