// SPDX-License-Identifier: MIT
#include "core/base/process_identity.h"

#include <csignal>
#include <gtest/gtest.h>
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

TEST(ProcessIdentity, NamesACommandWithItsArguments) {
    EXPECT_NE(processCommandLine(::getpid()).find("base_tests"), std::string::npos);
    EXPECT_EQ(processName(-1), "");
}

} // namespace
} // namespace ringscope
