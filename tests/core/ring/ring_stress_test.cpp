// SPDX-License-Identifier: MIT
// Many threads on one ring: every message exactly once, and in order per producer.
#include <array>
#include <atomic>
#include <barrier>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/wait.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

struct Mix {
    const char* name;
    int producers;
    int consumers;
    std::uint64_t capacity;
    std::uint32_t batch; // 1: push and pop; more: reserve and peek in place
    WaitPolicy policy;
    std::uint32_t messages; // of each producer
};

struct Payload {
    std::uint32_t producer;
    std::uint32_t sequence;
    std::uint64_t check;
};

std::uint64_t checkOf(std::uint32_t producer, std::uint32_t sequence) {
    return (std::uint64_t{producer} << 32U | sequence) * 0x9E37'79B9'7F4A'7C15U;
}

class RingStress : public testing::TestWithParam<Mix> {
protected:
    struct Received {
        std::vector<std::vector<std::uint32_t>> sequences; // per producer, in order of arrival
        std::uint64_t corrupted = 0;
        std::uint64_t tombstones = 0;
    };

    static void produce(const Segment& segment, const Mix& mix, std::uint32_t index,
                        std::barrier<>& start) {
        auto producer = Producer::join(segment, 0);
        ASSERT_TRUE(producer);
        ChannelWaiter waiter(producer->channel(), layout::Role::producer, mix.policy);
        start.arrive_and_wait();
        for (std::uint32_t next = 0; next < mix.messages;) {
            const auto attempt = [&]() noexcept {
                if (mix.batch == 1) {
                    const Payload payload{index, next, checkOf(index, next)};
                    const bool isSent =
                        producer->try_push({next, 0, 0, 0}, std::as_bytes(std::span(&payload, 1)));
                    next += isSent ? 1U : 0U;
                    return isSent;
                }
                auto batch = producer->try_reserve_batch(std::min(mix.batch, mix.messages - next));
                for (std::uint32_t i = 0; i < batch.size(); ++i) {
                    if ((next + i) % 7 == 3 && i + 1 < batch.size()) {
                        continue; // a hole: must arrive at nobody, and shift nobody's number
                    }
                    const Payload payload{index, next, checkOf(index, next)};
                    std::memcpy(batch.payload(i).data(), &payload, sizeof(payload));
                    batch.write(i, {next, 0, 0, 0}, sizeof(payload));
                    ++next;
                }
                const bool isSent = batch.size() != 0;
                batch.commit();
                return isSent;
            };
            waiter.until(attempt, []() noexcept { return false; });
        }
    }

    static void consume(const Segment& segment, const Mix& mix, std::atomic<std::uint64_t>& left,
                        Received& received, std::barrier<>& start) {
        auto consumer = Consumer::join(segment, 0);
        ASSERT_TRUE(consumer);
        ChannelWaiter waiter(consumer->channel(), layout::Role::consumer, mix.policy);
        received.sequences.resize(static_cast<std::size_t>(mix.producers));
        const auto take = [&](const Payload& payload) noexcept {
            if (payload.producer < received.sequences.size() &&
                payload.check == checkOf(payload.producer, payload.sequence)) {
                received.sequences[payload.producer].push_back(payload.sequence);
            } else {
                ++received.corrupted;
            }
            left.fetch_sub(1, std::memory_order_relaxed);
        };
        start.arrive_and_wait();
        const auto attempt = [&]() noexcept {
            Payload payload{};
            if (mix.batch == 1) {
                const bool isReceived =
                    consumer->try_pop(std::as_writable_bytes(std::span(&payload, 1))).has_value();
                if (isReceived) {
                    take(payload);
                }
                return isReceived;
            }
            const auto peek = consumer->try_peek_batch(mix.batch);
            for (std::uint32_t i = 0; i < peek.size(); ++i) {
                std::memcpy(&payload, peek.message(i).payload.data(), sizeof(payload));
                take(payload);
            }
            return static_cast<bool>(peek);
        };
        const auto isDone = [&]() noexcept { return left.load(std::memory_order_relaxed) == 0; };
        while (waiter.until(attempt, isDone)) {
        }
        received.tombstones = consumer->tombstonesSkipped();
    }
};

TEST_P(RingStress, DeliversExactlyOnceAndInOrderPerProducer) {
    const Mix& mix = GetParam();
    const Segment segment = makeSegment(mix.capacity, sizeof(Payload));
    const auto producers = static_cast<std::size_t>(mix.producers);
    std::atomic<std::uint64_t> left{producers * mix.messages};
    std::vector<Received> received(static_cast<std::size_t>(mix.consumers));
    std::barrier start(mix.producers + mix.consumers);
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t i = 0; i < producers; ++i) {
            threads.emplace_back([&, i] { produce(segment, mix, i, start); });
        }
        for (Received& one : received) {
            threads.emplace_back([&] { consume(segment, mix, left, one, start); });
        }
    }
    std::vector<std::vector<std::uint32_t>> times(producers,
                                                  std::vector<std::uint32_t>(mix.messages));
    for (const Received& one : received) {
        EXPECT_EQ(one.corrupted, 0U);
        for (std::size_t producer = 0; producer < producers; ++producer) {
            const auto& sequences = one.sequences[producer];
            EXPECT_TRUE(std::is_sorted(sequences.begin(), sequences.end()));
            for (const std::uint32_t sequence : sequences) {
                ASSERT_LT(sequence, mix.messages);
                ++times[producer][sequence];
            }
        }
    }
    for (std::size_t producer = 0; producer < producers; ++producer) {
        for (std::uint32_t sequence = 0; sequence < mix.messages; ++sequence) {
            ASSERT_EQ(times[producer][sequence], 1U) << producer << ":" << sequence;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Mixes, RingStress,
    testing::Values(Mix{"OneToOne", 1, 1, 64, 1, WaitPolicy::spinYield, 50'000},
                    Mix{"SmallestRing", 2, 2, 2, 1, WaitPolicy::spinYield, 8'000},
                    Mix{"FourToFour", 4, 4, 64, 1, WaitPolicy::spinYield, 30'000},
                    Mix{"ManyToOne", 7, 1, 128, 1, WaitPolicy::spinYield, 15'000},
                    Mix{"Batches", 3, 3, 64, 16, WaitPolicy::spinYield, 40'000},
                    Mix{"BatchesOnASmallRing", 2, 2, 4, 16, WaitPolicy::spinYield, 8'000},
                    Mix{"Futex", 4, 4, 32, 1, WaitPolicy::futex, 20'000},
                    Mix{"FutexSmallestRing", 2, 2, 2, 1, WaitPolicy::futex, 5'000},
                    Mix{"FutexBatches", 4, 2, 64, 8, WaitPolicy::futex, 20'000}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Roster, ThreadsThatComeAndGoNeverShareAnEntry) {
    SegmentSpec spec = specOf(8, 16);
    spec.rosterEntries = 3; // fewer places than threads
    const Segment segment = makeSegment(spec);
    std::array<std::atomic<int>, 3> holders{};
    std::atomic<int> shared{0};
    std::atomic<int> refused{0};
    std::barrier start(4);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                for (int turn = 0; turn < 300; ++turn) {
                    auto seat = RosterSeat::join(segment, layout::Role::producer, 0);
                    if (!seat) {
                        refused.fetch_add(1, std::memory_order_relaxed);
                        continue;
                    }
                    const auto place =
                        static_cast<std::size_t>(seat->entry() - segment.rosterEntries());
                    if (holders.at(place).fetch_add(1, std::memory_order_relaxed) != 0) {
                        shared.fetch_add(1, std::memory_order_relaxed);
                    }
                    std::this_thread::yield();
                    holders.at(place).fetch_sub(1, std::memory_order_relaxed);
                }
            });
        }
    }
    EXPECT_EQ(shared.load(), 0);
    EXPECT_LT(refused.load(), 1'200);
}

TEST(ChannelWaiter, SleepingConsumerIsWokenByAPublish) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    std::atomic<bool> isReceived{false};
    const std::jthread other([&] {
        auto consumer = Consumer::join(segment, 0);
        ChannelWaiter waiter(consumer->channel(), layout::Role::consumer, WaitPolicy::futex);
        std::array<std::byte, 16> buffer{};
        waiter.until([&]() noexcept { return consumer->try_pop(buffer).has_value(); },
                     []() noexcept { return false; });
        EXPECT_EQ(waiter.waits(), 1U);
        isReceived.store(true, std::memory_order_release);
    });
    const auto flag = std::atomic_ref(producer->channel().shared->consumerSleepers);
    while (flag.load(std::memory_order_relaxed) == 0) {
        std::this_thread::yield();
    }
    ASSERT_TRUE(producer->try_push({}, {}));
    while (!isReceived.load(std::memory_order_acquire)) {
        std::this_thread::yield();
    }
}

TEST(ChannelWaiter, StopEndsTheWait) {
    const Segment segment = makeSegment(2, 16);
    for (const WaitPolicy policy : {WaitPolicy::spinYield, WaitPolicy::futex}) {
        std::atomic<bool> isStopped{false};
        std::jthread other([&] {
            auto consumer = Consumer::join(segment, 0);
            ChannelWaiter waiter(consumer->channel(), layout::Role::consumer, policy);
            std::array<std::byte, 16> buffer{};
            EXPECT_FALSE(
                waiter.until([&]() noexcept { return consumer->try_pop(buffer).has_value(); },
                             [&]() noexcept { return isStopped.load(std::memory_order_relaxed); }));
        });
        isStopped.store(true, std::memory_order_relaxed);
        other.join();
    }
}

} // namespace
} // namespace ringscope
