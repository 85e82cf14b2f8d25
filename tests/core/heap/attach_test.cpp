// SPDX-License-Identifier: MIT
#include "core/heap/attach_linux.h"

#include "tests/core/heap/attached_program.h"
#include "tests/core/heap/tracked_target.h"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringscope {
namespace {

std::size_t descriptorsOf(int pid) {
    const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::string refusalOf(int pid) {
    auto receiver = LedgerReceiver::create();
    const auto attached = attachHeap(pid, *receiver, HeapMode::counts);
    EXPECT_FALSE(attached);
    return attached ? "" : attached.error().message;
}

TEST(Attach, CountsExactlyWhatComesAfterIt) {
    AttachedProgram program;
    auto ledger = attach(program.pid());
    ASSERT_TRUE(ledger);
    EXPECT_EQ(ledger->origin(), LedgerOrigin::attached);
    const auto before = ledger->read();
    ASSERT_TRUE(before);
    EXPECT_GT(before->inheritedBytes, 0U) << "what was allocated before, by glibc's own account";
    EXPECT_EQ(program.say("burst 10001"), "done");
    const auto after = ledger->read();
    ASSERT_TRUE(after);
    const std::uint32_t of100 = sizeClassOf(104);
    EXPECT_EQ(after->classes[of100].allocations - before->classes[of100].allocations, 10'001U);
    EXPECT_EQ(after->classes[of100].frees - before->classes[of100].frees, 5'001U);
    EXPECT_EQ(after->liveBytes - before->liveBytes, 5'000U * 104);
    EXPECT_EQ(program.end(), 0);
}

TEST(Attach, RecordsEachBlockWithItsStack) {
    AttachedProgram program;
    auto ledger = attach(program.pid(), HeapMode::exact);
    ASSERT_TRUE(ledger);
    EXPECT_EQ(program.say("burst 1000"), "done");
    ASSERT_TRUE(ledger->profile());
    const auto profile = ledger->profile()->read();
    ASSERT_TRUE(profile);
    const auto of = std::find_if(profile->stacks.begin(), profile->stacks.end(), [](const auto& s) {
        return s.sums.blocks == 1000 && s.sums.bytes == 100'000;
    });
    ASSERT_NE(of, profile->stacks.end());
    EXPECT_EQ(of->sums.liveBlocks, 500U);
    EXPECT_EQ(program.end(), 0);
}

TEST(Detach, LeavesTheProgramAsItWas) {
    AttachedProgram program({"2"});
    const std::size_t descriptors = descriptorsOf(program.pid());
    auto ledger = attach(program.pid());
    ASSERT_TRUE(ledger);
    EXPECT_EQ(descriptorsOf(program.pid()), descriptors);
    detach(program.pid());
    EXPECT_EQ(descriptorsOf(program.pid()), descriptors);
    const auto before = ledger->read();
    EXPECT_EQ(program.say("burst 1000"), "done");
    const auto after = ledger->read();
    ASSERT_TRUE(before && after);
    EXPECT_GT(before->allocations, 0U);
    EXPECT_EQ(after->allocations, before->allocations);
    EXPECT_EQ(program.end(), 0);
}

TEST(Detach, IsFollowedByANewLedgerOfThatTime) {
    AttachedProgram program({"1"});
    auto first = attach(program.pid());
    detach(program.pid());
    auto second = attach(program.pid());
    ASSERT_TRUE(first && second);
    const auto before = first->read();
    EXPECT_EQ(program.say("burst 3000"), "done");
    const auto after = second->read();
    ASSERT_TRUE(before && after);
    EXPECT_GE(after->classes[sizeClassOf(104)].allocations, 3000U);
    EXPECT_EQ(first->read()->allocations, before->allocations);
    EXPECT_EQ(program.end(), 0);
}

class Waits : public testing::TestWithParam<const char*> {};

TEST_P(Waits, AreGoneOnWith) {
    AttachedProgram program({"0", GetParam()});
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(attach(program.pid()));
        detach(program.pid());
    }
    EXPECT_EQ(program.say("burst 10"), "done");
    EXPECT_EQ(program.end(), 0);
}

INSTANTIATE_TEST_SUITE_P(In, Waits, testing::Values("read", "poll", "spin"),
                         [](const auto& how) { return std::string(how.param); });

TEST(AttachAndDetach, TenTimesWhileFourThreadsAllocate) {
    cycle(10, HeapMode::counts);
}

TEST(AttachAndDetach, FiveTimesWithEveryBlock) {
    cycle(5, HeapMode::exact);
}

// The thread that was made to call finds its way back by itself.
TEST(Attach, MayBeKilledAtAnyMoment) {
    AttachedProgram program({"1"});
    for (long delayUs = 500; delayUs < 60'000; delayUs = delayUs * 5 / 4) {
        const pid_t attacher = ::fork();
        if (attacher == 0) {
            auto receiver = LedgerReceiver::create();
            (void)attachHeap(program.pid(), *receiver, HeapMode::counts);
            (void)detachHeap(program.pid());
            ::_exit(0);
        }
        const timespec pause{0, delayUs * 1000};
        ::nanosleep(&pause, nullptr);
        ::kill(attacher, SIGKILL);
        ASSERT_EQ(::waitpid(attacher, nullptr, 0), attacher);
        ASSERT_EQ(program.say("burst 100"), "done") << "killed after " << delayUs << " us";
    }
    EXPECT_EQ(program.end(), 0);
}

// What is known of the first program holds no longer in the second.
TEST(Attach, LeavesAProcessWholeThatExecsMeanwhile) {
    auto receiver = LedgerReceiver::create();
    ASSERT_TRUE(receiver);
    for (int i = 0; i < 40; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::execl("/bin/sh", "sh", "-c", "exec sh -c 'exec sh -c \"exec sleep 0.1\"'", nullptr);
            ::_exit(127);
        }
        const timespec pause{0, i * 100'000};
        ::nanosleep(&pause, nullptr);
        (void)attachHeap(child, *receiver, HeapMode::counts); // whichever it is, or none
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0) << "after " << i * 100 << " us";
    }
}

TEST(Attach, RefusesWhatIsNoProcess) {
    const pid_t ended = ::fork();
    if (ended == 0) {
        ::_exit(0);
    }
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(ended), &info, WEXITED | WNOWAIT), 0);
    EXPECT_NE(refusalOf(ended).find("it has ended already"), std::string::npos);
    ASSERT_EQ(::waitpid(ended, nullptr, 0), ended);
    EXPECT_NE(refusalOf(ended).find("there is no such process"), std::string::npos);
}

TEST(Attach, RefusesAProcessThatIsStopped) {
    AttachedProgram program;
    ::kill(program.pid(), SIGSTOP);
    ASSERT_EQ(::waitpid(program.pid(), nullptr, WUNTRACED), program.pid());
    EXPECT_NE(refusalOf(program.pid()).find("it is stopped"), std::string::npos);
    ::kill(program.pid(), SIGCONT);
    EXPECT_EQ(program.end(), 0);
}

TEST(Attach, RefusesAProcessThatIsTraced) {
    AttachedProgram program;
    ASSERT_EQ(::ptrace(PTRACE_SEIZE, program.pid(), nullptr, nullptr), 0);
    EXPECT_NE(refusalOf(program.pid()).find("traces it already"), std::string::npos);
    ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, program.pid(), nullptr, nullptr), 0);
    ASSERT_EQ(::waitpid(program.pid(), nullptr, __WALL), program.pid());
    ASSERT_EQ(::ptrace(PTRACE_DETACH, program.pid(), nullptr, nullptr), 0);
    EXPECT_EQ(program.end(), 0);
}

TEST(Attach, RefusesOneThatIsRecordedAlready) {
    TrackedTarget preloaded({HEAP_TARGET, "nothing"});
    ASSERT_TRUE(preloaded.atCheckpoint());
    EXPECT_NE(refusalOf(preloaded.pid()).find("recorded already"), std::string::npos);
    const auto detached = detachHeap(preloaded.pid());
    ASSERT_FALSE(detached);
    EXPECT_NE(detached.error().message.find("not attached to"), std::string::npos);
}

TEST(Attach, RefusesThreadsOfTheKernel) {
    if (!std::filesystem::exists("/proc/2") || std::filesystem::exists("/proc/2/exe")) {
        GTEST_SKIP() << "no kernel threads are seen here";
    }
    EXPECT_FALSE(refusalOf(2).empty());
}

TEST(Detach, RefusesWhatWasNotAttachedTo) {
    AttachedProgram program;
    const auto detached = detachHeap(program.pid());
    ASSERT_FALSE(detached);
    EXPECT_NE(detached.error().message.find("it is not attached to"), std::string::npos);
    EXPECT_EQ(program.end(), 0);
}

} // namespace
} // namespace ringscope
