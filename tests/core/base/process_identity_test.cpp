// SPDX-License-Identifier: MIT
#include "core/base/process_identity.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/idle_child.h"

namespace ringscope {
namespace {

TEST(ProcessIdentity, SelfIsAlive) {
    const ProcessIdentity self = selfProcess();
    EXPECT_EQ(self.pid, ::getpid());
    EXPECT_NE(self.startTicks, 0U);
    EXPECT_NE(self.pidNamespace, 0U);
    EXPECT_EQ(livenessOf(self), Liveness::alive);
    EXPECT_EQ(livenessOf(self, selfThread()), Liveness::alive);
}

TEST(ProcessIdentity, AnotherStartTimeMeansTheOneMeantIsDead) {
    ProcessIdentity reused = selfProcess();
    reused.startTicks -= 1;
    EXPECT_EQ(livenessOf(reused), Liveness::dead);
}

TEST(ProcessIdentity, ParentIsWhoForked) {
    const IdleChild child;
    const auto identity = processOf(child.pid());
    ASSERT_TRUE(identity);
    EXPECT_EQ(parentOf(*identity), ::getpid());
}

TEST(ProcessIdentity, ParentOfAnEarlierProcessWithThePidIsNotTold) {
    ProcessIdentity reused = selfProcess();
    reused.startTicks -= 1;
    EXPECT_EQ(parentOf(reused), std::nullopt);
}

TEST(ProcessIdentity, AnotherNamespaceCannotBeJudged) {
    ProcessIdentity foreign = selfProcess();
    foreign.pidNamespace += 1;
    EXPECT_EQ(livenessOf(foreign), Liveness::unknown);
}

TEST(ProcessIdentity, StoppedProcessIsNotDead) {
    const IdleChild child;
    const auto identity = processOf(child.pid());
    ASSERT_TRUE(identity);
    ::kill(child.pid(), SIGSTOP);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
    EXPECT_EQ(livenessOf(*identity), Liveness::stopped);
}

TEST(ProcessIdentity, ZombieAndReapedProcessAreDead) {
    IdleChild child;
    const auto identity = processOf(child.pid());
    ASSERT_TRUE(identity);
    ::kill(child.pid(), SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(livenessOf(*identity), Liveness::dead) << "zombie";
    child.kill();
    EXPECT_EQ(livenessOf(*identity), Liveness::dead) << "reaped";
    EXPECT_FALSE(processOf(identity->pid));
}

TEST(ProcessIdentity, AStopOfAChildThatIsTracedIsNoEnd) {
    IdleChild child;
    ASSERT_EQ(::ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr), 0);
    ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, child.pid(), nullptr, nullptr), 0);
    siginfo_t stop{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &stop, WSTOPPED | WNOWAIT), 0);
    EXPECT_FALSE(endOfChild(child.pid()));
    ::kill(child.pid(), SIGKILL);
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &stop, WEXITED | WNOWAIT), 0);
    const auto end = endOfChild(child.pid());
    ASSERT_TRUE(end);
    EXPECT_EQ(end->si_code, CLD_KILLED);
    EXPECT_EQ(end->si_status, SIGKILL);
    child.kill();
    EXPECT_TRUE(endOfChild(child.pid())) << "reaped";
}

TEST(ProcessIdentity, NamesACommandWithItsArguments) {
    EXPECT_NE(processCommandLine(::getpid()).find("base_tests"), std::string::npos);
    EXPECT_EQ(processName(-1), "");
}

} // namespace
} // namespace ringscope
