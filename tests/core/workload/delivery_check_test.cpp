// SPDX-License-Identifier: MIT
#include "core/workload/delivery_check.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>

#include "core/workload/receipt_collector.h"
#include "core/workload/receipt_recorder.h"
#include "core/workload/scoreboard.h"

namespace ringscope {
namespace {

constexpr std::uint64_t kBlock = layout::kReceiptBlockBits;

ReceivedSet::Words oneBit(std::uint64_t sequence) {
    ReceivedSet::Words words{};
    words[sequence % kBlock / 64] = std::uint64_t{1} << (sequence % 64);
    return words;
}

TEST(ReceivedSet, AgreesWithASetOfNumbers) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        std::mt19937_64 random(seed);
        ReceivedSet received;
        std::set<std::uint64_t> model;
        std::uint64_t repeats = 0;
        std::uint64_t modelRepeats = 0;
        for (int count = 0; count < 30'000; ++count) {
            const std::uint64_t sequence = random() % (3 * kBlock);
            repeats += received.merge(sequence / kBlock, oneBit(sequence));
            modelRepeats += model.insert(sequence).second ? 0U : 1U;
        }
        EXPECT_EQ(repeats, modelRepeats) << seed;
        EXPECT_EQ(received.count(), model.size());
        for (std::uint64_t sequence = 0; sequence < 3 * kBlock; ++sequence) {
            ASSERT_EQ(received.contains(sequence), model.count(sequence) == 1) << seed;
        }
        for (const std::uint64_t limit : {std::uint64_t{0}, kBlock - 1, kBlock, kBlock * 5 / 2}) {
            EXPECT_EQ(received.countBelow(limit), static_cast<std::uint64_t>(std::distance(
                                                      model.begin(), model.lower_bound(limit))));
        }
    }
}

TEST(ReceivedSet, KeepsNothingOpenOfCompleteBlocks) {
    ReceivedSet received;
    ReceivedSet::Words all;
    all.fill(~std::uint64_t{0});
    for (const std::uint64_t block : {5U, 3U, 4U, 0U, 1U, 2U, 9U}) {
        EXPECT_EQ(received.merge(block, all), 0U);
        EXPECT_EQ(received.openBlocks(), 0U);
    }
    EXPECT_EQ(received.count(), 7 * kBlock);
    EXPECT_EQ(received.merge(4, oneBit(4 * kBlock)), 1U); // long since complete
    EXPECT_TRUE(received.contains(6 * kBlock - 1));
    EXPECT_FALSE(received.contains(6 * kBlock));
    EXPECT_EQ(received.countBelow(9 * kBlock + 1), 6 * kBlock + 1);
}

// Two producers, three consumers, two channels, as the workers see them.
class Receipts : public testing::Test {
protected:
    Receipts() {
        Scenario scenario;
        scenario.workers.producers = 2;
        scenario.workers.consumers = 3;
        scenario.ring.channels = 2;
        auto board = Scoreboard::create(makeRunPlan(scenario, "ring"));
        m_board = std::make_unique<Scoreboard>(std::move(*board));
        auto mapped = MappedScoreboard::map(m_board->descriptor());
        m_mapped = std::make_unique<MappedScoreboard>(std::move(*mapped));
        m_check = std::make_unique<DeliveryCheck>(m_board->plan().senders(), 2);
        m_collector = std::make_unique<ReceiptCollector>(*m_board, *m_check);
        for (std::uint32_t worker = 0; worker < 5; ++worker) {
            m_areas.push_back(*m_mapped->mapArea(worker));
            m_recorders.emplace_back(m_mapped->worker(worker), m_areas.back(), m_mapped->plan());
        }
    }

    void receive(std::uint32_t consumer, std::uint64_t sequence, std::uint32_t sender = 0,
                 std::uint32_t channel = 0) {
        EXPECT_TRUE(m_recorders[2 + consumer].record(sender, channel, sequence));
        if (++m_received % 100'000 == 0) {
            m_collector->takeLogs(m_board->readWorkers());
        }
    }

    DeliveryCounts verdict(std::uint64_t sent, std::vector<MessageInRing> inRing = {}) {
        m_collector->takeRest();
        DeliveryCheck::Evidence evidence;
        evidence.sent = {sent, 0, 0, 0};
        evidence.inRing = std::move(inRing);
        for (const layout::WorkerBoard& board : m_board->readWorkers()) {
            evidence.duplicated += board.duplicated;
            evidence.reordered += board.reordered;
            evidence.corrupted += board.corrupted;
            evidence.unidentified += board.unidentified;
        }
        return m_check->verdict(evidence);
    }

    std::unique_ptr<Scoreboard> m_board;
    std::unique_ptr<MappedScoreboard> m_mapped;
    std::unique_ptr<DeliveryCheck> m_check;
    std::unique_ptr<ReceiptCollector> m_collector;
    std::vector<MappedScoreboard::Area> m_areas;
    std::vector<ReceiptRecorder> m_recorders;
    std::uint64_t m_received = 0;
};

TEST_F(Receipts, CountACleanRunExactly) {
    constexpr std::uint64_t kSent = 1'000'000;
    for (std::uint64_t sequence = 0; sequence < kSent; ++sequence) {
        receive(static_cast<std::uint32_t>(sequence * 7 % 3), sequence);
    }
    DeliveryCounts expected;
    expected.sent = kSent;
    expected.received = kSent;
    EXPECT_EQ(verdict(kSent), expected);
}

TEST_F(Receipts, NameOneLostMessage) {
    for (std::uint64_t sequence = 0; sequence < 3 * kBlock; ++sequence) {
        if (sequence != kBlock + 17) {
            receive(static_cast<std::uint32_t>(sequence % 2), sequence);
        }
    }
    const DeliveryCounts counts = verdict(3 * kBlock);
    EXPECT_EQ(counts.lost, 1U);
    EXPECT_EQ(counts.received, 3 * kBlock - 1);
    EXPECT_EQ(counts.duplicated + counts.reordered + counts.corrupted, 0U);
}

TEST_F(Receipts, NameAMessageReceivedTwiceByOneOrByTwo) {
    for (std::uint64_t sequence = 0; sequence < 2 * kBlock; ++sequence) {
        receive(0, sequence);
        if (sequence == 5) {
            receive(0, sequence); // the same consumer, at once
        }
        if (sequence == 6) {
            receive(1, sequence); // another one
        }
    }
    const DeliveryCounts counts = verdict(2 * kBlock);
    EXPECT_EQ(counts.duplicated, 2U);
    EXPECT_EQ(counts.received, 2 * kBlock);
    EXPECT_EQ(counts.lost + counts.reordered, 0U);
}

TEST_F(Receipts, NameALateDuplicateOfACompleteBlock) {
    for (std::uint64_t sequence = 0; sequence < 4 * kBlock; ++sequence) {
        receive(0, sequence);
    }
    m_collector->takeLogs(m_board->readWorkers());
    receive(2, 3);
    EXPECT_EQ(verdict(4 * kBlock).duplicated, 1U);
}

TEST_F(Receipts, NameReorderingPerSenderAndChannelOnly) {
    receive(0, 10);
    receive(0, 11);
    receive(0, 3, 1, 0); // another sender
    receive(0, 2, 0, 1); // another channel
    receive(1, 9);       // another consumer
    EXPECT_EQ(m_board->readWorkers()[2].reordered, 0U);
    receive(0, 8);
    EXPECT_EQ(m_board->readWorkers()[2].reordered, 1U);
    EXPECT_EQ(m_board->readWorkers()[3].reordered, 0U);
}

TEST_F(Receipts, CountAMessageOfNobodyAsCorrupted) {
    EXPECT_FALSE(m_recorders[2].record(2, 0, 0)); // no such sender
    EXPECT_FALSE(m_recorders[2].record(0, 2, 0)); // no such channel
    receive(0, 0);
    receive(0, 7); // never sent
    const DeliveryCounts counts = verdict(1);
    EXPECT_EQ(counts.corrupted, 1U);
    EXPECT_EQ(counts.received, 1U);
    EXPECT_EQ(counts.lost, 0U);
}

TEST_F(Receipts, SettleWhatIsStillInTheRing) {
    receive(0, 0);
    receive(0, 2);
    const DeliveryCounts counts = verdict(5, {
                                                 {0, 0, 1, true},  // claimed, no receipt
                                                 {0, 0, 2, true},  // killed after its receipt
                                                 {0, 0, 3, false}, // waits
                                                 {0, 0, 3, false}, // a second time
                                                 {0, 0, 0, false}, // received before
                                                 {0, 0, 9, false}, // nobody sent it
                                             });
    EXPECT_EQ(counts.received, 2U);
    EXPECT_EQ(counts.inRing, 2U);
    EXPECT_EQ(counts.unreleased, 1U);
    EXPECT_EQ(counts.duplicated, 2U);
    EXPECT_EQ(counts.corrupted, 1U);
    EXPECT_EQ(counts.lost, 1U); // message 4
    EXPECT_EQ(counts.sent, counts.received + counts.inRing + counts.lost);
}

// Killed while a full block goes into the log: before it is published it counts in the block, from
// then on in the log, and never twice.
TEST_F(Receipts, CountABlockOnceWhereverItsConsumerIsKilled) {
    for (std::uint64_t sequence = 0; sequence < kBlock; ++sequence) {
        receive(0, sequence);
    }
    layout::PendingBlock& pending = m_areas[2].pending[0];
    const layout::PendingBlock full = pending;
    receive(0, kBlock); // the block is in the log now
    ASSERT_EQ(m_mapped->worker(2).receiptHead, 1U);

    pending = full; // as it stood between publishing and emptying
    pending.flushTicket = 1;
    const DeliveryCounts counts = verdict(kBlock);
    EXPECT_EQ(counts.received, kBlock);
    EXPECT_EQ(counts.lost + counts.duplicated, 0U);
}

TEST_F(Receipts, CountABlockThatDidNotReachTheLog) {
    for (std::uint64_t sequence = 0; sequence < kBlock; ++sequence) {
        receive(0, sequence);
    }
    m_areas[2].pending[0].flushTicket = 1; // killed before the log's head was stored
    ASSERT_EQ(m_mapped->worker(2).receiptHead, 0U);
    const DeliveryCounts counts = verdict(kBlock);
    EXPECT_EQ(counts.received, kBlock);
    EXPECT_EQ(counts.lost + counts.duplicated, 0U);
}

TEST(DeliveryCheck, SaysWhenTooMuchWasLostToStayExact) {
    DeliveryCheck check(1, 1);
    for (std::uint64_t block = 0; block <= DeliveryCheck::kMaxOpenBlocks; ++block) {
        const ReceivedSet::Words words = oneBit(block * kBlock);
        check.merge(0, block, words.data());
    }
    DeliveryCheck::Evidence evidence;
    evidence.sent = {(DeliveryCheck::kMaxOpenBlocks + 1) * kBlock};
    const DeliveryCounts counts = check.verdict(evidence);
    EXPECT_FALSE(counts.isExact);
    EXPECT_EQ(counts.received, DeliveryCheck::kMaxOpenBlocks + 1);
    EXPECT_EQ(counts.sent, counts.received + counts.lost);
}

} // namespace
} // namespace ringscope
