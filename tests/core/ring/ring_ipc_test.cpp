// SPDX-License-Identifier: MIT
// What takes two processes: what a killed participant leaves, who keeps a segment, and that looking
// at a ring does not change the numbers of those who use it.
#include <array>
#include <csignal>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "core/ring/segment_list.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/core/ring/ring_child.h"

namespace ringscope {
namespace {

SegmentSummary summaryOf(const std::string& name) {
    for (SegmentSummary& one : listSegments()) {
        if (one.name == name) {
            return std::move(one);
        }
    }
    ADD_FAILURE() << name << " is not listed";
    return {};
}

TEST(RingIpc, KilledProducerLeavesItsIntentReadable) {
    const Segment segment = makeSegment(8, 16);
    Child child([&](const auto& ready) {
        auto producer = Producer::join(segment, 0);
        EXPECT_TRUE(producer->try_push({}, {}));
        const auto reserved = producer->try_reserve_batch(3);
        ready();
    });
    const pid_t pid = child.pid();
    auto observer = RingObserver::open(segment.name());
    EXPECT_EQ(livenessOf(observer->participants()->at(0)), Liveness::alive);
    child.kill();

    const auto participants = observer->participants();
    ASSERT_EQ(participants->size(), 1U);
    const Participant& dead = participants->at(0);
    EXPECT_EQ(livenessOf(dead), Liveness::dead);
    EXPECT_EQ(dead.process.pid, pid);
    EXPECT_EQ(dead.intentFirst, 1U);
    EXPECT_EQ(dead.intentCount, 3U);
    EXPECT_TRUE(dead.isClaimed);
    const auto snapshot = observer->scan(0, 8, 0);
    EXPECT_EQ((*snapshot)->blocks[0]->states[0], SlotState::ready);
    EXPECT_EQ((*snapshot)->blocks[0]->states[1], SlotState::writing);
    EXPECT_EQ((*snapshot)->blocks[0]->states[3], SlotState::writing);
    EXPECT_EQ((*snapshot)->holders.at(0).pid, pid);
}

TEST(RingIpc, KilledConsumerLeavesItsIntentReadableAndItsSlotStuck) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(producer->try_push({}, {}));
    }
    Child child([&](const auto& ready) {
        auto consumer = Consumer::join(segment, 0);
        const auto peek = consumer->try_peek_batch(2);
        ready();
    });
    auto observer = RingObserver::open(segment.name());
    EXPECT_EQ((*observer->scan(0, 8, 0))->blocks[0]->states[1], SlotState::reading);
    child.kill();

    const auto snapshot = observer->scan(0, 8, 2 * kNsPerSecond);
    EXPECT_EQ((*snapshot)->blocks[0]->states[0], SlotState::stuck);
    EXPECT_EQ((*snapshot)->blocks[0]->states[1], SlotState::stuck);
    EXPECT_EQ((*snapshot)->blocks[0]->states[2], SlotState::ready);
    ASSERT_EQ((*snapshot)->holders.size(), 1U);
    EXPECT_FALSE((*snapshot)->holders[0].isProducer);
    EXPECT_EQ((*snapshot)->holders[0].count, 2U);
    EXPECT_EQ(livenessOf(observer->participants()->at(1)), Liveness::dead);
}

TEST(RingIpc, SegmentOfAKilledCreatorIsAnOrphanOnceNobodyUsesIt) {
    const SegmentSpec spec = specOf(8, 16);
    const ShmFile guard(spec.name);
    Child creator([&](const auto& ready) {
        const Segment segment = makeSegment(spec);
        ready();
    });
    EXPECT_FALSE(summaryOf(spec.name).isOrphaned);
    EXPECT_EQ(summaryOf(spec.name).creator.pid, creator.pid());
    EXPECT_EQ(summaryOf(spec.name).creatorLiveness, Liveness::alive);
    Child user([&](const auto& ready) {
        const auto segment = Segment::attach(spec.name);
        const auto producer = Producer::join(*segment, 0);
        ready();
    });
    creator.kill();
    const SegmentSummary used = summaryOf(spec.name);
    EXPECT_EQ(used.creatorLiveness, Liveness::dead);
    EXPECT_FALSE(used.isOrphaned);
    EXPECT_EQ(used.mappedBy, std::vector<std::int32_t>{user.pid()});
    EXPECT_EQ(used.liveParticipants, 1U);
    const auto refused = removeSegment(spec.name);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::failed);
    user.kill();

    const SegmentSummary left = summaryOf(spec.name);
    EXPECT_TRUE(left.isOrphaned) << left.keptBecause;
    EXPECT_EQ(left.liveParticipants, 0U);
    EXPECT_EQ(left.participants.size(), 1U);
    EXPECT_TRUE(removeSegment(spec.name));
    EXPECT_EQ(removeSegment(spec.name).error().kind, ErrorKind::target);
}

TEST(RingIpc, CreatorOfAnotherPidNamespaceIsNotJudged) {
    const SegmentSpec spec = specOf(8, 16);
    const ShmFile guard(spec.name);
    Child creator([&](const auto& ready) {
        const Segment segment = makeSegment(spec);
        ready();
    });
    creator.kill();
    EXPECT_TRUE(summaryOf(spec.name).isOrphaned);
    poke<std::uint64_t>(spec.name, 80, 4'026'000'000U);
    const SegmentSummary summary = summaryOf(spec.name);
    EXPECT_FALSE(summary.isOrphaned);
    EXPECT_NE(summary.keptBecause.find("pid namespace"), std::string::npos);
}

TEST(RingIpc, HalfMadeSegmentOfAKilledCreatorIsListedAndOrphaned) {
    const SegmentSpec spec = specOf(8, 16);
    const ShmFile guard(spec.name);
    Child creator([&](const auto& ready) {
        const Segment segment = makeSegment(spec);
        ready();
    });
    creator.kill();
    poke<std::uint64_t>(spec.name, 0, 0);  // magic
    poke<std::uint32_t>(spec.name, 36, 0); // ready
    const SegmentSummary summary = summaryOf(spec.name);
    EXPECT_TRUE(summary.isOrphaned);
    EXPECT_NE(summary.problem.find("ready is not set"), std::string::npos) << summary.problem;
}

TEST(RingIpc, DeliversExactlyOnceBetweenProcesses) {
    constexpr std::uint64_t kMessages = 40'000;
    constexpr int kSides = 2;
    const Segment segment = makeSegment(256, 16);
    // One byte per message and one word per consumer, shared with the children.
    auto* times = static_cast<std::uint8_t*>(::mmap(
        nullptr, kSides * kMessages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    auto* words = static_cast<std::uint64_t*>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    const std::atomic_ref<std::uint64_t> received(words[0]);
    const std::atomic_ref<std::uint64_t> reordered(words[1]);
    std::vector<pid_t> children;
    for (int index = 0; index < 2 * kSides; ++index) {
        const pid_t pid = ::fork();
        if (pid != 0) {
            children.push_back(pid);
            continue;
        }
        const auto attached = Segment::attach(segment.name());
        if (index < kSides) {
            auto producer = Producer::join(*attached, 0);
            ChannelWaiter waiter(producer->channel(), layout::Role::producer, WaitPolicy::futex);
            for (std::uint64_t i = 0; i < kMessages; ++i) {
                const std::array<std::uint64_t, 2> body = {static_cast<std::uint64_t>(index), i};
                waiter.until(
                    [&]() noexcept {
                        return producer->try_push({}, std::as_bytes(std::span(body)));
                    },
                    []() noexcept { return false; });
            }
        } else {
            auto consumer = Consumer::join(*attached, 0);
            ChannelWaiter waiter(consumer->channel(), layout::Role::consumer, WaitPolicy::futex);
            std::array<std::uint64_t, kSides> next{};
            const auto isDone = [&]() noexcept {
                return received.load(std::memory_order_relaxed) == kSides * kMessages;
            };
            std::array<std::uint64_t, 2> body{};
            while (waiter.until(
                [&]() noexcept {
                    return consumer->try_pop(std::as_writable_bytes(std::span(body))).has_value();
                },
                isDone)) {
                if (body[0] >= kSides || body[1] >= kMessages || body[1] < next.at(body[0])) {
                    reordered.fetch_add(1, std::memory_order_relaxed);
                } else {
                    next.at(body[0]) = body[1] + 1;
                    std::atomic_ref(times[body[0] * kMessages + body[1]]).fetch_add(1);
                }
                received.fetch_add(1, std::memory_order_relaxed);
            }
        }
        ::_exit(0);
    }
    for (const pid_t pid : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(reordered.load(), 0U);
    for (std::size_t i = 0; i < kSides * kMessages; ++i) {
        ASSERT_EQ(times[i], 1) << i;
    }
    ::munmap(times, kSides * kMessages);
    ::munmap(words, 4096);
}

// Kilobytes of the mapping of that segment in the child's smaps.
struct MappingMemory {
    long rss = 0;
    long pss = 0;
    long privateBytes = 0;
    bool operator==(const MappingMemory&) const = default;
};

MappingMemory memoryOf(pid_t pid, const std::string& name) {
    std::istringstream smaps(*readFile("/proc/" + std::to_string(pid) + "/smaps"));
    MappingMemory memory;
    bool isOurs = false;
    for (std::string line; std::getline(smaps, line);) {
        std::istringstream words(line);
        std::string key;
        long value = 0;
        words >> key;
        if (key.find('-') != std::string::npos && key.back() != ':') {
            isOurs = line.find(shmPath(name)) != std::string::npos;
        } else if (isOurs && words >> value) {
            memory.rss += key == "Rss:" ? value : 0;
            memory.pss += key == "Pss:" ? value : 0;
            memory.privateBytes += key == "Private_Clean:" || key == "Private_Dirty:" ? value : 0;
        }
    }
    return memory;
}

TEST(RingIpc, ObservingLeavesTheWorkersMemoryNumbersUnchanged) {
    const SegmentSpec spec = specOf(std::uint64_t{1} << 14U, 464); // 8 MiB
    const ShmFile guard(spec.name);
    const Child child([&](const auto& ready) {
        const Segment segment = makeSegment(spec);
        segment.prefault();
        auto producer = Producer::join(segment, 0);
        EXPECT_TRUE(producer->try_push({}, {}));
        ready();
    });
    const MappingMemory before = memoryOf(child.pid(), spec.name);
    EXPECT_GT(before.rss, 8'000);
    EXPECT_EQ(before.pss, before.rss); // nobody else's: that is what must stay so
    EXPECT_EQ(before.privateBytes, before.rss);
    {
        auto observer = RingObserver::open(spec.name);
        ASSERT_TRUE(observer);
        ASSERT_TRUE(observer->cursors());
        ASSERT_TRUE(observer->participants());
        ASSERT_TRUE(observer->scan(0, std::uint64_t{1} << 20U, 0));
        ASSERT_TRUE(observer->slotDetail(0, 0, 0));
        EXPECT_EQ(memoryOf(child.pid(), spec.name), before);
    }
    // The control: a mapping that is touched does change them, so the check above can fail.
    const auto mapped = Segment::attach(spec.name);
    mapped->prefault();
    EXPECT_LT(memoryOf(child.pid(), spec.name).pss, before.pss * 3 / 4);
    EXPECT_LT(memoryOf(child.pid(), spec.name).privateBytes, before.privateBytes / 4);
}

TEST(RingIpc, CreatorDoesNotCountTheRingAsItsOwn) {
    const Segment segment = makeSegment(std::uint64_t{1} << 14U, 464);
    EXPECT_LT(memoryOf(::getpid(), segment.name()).rss, 64);
}

} // namespace
} // namespace ringscope
