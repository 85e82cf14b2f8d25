// SPDX-License-Identifier: MIT
#include <array>
#include <cstring>
#include <deque>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/segment.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

TEST(Producer, PushesWhatTheConsumerPops) {
    const Segment segment = makeSegment(4, 64);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    ASSERT_TRUE(producer && consumer);

    ASSERT_TRUE(producer->try_push({7, 8, 9, 10}, bytesOf("hello")));
    std::array<std::byte, 64> buffer{};
    const auto header = consumer->try_pop(buffer);

    ASSERT_TRUE(header);
    EXPECT_EQ(header->position, 0U);
    EXPECT_EQ(header->messageId, 7U);
    EXPECT_EQ(header->timestampNs, 8U);
    EXPECT_EQ(header->messageType, 9U);
    EXPECT_EQ(header->flags, 10U);
    EXPECT_EQ(header->senderPid, static_cast<std::uint32_t>(selfProcess().pid));
    EXPECT_EQ(header->payloadLength, 5U);
    EXPECT_EQ(std::memcmp(buffer.data(), "hello", 5), 0);
    EXPECT_FALSE(consumer->try_pop(buffer));
}

TEST(Producer, RejectsPushWhenFull) {
    const Segment segment = makeSegment(2, 16);
    auto producer = Producer::join(segment, 0);
    EXPECT_TRUE(producer->try_push({}, bytesOf("a")));
    EXPECT_TRUE(producer->try_push({}, bytesOf("b")));
    EXPECT_FALSE(producer->try_push({}, bytesOf("c")));
}

TEST(Producer, DestroyedReservationBecomesATombstoneThatIsSkippedAndCounted) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    { const auto abandoned = producer->try_reserve(); }
    ASSERT_TRUE(producer->try_push({5, 0, 0, 0}, bytesOf("x")));

    std::array<std::byte, 16> buffer{};
    const auto header = consumer->try_pop(buffer);

    ASSERT_TRUE(header);
    EXPECT_EQ(header->messageId, 5U);
    EXPECT_EQ(header->position, 1U);
    EXPECT_EQ(consumer->tombstonesSkipped(), 1U);
}

TEST(Producer, BatchPublishesWrittenSlotsAndTombsTheRest) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    {
        auto batch = producer->try_reserve_batch(5);
        ASSERT_EQ(batch.size(), 5U);
        for (const std::uint32_t index : {0U, 2U, 4U}) {
            batch.payload(index)[0] = static_cast<std::byte>(index);
            batch.write(index, {index, 0, 0, 0}, 1);
        }
        batch.commit();
    }
    const auto peek = consumer->try_peek_batch(64);
    ASSERT_EQ(peek.size(), 3U);
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(peek.message(i).header.messageId, 2U * i);
        EXPECT_EQ(peek.position(i), 2U * i);
        EXPECT_EQ(peek.message(i).payload[0], static_cast<std::byte>(2 * i));
    }
    EXPECT_EQ(consumer->tombstonesSkipped(), 2U);
}

TEST(Producer, BatchTakesWhatIsFreeInARow) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
    }
    EXPECT_EQ(producer->try_reserve_batch(16).size(), 3U);
}

TEST(Consumer, PeekHoldsTheSlotUntilReleased) {
    const Segment segment = makeSegment(2, 16);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    ASSERT_TRUE(producer->try_push({}, bytesOf("a")));
    ASSERT_TRUE(producer->try_push({}, bytesOf("b")));

    auto peek = consumer->try_peek();
    ASSERT_TRUE(peek);
    EXPECT_FALSE(producer->try_push({}, bytesOf("c")));
    peek.release();
    EXPECT_TRUE(producer->try_push({}, bytesOf("c")));
}

TEST(Consumer, ClampsAHostileLength) {
    const Segment segment = makeSegment(2, 16);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    ASSERT_TRUE(producer->try_push({}, bytesOf("a")));
    producer->channel().slot(0)->metadata.payloadLength = 0xFFFF'FFFF;

    const auto peek = consumer->try_peek();
    ASSERT_TRUE(peek);
    EXPECT_EQ(peek.message().payload.size(), 16U);
}

TEST(Consumer, ReturnsFromASequenceThatFitsNothing) {
    const Segment segment = makeSegment(2, 16);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    producer->channel().slot(0)->sequence = 0xDEAD'BEEF;

    std::array<std::byte, 16> buffer{};
    EXPECT_FALSE(consumer->try_pop(buffer));
    EXPECT_FALSE(producer->try_push({}, bytesOf("a")));
}

// Every operation, in random order, against a deque.
TEST(Ring, AgreesWithADequeForEveryOperation) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (const std::uint64_t capacity : {2U, 8U, 64U}) {
        const Segment segment = makeSegment(capacity, 200);
        auto producer = Producer::join(segment, 0);
        auto consumer = Consumer::join(segment, 0);
        std::deque<std::pair<std::uint64_t, std::string>> model; // live messages
        std::deque<bool> tombs; // of all used slots, front first: is it a tombstone
        std::uint64_t nextId = 0;
        std::uint64_t skipped = 0;
        const auto randomText = [&] {
            std::string text(random() % 201, '\0');
            std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random()); });
            return text;
        };
        for (int step = 0; step < 20'000; ++step) {
            switch (random() % 6) {
            case 0: {
                const std::string text = randomText();
                const bool fits = tombs.size() < capacity;
                ASSERT_EQ(producer->try_push({nextId, 0, 0, 0}, bytesOf(text)), fits);
                if (fits) {
                    model.emplace_back(nextId++, text);
                    tombs.push_back(false);
                }
                break;
            }
            case 1: {
                auto slot = producer->try_reserve();
                ASSERT_EQ(static_cast<bool>(slot), tombs.size() < capacity);
                if (slot) {
                    tombs.push_back(true); // abandoned
                }
                break;
            }
            case 2: {
                const auto most = static_cast<std::uint32_t>(random() % 20 + 1);
                auto batch = producer->try_reserve_batch(most);
                ASSERT_EQ(batch.size(), std::min<std::uint64_t>(most, capacity - tombs.size()));
                for (std::uint32_t i = 0; i < batch.size(); ++i) {
                    const std::string text = randomText();
                    std::memcpy(batch.payload(i).data(), text.data(), text.size());
                    batch.write(i, {nextId, 0, 0, 0}, text.size());
                    model.emplace_back(nextId++, text);
                    tombs.push_back(false);
                }
                batch.commit();
                break;
            }
            case 3: {
                std::array<std::byte, 200> buffer{};
                const auto header = consumer->try_pop(buffer);
                ASSERT_EQ(header.has_value(), !model.empty());
                if (header) {
                    ASSERT_EQ(header->messageId, model.front().first);
                    ASSERT_EQ(header->payloadLength, model.front().second.size());
                    ASSERT_EQ(std::memcmp(buffer.data(), model.front().second.data(),
                                          header->payloadLength),
                              0);
                    model.pop_front();
                    // Tombstones behind it stay until the next claim.
                    for (bool isTaken = false; !isTaken;) {
                        isTaken = !tombs.front();
                        skipped += tombs.front() ? 1U : 0U;
                        tombs.pop_front();
                    }
                } else {
                    skipped += tombs.size();
                    tombs.clear();
                }
                break;
            }
            default: {
                const auto most = static_cast<std::uint32_t>(random() % 20 + 1);
                const auto peek = consumer->try_peek_batch(most);
                // Claims of `most` slots, until one has a message in it.
                std::vector<std::pair<std::uint64_t, std::string>> expected;
                while (expected.empty() && !tombs.empty()) {
                    for (std::uint32_t i = 0; i < most && !tombs.empty(); ++i) {
                        if (tombs.front()) {
                            ++skipped;
                        } else {
                            expected.push_back(model.front());
                            model.pop_front();
                        }
                        tombs.pop_front();
                    }
                }
                ASSERT_EQ(peek.size(), expected.size());
                for (std::uint32_t i = 0; i < peek.size(); ++i) {
                    const MessageView view = peek.message(i);
                    ASSERT_EQ(view.header.messageId, expected[i].first);
                    ASSERT_EQ(view.payload.size(), expected[i].second.size());
                    ASSERT_EQ(std::memcmp(view.payload.data(), expected[i].second.data(),
                                          view.payload.size()),
                              0);
                }
                break;
            }
            }
            ASSERT_EQ(consumer->tombstonesSkipped(), skipped);
        }
    }
}

} // namespace
} // namespace ringscope
