// SPDX-License-Identifier: MIT
// What DMXP does that a reader of its documentation would not expect.
#include <csignal>
#include <gtest/gtest.h>
#include <sched.h>
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

constexpr std::chrono::milliseconds kShortly{20};

RingObserver observerOf(const std::string& name) {
    auto observer = RingObserver::open(name);
    if (!observer) {
        ADD_FAILURE() << observer.error().message;
        std::abort();
    }
    return std::move(*observer);
}

std::string changesOf(RingObserver& observer) {
    const auto changes = observer.refresh();
    if (!changes) {
        return "error: " + changes.error().message;
    }
    std::string all;
    for (const std::string& change : *changes) {
        all += all.empty() ? change : "; " + change;
    }
    return all;
}

std::vector<SlotState> statesOf(RingObserver& observer, std::size_t channel) {
    const auto snapshot = observer.scan(channel, 4096, kNsPerSecond);
    if (!snapshot) {
        return {};
    }
    const SlotBlock& block = *(*snapshot)->blocks[0];
    return {block.states.begin(), block.states.begin() + block.count};
}

TEST(DmxpHabits, LengthBeyondTheSlotIsClampedAndSaid) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(4);
    const auto segment = Segment::attach(file.name());
    ASSERT_TRUE(segment) << segment.error().message;
    auto consumer = Consumer::join(*segment, 0);
    ASSERT_TRUE(client.sendWithLength(0, 1, std::string(1024, 'x'), 5'000'000));
    ASSERT_TRUE(client.send(0, 2, "fits"));
    const auto long1 = RingObserver::open(file.name())->slotDetail(0, 0, 0);
    EXPECT_EQ(long1->metadata.payloadLength, 5'000'000U) << "who looks sees what is stored";
    std::vector<std::byte> buffer(1024);
    auto header = consumer->try_pop(buffer);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->payloadLength, 1024U);
    EXPECT_EQ(header->storedLength, 5'000'000U);
    EXPECT_TRUE(header->isCut());
    header = consumer->try_pop(buffer);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->payloadLength, 4U);
    EXPECT_FALSE(header->isCut());
}

TEST(DmxpHabits, ChannelsThatAppearAndVanishAreFollowed) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    RingObserver observer = observerOf(file.name());
    EXPECT_TRUE(observer.geometry().channels.empty());
    EXPECT_TRUE(observer.cursors()->empty());
    EXPECT_EQ(changesOf(observer), "");

    client.createChannel(8);
    client.createChannel(4);
    ASSERT_TRUE(client.send(1, 1, "there"));
    EXPECT_EQ(changesOf(observer),
              "channel 0 appeared, with 8 slots; channel 1 appeared, with 4 slots");
    ASSERT_EQ(observer.cursors()->size(), 2U);
    EXPECT_EQ((*observer.cursors())[1].tail, 1U);
    EXPECT_EQ(statesOf(observer, 1)[0], SlotState::ready);
    EXPECT_EQ(changesOf(observer), "");

    client.removeChannel(1);
    EXPECT_EQ(changesOf(observer), "channel 1 was removed");
    EXPECT_EQ(observer.cursors()->size(), 1U);
    EXPECT_FALSE(observer.scan(1, 4, 0)) << "it has no such channel any more";
}

TEST(DmxpHabits, StuckWatchSeesAChannelThatAppeared) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    StuckWatch watch(std::make_shared<RingObserver>(observerOf(file.name())));
    EXPECT_TRUE(watch.look(kNsPerSecond)->empty());
    client.createChannel(4);
    ASSERT_TRUE(client.claimToSend(0));
    ASSERT_TRUE(watch.look(2 * kNsPerSecond));
    EXPECT_EQ(watch.look(4 * kNsPerSecond)->size(), 1U);
}

TEST(DmxpHabits, SlotsWithoutASequenceAreNotCalledStuck) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.publishCapacity(8);
    client.resetCursors(0);
    RingObserver observer = observerOf(file.name());
    observer.setStuckAfterNs(0);
    const std::vector<SlotState> allFree(8, SlotState::free);
    EXPECT_EQ(statesOf(observer, 0), allFree);
    client.initialiseSlots(0, 5);
    EXPECT_EQ(statesOf(observer, 0), allFree);
    client.initialiseSlots(0, 8);
    client.countChannel();
    EXPECT_EQ(statesOf(observer, 0), allFree);
    ASSERT_TRUE(client.claimToSend(0));
    EXPECT_EQ(statesOf(observer, 0)[0], SlotState::writing);
}

TEST(DmxpHabits, AttachingWaitsUntilTheSlotsAreInitialised) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.publishCapacity(8);
    client.initialiseSlots(0, 5);
    const auto tooEarly = Segment::attach(file.name(), kShortly);
    ASSERT_FALSE(tooEarly);
    EXPECT_EQ(tooEarly.error().kind, ErrorKind::damaged);
    EXPECT_NE(tooEarly.error().message.find("channel 0 has slots without a sequence"),
              std::string::npos)
        << tooEarly.error().message;

    const pid_t creator = ::fork();
    if (creator == 0) {
        const timespec pause{0, 50 * kNsPerMs};
        ::nanosleep(&pause, nullptr);
        client.initialiseSlots(0, 8);
        client.countChannel();
        ::_exit(0);
    }
    const auto segment = Segment::attach(file.name(), std::chrono::seconds(20));
    ::waitpid(creator, nullptr, 0);
    ASSERT_TRUE(segment) << segment.error().message;
    auto producer = Producer::join(*segment, 0);
    for (int i = 0; i < 8; ++i) {
        EXPECT_TRUE(producer->try_push({}, {}));
    }
}

TEST(DmxpHabits, UsedEntryWithOldCursorsIsShownAsTheNewChannel) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    passMessages(client, 21);
    RingObserver observer = observerOf(file.name());
    EXPECT_EQ(changesOf(observer), "");
    EXPECT_EQ(statesOf(observer, 0), std::vector<SlotState>(8, SlotState::free));

    // The entry is used again: the capacity is there before the cursors and the slots are.
    client.removeChannel(0);
    EXPECT_EQ(changesOf(observer), "channel 0 was removed");
    client.publishCapacity(8);
    EXPECT_EQ(changesOf(observer), "channel 0 appeared, with 8 slots");
    EXPECT_EQ((*observer.cursors())[0].used(), 0U) << "head and tail are both the old ones";
    client.resetCursors(0);
    EXPECT_EQ(changesOf(observer), "channel 0 was created anew, with 8 slots");
    EXPECT_EQ(statesOf(observer, 0), std::vector<SlotState>(8, SlotState::free));
    client.initialiseSlots(0, 8);
    EXPECT_EQ(statesOf(observer, 0), std::vector<SlotState>(8, SlotState::free));
    EXPECT_EQ((*observer.cursors())[0].tail, 0U);
    ASSERT_TRUE(client.send(0, 1, "new"));
    EXPECT_EQ(statesOf(observer, 0)[0], SlotState::ready);
}

TEST(DmxpHabits, HeadBeforeTailOfHalfResetCursorsIsAnEmptyChannel) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    poke<std::uint64_t>(file.name(), 128 + 256, 37); // head is old, tail is reset
    RingObserver observer = observerOf(file.name());
    const ChannelCursors cursors = (*observer.cursors())[0];
    EXPECT_EQ(cursors.used(), 0U);
    EXPECT_EQ(cursors.taken(), 0U);
}

TEST(DmxpHabits, ChannelThatCannotBeUsedIsLeftOutAndTheOthersAreShown) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    client.createChannel(1); // DMXP allows it
    client.createChannel(8);
    RingObserver observer = observerOf(file.name());
    EXPECT_EQ(observer.cursors()->size(), 2U);
    ASSERT_EQ(observer.geometry().leftOut.size(), 1U);
    EXPECT_NE(observer.geometry().leftOut[0].find("channel 1 capacity is 1"), std::string::npos);
    const auto segment = Segment::attach(file.name());
    ASSERT_TRUE(segment) << segment.error().message;
    EXPECT_FALSE(Producer::join(*segment, 1));
    EXPECT_TRUE(Producer::join(*segment, 2));
}

TEST(DmxpHabits, ChannelsThatTwoProcessesPutInOnePlaceAreBothLeftOut) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    client.publishCapacity(8); // not counted yet, so that the next one gets the same place
    client.initialiseSlots(1, 8);
    client.createChannel(8);
    RingObserver observer = observerOf(file.name());
    EXPECT_EQ(observer.cursors()->size(), 1U);
    ASSERT_EQ(observer.geometry().leftOut.size(), 1U);
    EXPECT_NE(observer.geometry().leftOut[0].find("overlaps"), std::string::npos);
}

TEST(DmxpHabits, LostWakeUpDelaysOurSleepingConsumerByItsBoundOnly) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.setHabits({.wakes = false});
    client.createChannel(8);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto segment = Segment::attach(file.name());
        auto consumer = Consumer::join(*segment, 0);
        ChannelWaiter waiter(consumer->channel(), layout::Role::consumer, WaitPolicy::futex);
        std::vector<std::byte> buffer(1024);
        int left = 50;
        while (left > 0) {
            left -= waiter.until([&]() noexcept { return consumer->try_pop(buffer).has_value(); },
                                 [] { return false; })
                        ? 1
                        : 0;
        }
        ::_exit(0);
    }
    for (std::uint64_t id = 0; id < 50; ++id) {
        EXPECT_TRUE(client.send(0, id, ""));
        const timespec pause{0, 3 * kNsPerMs}; // it sleeps again by then
        ::nanosleep(&pause, nullptr);
    }
    int status = -1;
    const std::int64_t until = monotonicNs() + 10 * kNsPerSecond;
    while (::waitpid(child, &status, WNOHANG) == 0 && monotonicNs() < until) {
        ::sched_yield();
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(status, 0);
}

TEST(DmxpHabits, SegmentThatIsCreatedAnewInItsFileIsShownAgain) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client first = dmxp::Client::create(file.name(), kSmall);
    first.createChannel(8);
    for (std::uint64_t id = 0; id < 5; ++id) {
        ASSERT_TRUE(first.send(0, id, ""));
    }
    RingObserver observer = observerOf(file.name());
    EXPECT_EQ(changesOf(observer), "");

    ASSERT_EQ(::truncate(shmPath(file.name()).c_str(), 0), 0);
    EXPECT_EQ(observer.presence(), SegmentPresence::truncated);
    EXPECT_FALSE(observer.cursors()) << "an error, not a SIGBUS";
    EXPECT_FALSE(observer.refresh());

    dmxp::Client second = dmxp::Client::create(file.name(), kSmall / 2); // the same inode
    second.createChannel(8);
    second.createChannel(16);
    ASSERT_TRUE(second.send(0, 1, ""));
    EXPECT_EQ(changesOf(observer), "channel 0 was created anew, with 8 slots; "
                                   "channel 1 appeared, with 16 slots");
    EXPECT_EQ(observer.presence(), SegmentPresence::present);
    EXPECT_EQ((*observer.cursors())[0].tail, 1U);
    EXPECT_EQ(statesOf(observer, 0)[0], SlotState::ready);
    EXPECT_EQ(statesOf(observer, 0)[1], SlotState::free) << "nothing of the one before";
}

TEST(DmxpHabits, RefreshOfANonsenseTableIsAnErrorAndKeepsTheOld) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    RingObserver observer = observerOf(file.name());
    poke<std::uint32_t>(file.name(), 12, 4'000'000'000U);
    EXPECT_FALSE(observer.refresh());
    EXPECT_EQ(observer.geometry().channels.size(), 1U);
}

} // namespace
} // namespace ringscope
