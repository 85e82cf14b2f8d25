// SPDX-License-Identifier: MIT
#include "core/ring/repair.h"

#include <cerrno>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <thread>

#include "core/base/clock.h"
#include "core/ring/channel_end.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/core/ring/ring_child.h"

namespace ringscope {
namespace {

using detail::shared;

// How far a participant of the test gets with a claim before it stands still.
enum class ClaimStep { intentStored, cursorMoved, claimed };

// Claims count positions from the cursor by hand, so that it can end between any two steps.
void claimByHand(const Segment& segment, layout::RosterEntry& entry, layout::Role role,
                 std::uint64_t count, ClaimStep last) {
    layout::Channel& channel = *segment.channel(0).shared;
    std::uint64_t& cursor = role == layout::Role::producer ? channel.tail : channel.head;
    std::uint64_t first = shared(cursor).load();
    shared(entry.intentFirst).store(first);
    shared(entry.intent).store(count);
    if (last == ClaimStep::intentStored) {
        return;
    }
    EXPECT_TRUE(shared(cursor).compare_exchange_strong(first, first + count));
    if (last == ClaimStep::claimed) {
        shared(entry.intent).store(count | layout::kIntentClaimed);
    }
}

// A process that stands still in the middle of a claim.
class Claimer : public Child {
public:
    Claimer(const Segment& segment, layout::Role role, std::uint64_t count, ClaimStep last)
        : Child([&](const auto& ready) {
            auto seat = RosterSeat::join(segment, role, 0);
            EXPECT_TRUE(seat);
            claimByHand(segment, *seat->entry(), role, count, last);
            ready();
        }) {}
    void stop() const {
        ::kill(pid(), SIGSTOP);
        int status = 0;
        ::waitpid(pid(), &status, WUNTRACED);
    }
};

// A process that has the segment mapped and no entry in its roster, as a DMXP client has.
class Outsider : public Child {
public:
    explicit Outsider(const Segment& segment)
        : Child([&](const auto& ready) {
            const auto own = Segment::attach(segment.name());
            EXPECT_TRUE(own);
            ready();
        }) {}
};

RepairReport repaired(const Segment& segment, const RepairOptions& options = {}) {
    auto report = repairRing(segment, options);
    if (!report) {
        ADD_FAILURE() << report.error().message;
        return {};
    }
    return std::move(*report);
}

std::vector<Participant> rosterOf(const Segment& segment) {
    return participantsIn(segment.rosterEntries(), segment.rosterEntryCount());
}

void pushSome(Producer& producer, int count) {
    for (int i = 0; i < count; ++i) {
        MessageHeader header;
        header.messageId = static_cast<std::uint64_t>(100 + i);
        ASSERT_TRUE(producer.try_push(header, bytesOf("message")));
    }
}

// Three laps of traffic go through.
void expectTraffic(const Segment& segment) {
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    std::array<std::byte, 16> buffer{};
    while (consumer->try_pop(buffer)) {
    }
    for (std::uint64_t i = 0; i < 3 * segment.channel(0).capacity(); ++i) {
        ASSERT_TRUE(producer->try_push({}, bytesOf("go"))) << "at message " << i;
        ASSERT_TRUE(consumer->try_pop(buffer)) << "at message " << i;
    }
}

TEST(Repair, DeadProducersSlotsBecomeTombstones) {
    const Segment segment = makeSegment(8, 16);
    Child child([&](const auto& ready) {
        auto producer = Producer::join(segment, 0);
        EXPECT_TRUE(producer->try_push({}, {}));
        const auto reserved = producer->try_reserve_batch(3);
        ready();
    });
    const pid_t pid = child.pid();
    EXPECT_EQ(repaired(segment).deadParticipants, 0U) << "it lives";
    child.kill();

    const RepairReport report = repaired(segment);
    ASSERT_EQ(report.slots.size(), 3U);
    EXPECT_EQ(report.slots[0].position, 1U);
    EXPECT_EQ(report.slots[0].holder.process.pid, pid);
    EXPECT_TRUE(report.slots[0].wasClaimed);
    EXPECT_FALSE(report.slots[0].isLost);
    EXPECT_EQ(report.tombstonesInAll, 3U);
    EXPECT_EQ(report.entriesFreed, 1U);
    EXPECT_TRUE(rosterOf(segment).empty());
    auto consumer = Consumer::join(segment, 0);
    std::array<std::byte, 16> buffer{};
    EXPECT_TRUE(consumer->try_pop(buffer));
    EXPECT_FALSE(consumer->try_pop(buffer));
    EXPECT_EQ(consumer->tombstonesSkipped(), 3U);
    expectTraffic(segment);
}

TEST(Repair, DeadConsumersSlotsAreFreeAndTheirMessagesNamed) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    pushSome(*producer, 5);
    Child child([&](const auto& ready) {
        auto consumer = Consumer::join(segment, 0);
        const auto peek = consumer->try_peek_batch(2);
        ready();
    });
    child.kill();

    const RepairReport report = repaired(segment);
    ASSERT_EQ(report.slots.size(), 2U);
    EXPECT_EQ(report.slots[1].messageId, 101U);
    EXPECT_EQ(report.slots[1].senderPid, static_cast<std::uint32_t>(::getpid()));
    EXPECT_TRUE(report.slots[1].isLost);
    EXPECT_EQ(report.lostInAll, 2U);
    EXPECT_EQ(report.tombstonesInAll, 0U);
    expectTraffic(segment);
}

TEST(Repair, WhatABatchHadPublishedBeforeItDiedStays) {
    const Segment segment = makeSegment(8, 16);
    Child child([&](const auto& ready) {
        auto seat = RosterSeat::join(segment, layout::Role::producer, 0);
        claimByHand(segment, *seat->entry(), layout::Role::producer, 3, ClaimStep::claimed);
        shared(segment.channel(0).slot(0)->sequence).store(1);
        ready();
    });
    child.kill();
    const RepairReport report = repaired(segment);
    ASSERT_EQ(report.slots.size(), 2U);
    EXPECT_EQ(report.slots[0].position, 1U);
    expectTraffic(segment);
}

class RepairOfBothRoles : public testing::TestWithParam<layout::Role> {
protected:
    RepairOfBothRoles() {
        m_producer.emplace(std::move(*Producer::join(m_segment, 0)));
        if (GetParam() == layout::Role::consumer) {
            pushSome(*m_producer, 6);
        }
    }
    const Segment m_segment = makeSegment(8, 16);
    std::optional<Producer> m_producer; // lives, and claims nothing
};

TEST_P(RepairOfBothRoles, DeadBeforeItsCursorMovedHeldNothing) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::intentStored);
    dead.kill();
    const RepairReport report = repaired(m_segment);
    EXPECT_TRUE(report.slots.empty());
    EXPECT_TRUE(report.refused.empty());
    EXPECT_EQ(report.entriesFreed, 1U);
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, DeadBeforeItsClaimedBitIsDecidedWhenNobodyElseCanOwnTheSlot) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::cursorMoved);
    dead.kill();
    const RepairReport report = repaired(m_segment);
    ASSERT_EQ(report.slots.size(), 2U);
    EXPECT_FALSE(report.slots[0].wasClaimed);
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, StoppedLoserOfTheCasMakesItUndecidable) {
    Claimer rival(m_segment, GetParam(), 2, ClaimStep::intentStored);
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::cursorMoved);
    rival.stop();
    dead.kill();
    const RepairReport report = repaired(m_segment);
    EXPECT_TRUE(report.slots.empty());
    EXPECT_EQ(report.entriesFreed, 0U) << "its intent is needed to repair later";
    ASSERT_EQ(report.refused.size(), 2U);
    ASSERT_EQ(report.refused[0].waitsFor.size(), 1U);
    EXPECT_EQ(report.refused[0].waitsFor[0].pid, rival.pid());
    EXPECT_EQ(report.refused[0].waitsFor[0].liveness, Liveness::stopped);
    EXPECT_NE(report.refused[0].reason.find(std::to_string(rival.pid())), std::string::npos);

    rival.kill();
    EXPECT_EQ(repaired(m_segment).slots.size(), 2U) << "both are dead: one of them held it";
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, LivingWinnerOfTheCasKeepsItsSlot) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::intentStored);
    Claimer winner(m_segment, GetParam(), 2, ClaimStep::claimed);
    dead.kill();
    const RepairReport report = repaired(m_segment);
    EXPECT_TRUE(report.slots.empty());
    EXPECT_TRUE(report.refused.empty()) << "the winner's claimed bit decides";
    EXPECT_EQ(report.entriesFreed, 1U);
    winner.kill();
    EXPECT_EQ(repaired(m_segment).slots.size(), 2U);
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, DeadRivalsOfDifferentLengthsLeaveNoSlotBehind) {
    Claimer loser(m_segment, GetParam(), 1, ClaimStep::intentStored);
    Claimer winner(m_segment, GetParam(), 3, ClaimStep::cursorMoved);
    loser.kill();
    winner.kill();
    EXPECT_EQ(repaired(m_segment).slots.size(), 3U);
    EXPECT_TRUE(repaired(m_segment).refused.empty());
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, WhoMapsTheRingWithoutAnEntryMakesItUndecidable) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::cursorMoved);
    Outsider outsider(m_segment);
    dead.kill();
    const RepairReport refused = repaired(m_segment);
    EXPECT_TRUE(refused.slots.empty());
    ASSERT_EQ(refused.refused.size(), 2U);
    EXPECT_EQ(refused.refused[0].waitsFor.at(0).pid, outsider.pid());
    EXPECT_NE(refused.refused[0].reason.find("not registered"), std::string::npos);

    RepairOptions force;
    force.isForced = true;
    const RepairReport forced = repaired(m_segment, force);
    ASSERT_EQ(forced.slots.size(), 2U);
    EXPECT_TRUE(forced.slots[0].isForced);
    expectTraffic(m_segment);
}

// A DMXP client may get the pid of somebody dead, of the creator, or have the number that a
// participant has in another pid namespace.
TEST_P(RepairOfBothRoles, WhoMapsTheRingIsNotKnownByAPidThatIsAnothers) {
    for (const bool isCreators : {false, true}) {
        SCOPED_TRACE(isCreators ? "the creator's" : "a dead participant's");
        const Segment segment = makeSegment(8, 16);
        if (GetParam() == layout::Role::consumer) {
            pushSome(*std::make_unique<Producer>(std::move(*Producer::join(segment, 0))), 6);
        }
        Claimer dead(segment, GetParam(), 2, ClaimStep::cursorMoved);
        const Outsider outsider(segment);
        dead.kill();
        if (isCreators) {
            segment.header()->creatorPid = outsider.pid();
            segment.header()->creatorStartTicks = 1; // ours may be in the outsider's tick
        } else {
            layout::RosterEntry& entry = segment.rosterEntries()[segment.rosterEntryCount() - 1];
            entry.owner = layout::packTicket(outsider.pid(), 1, selfProcess().pidNamespace);
            entry.pid = entry.tid = outsider.pid();
            entry.processStartTicks = entry.threadStartTicks = 1;
            entry.pidNamespace = selfProcess().pidNamespace;
            entry.role = GetParam();
            entry.confirmed = entry.owner;
        }
        const auto attached = Segment::attach(segment.name());
        ASSERT_TRUE(attached);
        const RepairReport report = repaired(*attached);
        EXPECT_TRUE(report.slots.empty());
        ASSERT_EQ(report.refused.size(), 2U);
        EXPECT_EQ(report.refused[0].waitsFor.at(0).pid, outsider.pid());
    }
}

// The claim moves the cursor over all its positions at once, so a cursor that stands within them
// was moved by somebody else.
TEST_P(RepairOfBothRoles, CursorWithinTheIntentSaysThatTheClaimWasLost) {
    Claimer loser(m_segment, GetParam(), 2, ClaimStep::intentStored);
    const Outsider outsider(m_segment);
    layout::Channel& channel = *m_segment.channel(0).shared;
    std::uint64_t& cursor = GetParam() == layout::Role::producer ? channel.tail : channel.head;
    shared(cursor).store(1); // the outsider has position 0
    loser.kill();
    const RepairReport report = repaired(m_segment);
    EXPECT_TRUE(report.refused.empty());
    EXPECT_TRUE(report.slots.empty());
    EXPECT_EQ(report.entriesFreed, 1U);
}

TEST_P(RepairOfBothRoles, LeavesNoIntentAndTheJournalOfItsLastAct) {
    Claimer dead(m_segment, GetParam(), 3, ClaimStep::claimed);
    dead.kill();
    ASSERT_EQ(repaired(m_segment).slots.size(), 3U);
    for (std::uint32_t index = 0; index < m_segment.rosterEntryCount(); ++index) {
        EXPECT_EQ(m_segment.rosterEntries()[index].intent, 0U) << "entry " << index;
    }
    EXPECT_EQ(m_segment.header()->journalAct, 0U) << "nothing is being done";
    EXPECT_EQ(m_segment.header()->journalPosition, 2U);
    EXPECT_EQ(m_segment.header()->journalCount, 3U);
}

TEST_P(RepairOfBothRoles, ClaimedSlotIsCertainWhoeverMapsTheRing) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::claimed);
    const Outsider outsider(m_segment);
    dead.kill();
    EXPECT_EQ(repaired(m_segment).slots.size(), 2U);
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, StoppedParticipantIsLeftAlone) {
    Claimer stopped(m_segment, GetParam(), 2, ClaimStep::claimed);
    stopped.stop();
    RepairOptions force;
    force.isForced = true;
    const RepairReport report = repaired(m_segment, force);
    EXPECT_EQ(report.deadParticipants, 0U);
    EXPECT_TRUE(report.slots.empty());
}

TEST_P(RepairOfBothRoles, ParticipantOfAnotherPidNamespaceIsNotJudged) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::claimed);
    dead.kill();
    for (std::uint32_t index = 0; index < m_segment.rosterEntryCount(); ++index) {
        layout::RosterEntry& entry = m_segment.rosterEntries()[index];
        if (entry.intent != 0) {
            entry.pidNamespace = 4'026'000'000U;
        }
    }
    EXPECT_EQ(repaired(m_segment).deadParticipants, 0U);
}

TEST_P(RepairOfBothRoles, ProcessThatGotADeadOnesPidDoesNotPassForIt) {
    Claimer living(m_segment, GetParam(), 2, ClaimStep::claimed);
    for (std::uint32_t index = 0; index < m_segment.rosterEntryCount(); ++index) {
        layout::RosterEntry& entry = m_segment.rosterEntries()[index];
        if (entry.intent != 0) {
            entry.processStartTicks -= 1; // who joined is older than who has the pid now
        }
    }
    EXPECT_EQ(repaired(m_segment).slots.size(), 2U);
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, DryRunSaysItAndWritesNothing) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::claimed);
    dead.kill();
    const std::string before = readFile(shmPath(m_segment.name())).value();
    RepairOptions dry;
    dry.isDryRun = true;
    const RepairReport report = repaired(m_segment, dry);
    EXPECT_EQ(report.slots.size(), 2U);
    EXPECT_EQ(report.entriesFreed, 0U);
    EXPECT_TRUE(readFile(shmPath(m_segment.name())).value() == before);
}

TEST_P(RepairOfBothRoles, OnlyTheProcessThatWasAskedFor) {
    Claimer first(m_segment, GetParam(), 1, ClaimStep::claimed);
    Claimer second(m_segment, GetParam(), 1, ClaimStep::claimed);
    RepairOptions only;
    only.pid = second.pid();
    first.kill();
    second.kill();
    const RepairReport report = repaired(m_segment, only);
    ASSERT_EQ(report.slots.size(), 1U);
    EXPECT_EQ(report.slots[0].holder.process.pid, *only.pid);
    EXPECT_EQ(repaired(m_segment).slots.size(), 1U);
}

// The journal as a repairer leaves it that is killed before, at and after its CAS.
TEST_P(RepairOfBothRoles, KilledRepairerNeitherLosesNorDoublesACount) {
    const bool isProducer = GetParam() == layout::Role::producer;
    const ChannelView view = m_segment.channel(0);
    const auto count = [&] {
        return isProducer ? view.shared->tombstonesByRepair : view.shared->lostByRepair;
    };
    const auto journal = [&](std::uint64_t position) {
        m_segment.header()->journalPosition = position;
        m_segment.header()->journalCount = count() + 1;
        m_segment.header()->journalAct =
            layout::packAct(isProducer ? layout::kActPublishTombstone : layout::kActRelease, 0);
    };
    const auto pass = [&](std::uint64_t position) {
        view.slot(position)->metadata = layout::tombstone(0);
        shared(view.slot(position)->sequence)
            .store(isProducer ? position + 1 : position + view.capacity());
    };
    Claimer dead(m_segment, GetParam(), 3, ClaimStep::claimed);
    dead.kill();

    journal(0); // before its CAS: the act is done anew
    RepairOptions none;
    none.pid = 1;
    EXPECT_EQ(repaired(m_segment, none).slots.size(), 0U);
    EXPECT_EQ(count(), 0U);
    journal(0); // after it: the count is made up for
    pass(0);
    EXPECT_EQ(repaired(m_segment, none).slots.size(), 0U);
    EXPECT_EQ(count(), 1U);
    journal(1); // after the count: nothing is counted twice
    pass(1);
    (isProducer ? view.shared->tombstonesByRepair : view.shared->lostByRepair) = 2;
    EXPECT_EQ(repaired(m_segment).slots.size(), 1U);
    EXPECT_EQ(count(), 3U);
    EXPECT_EQ(m_segment.header()->journalAct, 0U);
    expectTraffic(m_segment);
}

TEST_P(RepairOfBothRoles, EntryThatMakesNoSenseIsRefusedInWords) {
    Claimer dead(m_segment, GetParam(), 2, ClaimStep::claimed);
    dead.kill();
    for (std::uint32_t index = 0; index < m_segment.rosterEntryCount(); ++index) {
        layout::RosterEntry& entry = m_segment.rosterEntries()[index];
        if (entry.intent != 0) {
            entry.channel = 77;
            entry.intent = 0xFFFF'FFFF | layout::kIntentClaimed;
        }
    }
    m_segment.header()->journalAct = layout::packAct(99, 4'000'000);
    const RepairReport report = repaired(m_segment);
    ASSERT_EQ(report.refused.size(), 1U);
    EXPECT_NE(report.refused[0].reason.find("cannot be"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Roles, RepairOfBothRoles,
                         testing::Values(layout::Role::producer, layout::Role::consumer),
                         [](const auto& each) {
                             return each.param == layout::Role::producer ? "producer" : "consumer";
                         });

TEST(Repair, DeadThreadOfALivingProcessIsRepaired) {
    const Segment segment = makeSegment(8, 16);
    std::thread([&] {
        auto seat = RosterSeat::join(segment, layout::Role::producer, 0);
        claimByHand(segment, *seat->entry(), layout::Role::producer, 1, ClaimStep::claimed);
        // It never leaves, as one of a thread that was cancelled.
        alignas(RosterSeat) static std::byte left[sizeof(RosterSeat)];
        new (left) RosterSeat(std::move(*seat));
    }).join();
    EXPECT_EQ(repaired(segment).slots.size(), 1U);
    expectTraffic(segment);
}

TEST(Repair, HalfRegisteredEntryOfADeadJoinerIsFreed) {
    const Segment segment = makeSegment(8, 16);
    Child child([&](const auto& ready) {
        auto seat = RosterSeat::join(segment, layout::Role::producer, 0);
        shared(seat->entry()->confirmed).store(0);
        ready();
    });
    EXPECT_EQ(repaired(segment).entriesFreed, 0U);
    child.kill();
    EXPECT_EQ(repaired(segment).entriesFreed, 1U);
    EXPECT_TRUE(rosterOf(segment).empty());
}

// The entry's owner is dead and its intent clear; a joiner takes it over while repair looks at it.
TEST(Repair, JoinerThatTakesTheEntryOverKeepsItsClaim) {
    SegmentSpec spec = specOf(8, 16);
    spec.rosterEntries = 1;
    const Segment segment = makeSegment(spec);
    layout::RosterEntry& entry = segment.rosterEntries()[0];
    const ProcessIdentity self = selfProcess();
    std::atomic<int> round{0};
    std::atomic<int> joined{0};
    constexpr int kRounds = 1000;
    int stolen = 0;
    int cleared = 0;
    std::thread joiner([&] {
        for (int now = 1; now <= kRounds; ++now) {
            while (round.load() != now) {
            }
            auto seat = RosterSeat::join(segment, layout::Role::producer, 0);
            while (!seat) { // refused between two looks, when repair frees the entry meanwhile
                seat = RosterSeat::join(segment, layout::Role::producer, 0);
            }
            claimByHand(segment, *seat->entry(), layout::Role::producer, 1, ClaimStep::claimed);
            joined.store(now);
            while (round.load() != -now) {
            }
            shared(segment.channel(0).slot(0)->sequence).store(0);
            shared(segment.channel(0).shared->tail).store(0);
            shared(seat->entry()->intent).store(0);
            seat = makeError(ErrorKind::failed, "left");
            joined.store(-now);
        }
    });
    for (int now = 1; now <= kRounds; ++now) {
        entry = {};
        entry.pid = entry.tid = self.pid;
        entry.processStartTicks = entry.threadStartTicks = self.startTicks + 1;
        entry.pidNamespace = self.pidNamespace;
        entry.role = layout::Role::producer;
        entry.owner = layout::packTicket(entry.tid, entry.threadStartTicks, entry.pidNamespace);
        entry.confirmed = entry.owner;
        round.store(now);
        std::size_t taken = 0;
        while (joined.load() != now) {
            taken += repaired(segment).slots.size();
        }
        const std::uint64_t intent = shared(entry.intent).load();
        round.store(-now);
        while (joined.load() != -now) {
        }
        stolen += taken != 0 ? 1 : 0;
        cleared += intent != (1 | layout::kIntentClaimed) ? 1 : 0;
    }
    joiner.join();
    EXPECT_EQ(stolen, 0) << "slots of a living one";
    EXPECT_EQ(cleared, 0) << "intents of a living one";
}

TEST(Repair, TombstoneThatADeadConsumerHeldIsNoLostMessage) {
    const Segment segment = makeSegment(8, 16);
    {
        auto producer = Producer::join(segment, 0);
        const auto abandoned = producer->try_reserve();
    }
    Claimer dead(segment, layout::Role::consumer, 1, ClaimStep::claimed);
    dead.kill();
    const RepairReport report = repaired(segment);
    ASSERT_EQ(report.slots.size(), 1U);
    EXPECT_FALSE(report.slots[0].isLost);
    EXPECT_EQ(report.lostInAll, 0U);
}

TEST(Repair, TwoRepairersExcludeEachOther) {
    const Segment segment = makeSegment(8, 16);
    Child locker([&](const auto& ready) {
        const FileDescriptor file(::open(shmPath(segment.name()).c_str(), O_RDWR | O_CLOEXEC));
        struct flock all {};
        all.l_type = F_WRLCK;
        EXPECT_EQ(::fcntl(file.get(), F_OFD_SETLK, &all), 0);
        ready();
    });
    RepairOptions quick;
    quick.patience = std::chrono::milliseconds(20);
    const auto refused = repairRing(segment, quick);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::failed);
    EXPECT_NE(refused.error().message.find("somebody else is repairing"), std::string::npos);
    locker.kill();
    EXPECT_TRUE(repairRing(segment, quick)) << "the kernel drops a dead repairer's lock";
}

TEST(Repair, AnotherFileUnderTheNameIsRefused) {
    const SegmentSpec spec = specOf(8, 16);
    const Segment segment = makeSegment(spec);
    ASSERT_EQ(::unlink(shmPath(spec.name).c_str()), 0);
    const Segment other = makeSegment(spec);
    const auto refused = repairRing(segment);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::target);
}

} // namespace
} // namespace ringscope
