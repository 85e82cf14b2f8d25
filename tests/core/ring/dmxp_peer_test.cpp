// SPDX-License-Identifier: MIT
// DMXP's side and ours of one ring, both ways and mixed, in several processes.
#include <array>
#include <chrono>
#include <gtest/gtest.h>
#include <set>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/base/clock.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "core/ring/stuck_watch.h"
#include "tests/core/ring/dmxp_builders.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

Segment attached(const std::string& name) {
    auto segment = Segment::attach(name);
    if (!segment) {
        ADD_FAILURE() << segment.error().message;
        std::abort();
    }
    return std::move(*segment);
}

SegmentSpec specForDmxp(std::uint64_t capacity) {
    SegmentSpec spec = specOf(capacity, 1024);
    spec.wakeDmxpConsumers = true;
    spec.minimumBytes = dmxp::Client::kDefaultBytes;
    return spec;
}

TEST(DmxpPeer, AcceptsASegmentOfOursAndAddsAChannelToIt) {
    const Segment segment = makeSegment(specForDmxp(16));
    dmxp::Client client = dmxp::Client::attach(segment.name());
    EXPECT_EQ(client.createChannel(8), 1U);
    const Segment again = attached(segment.name());
    ASSERT_EQ(again.channelCount(), 2U);
    EXPECT_EQ(again.channel(1).capacity(), 8U);
    auto consumer = Consumer::join(again, 1);
    ASSERT_TRUE(consumer) << consumer.error().message;
    ASSERT_TRUE(client.send(1, 3, "to its own channel"));
    std::vector<std::byte> buffer(1024);
    EXPECT_TRUE(consumer->try_pop(buffer));
}

TEST(DmxpPeer, RefusesWhatItCannotUse) {
    const Segment small = makeSegment(16, 1024);
    EXPECT_THROW(dmxp::Client::attach(small.name()), std::runtime_error) << "below 128 MiB";
    EXPECT_NO_THROW(dmxp::Client::attach(small.name(), 1));
    const Segment other = makeSegment(16, 64);
    EXPECT_THROW(dmxp::Client::attach(other.name(), 1), std::runtime_error) << "another stride";
}

TEST(DmxpPeer, MetadataOfOurMessagesIsDmxps) {
    const Segment segment = makeSegment(specForDmxp(4));
    dmxp::Client client = dmxp::Client::attach(segment.name());
    auto producer = Producer::join(segment, 0);
    const std::string largest(1024, 'x');
    ASSERT_TRUE(producer->try_push({77, 5'000, 9, 3}, bytesOf(largest)));
    const auto message = client.receive(0);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->id, 77U);
    EXPECT_EQ(message->timestampNs, 5'000U);
    EXPECT_EQ(message->type, 9U);
    EXPECT_EQ(message->flags, 3U);
    EXPECT_EQ(message->channel, 0U);
    EXPECT_EQ(message->senderPid, static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(message->payload, largest);
}

TEST(DmxpPeer, ItsBlockingConsumerIsWokenByOurProducer) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    client.setHabits({.readsWordLate = false});
    const pid_t child = ::fork();
    if (child == 0) {
        const Segment segment = attached(file.name());
        auto producer = Producer::join(segment, 0);
        const timespec pause{0, 50 * kNsPerMs};
        ::nanosleep(&pause, nullptr);
        ::_exit(producer->try_push({1, 0, 0, 0}, bytesOf("wake")) ? 0 : 1);
    }
    const std::int64_t before = monotonicNs();
    const auto message = client.receiveBlocking(0, 20'000);
    EXPECT_TRUE(message);
    EXPECT_LT(monotonicNs() - before, 10 * kNsPerSecond);
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

// Who received which message, in memory that the children share.
class Receipts {
public:
    static constexpr std::uint32_t kSenders = 4;
    static constexpr std::uint32_t kEach = 20'000;

    Receipts()
        : m_words(static_cast<std::uint32_t*>(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
    Receipts(const Receipts&) = delete;
    Receipts& operator=(const Receipts&) = delete;
    ~Receipts() { ::munmap(m_words, kBytes); }
    void take(std::uint64_t id, const std::string& payload) {
        const bool isValid = id < kSenders * kEach && payload == payloadOf(id);
        std::atomic_ref(m_words[isValid ? id : kInvalid]).fetch_add(1, std::memory_order_relaxed);
        std::atomic_ref(m_words[kTotal]).fetch_add(1, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t total() const {
        return std::atomic_ref(m_words[kTotal]).load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t invalid() const { return m_words[kInvalid]; }
    [[nodiscard]] std::uint32_t times(std::uint32_t id) const { return m_words[id]; }
    static std::string payloadOf(std::uint64_t id) {
        return std::string(id % 200, static_cast<char>('a' + id % 26)) + std::to_string(id);
    }

private:
    static constexpr std::uint32_t kInvalid = kSenders * kEach;
    static constexpr std::uint32_t kTotal = kInvalid + 1;
    static constexpr std::size_t kBytes = (kTotal + 1) * sizeof(std::uint32_t);
    std::uint32_t* m_words;
};

template <typename Push>
void sendAll(std::uint32_t sender, Push push) {
    for (std::uint32_t i = 0; i < Receipts::kEach; ++i) {
        const std::uint64_t id = sender * Receipts::kEach + i;
        while (!push(id, Receipts::payloadOf(id))) {
            ::sched_yield();
        }
    }
}

void produceAsDmxp(const std::string& name, std::uint32_t sender) {
    dmxp::Client client = dmxp::Client::attach(name, 1);
    sendAll(sender, [&](std::uint64_t id, const auto& text) { return client.send(0, id, text); });
}

void produceAsOurs(const std::string& name, std::uint32_t sender) {
    const Segment segment = attached(name);
    auto producer = Producer::join(segment, 0);
    sendAll(sender, [&](std::uint64_t id, const auto& text) {
        return producer->try_push({id, 0, 0, 0}, bytesOf(text));
    });
}

void consumeAsDmxp(const std::string& name, Receipts& receipts) {
    dmxp::Client client = dmxp::Client::attach(name, 1);
    while (receipts.total() < Receipts::kSenders * Receipts::kEach) {
        if (const auto message = client.receiveBlocking(0, 5)) {
            receipts.take(message->id, message->payload);
        }
    }
}

void consumeAsOurs(const std::string& name, Receipts& receipts) {
    const Segment segment = attached(name);
    auto consumer = Consumer::join(segment, 0);
    ChannelWaiter waiter(consumer->channel(), layout::Role::consumer, WaitPolicy::futex);
    std::vector<std::byte> buffer(1024);
    const auto isOver = [&] { return receipts.total() >= Receipts::kSenders * Receipts::kEach; };
    while (!isOver()) {
        waiter.until(
            [&]() noexcept {
                const auto header = consumer->try_pop(buffer);
                if (header) {
                    receipts.take(header->messageId,
                                  std::string(reinterpret_cast<const char*>(buffer.data()),
                                              header->payloadLength));
                }
                return header.has_value();
            },
            isOver);
    }
}

void exchange(const std::string& name) {
    Receipts receipts;
    std::vector<pid_t> children;
    const auto fork = [&](auto&& body) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::alarm(60);
            body();
            ::_exit(0);
        }
        children.push_back(pid);
    };
    for (std::uint32_t sender = 0; sender < Receipts::kSenders; ++sender) {
        fork([&] { sender % 2 == 0 ? produceAsDmxp(name, sender) : produceAsOurs(name, sender); });
    }
    for (int consumer = 0; consumer < 4; ++consumer) {
        fork([&] {
            consumer % 2 == 0 ? consumeAsDmxp(name, receipts) : consumeAsOurs(name, receipts);
        });
    }
    for (const pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(receipts.invalid(), 0U);
    std::uint32_t wrong = 0;
    for (std::uint32_t id = 0; id < Receipts::kSenders * Receipts::kEach; ++id) {
        wrong += receipts.times(id) == 1 ? 0U : 1U;
    }
    EXPECT_EQ(wrong, 0U) << "each message is received once";
}

TEST(DmxpPeer, ProcessesOfBothKindsExchangeEveryMessageOnceInASegmentOfOurs) {
    const Segment segment = makeSegment(specForDmxp(64));
    exchange(segment.name());
}

TEST(DmxpPeer, ProcessesOfBothKindsExchangeEveryMessageOnceInASegmentOfDmxps) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client::create(file.name(), kSmall).createChannel(64);
    exchange(file.name());
}

TEST(DmxpPeer, SlotsThatItClaimedAndLeftAreFoundStuck) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(4);
    client.createChannel(4);
    ASSERT_TRUE(client.claimToSend(0));
    ASSERT_TRUE(client.send(0, 1, "waits behind it"));
    ASSERT_TRUE(client.send(1, 1, "claimed and kept"));
    ASSERT_TRUE(client.claimToReceive(1));
    for (std::uint64_t id = 2; id < 5; ++id) {
        ASSERT_TRUE(client.send(1, id, ""));
    }
    ASSERT_FALSE(client.send(1, 5, "")) << "full at the slot that is kept";

    auto opened = RingObserver::open(file.name());
    ASSERT_TRUE(opened) << opened.error().message;
    const auto ring = std::make_shared<RingObserver>(std::move(*opened));
    StuckWatch watch(ring);
    EXPECT_TRUE(watch.look(kNsPerSecond)->empty());
    const auto stuck = watch.look(3 * kNsPerSecond);
    ASSERT_EQ(stuck->size(), 2U);
    EXPECT_TRUE((*stuck)[0].isWriting);
    EXPECT_EQ((*stuck)[0].blocked, Blocked::consumers);
    EXPECT_EQ((*stuck)[0].distance, 1U);
    EXPECT_FALSE((*stuck)[0].holder) << "DMXP has no roster";
    EXPECT_FALSE((*stuck)[1].isWriting);
    EXPECT_EQ((*stuck)[1].blocked, Blocked::producers);

    const auto slots = ring->scan(1, 4, kNsPerSecond);
    ASSERT_TRUE(slots);
    EXPECT_EQ((*slots)->blocks[0]->states[0], SlotState::reading);
    EXPECT_EQ((*slots)->blocks[0]->states[1], SlotState::ready);
    EXPECT_EQ((*slots)->cursors.head, 1U);
    EXPECT_EQ((*slots)->cursors.tail, 4U);
}

} // namespace
} // namespace ringscope
