// SPDX-License-Identifier: MIT
#include "core/base/process_end_watch.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/idle_child.h"

namespace ringscope {
namespace {

using Ended = std::vector<std::size_t>;

ProcessIdentity identityOf(const IdleChild& child) {
    return processOf(child.pid()).value();
}

void killWithoutReaping(const IdleChild& child) {
    ::kill(child.pid(), SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
}

TEST(ProcessEndWatch, SaysOnceWhichOneEnded) {
    const IdleChild first;
    const IdleChild second;
    ProcessEndWatch watch;
    watch.add(identityOf(first));
    watch.add(identityOf(second));
    EXPECT_EQ(watch.takeEnded(), Ended{});
    killWithoutReaping(second);
    EXPECT_EQ(watch.takeEnded(), Ended{1});
    EXPECT_EQ(watch.takeEnded(), Ended{});
    killWithoutReaping(first);
    EXPECT_EQ(watch.takeEnded(), Ended{0});
}

TEST(ProcessEndWatch, SeesOneThatWasReaped) {
    IdleChild child;
    ProcessEndWatch watch;
    watch.add(identityOf(child));
    child.kill();
    EXPECT_EQ(watch.takeEnded(), Ended{0});
}

TEST(ProcessEndWatch, SeesOneThatHadEndedBefore) {
    IdleChild child;
    const ProcessIdentity identity = identityOf(child);
    child.kill();
    ProcessEndWatch watch;
    watch.add(identity);
    EXPECT_EQ(watch.takeEnded(), Ended{0});
}

TEST(ProcessEndWatch, DoesNotTakeAnotherProcessOfThatPidForIt) {
    const IdleChild child;
    ProcessIdentity earlier = identityOf(child);
    earlier.startTicks -= 1;
    ProcessEndWatch watch;
    watch.add(earlier);
    EXPECT_EQ(watch.takeEnded(), Ended{0});
}

TEST(ProcessEndWatch, NeverCallsOneOfAnotherNamespaceEnded) {
    IdleChild child;
    ProcessIdentity foreign = identityOf(child);
    foreign.pidNamespace += 1;
    ProcessEndWatch watch;
    watch.add(foreign);
    child.kill();
    EXPECT_EQ(watch.takeEnded(), Ended{});
}

TEST(ProcessEndWatch, AStoppedProcessHasNotEnded) {
    const IdleChild child;
    ::kill(child.pid(), SIGSTOP);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
    ProcessEndWatch watch;
    watch.add(identityOf(child));
    EXPECT_EQ(watch.takeEnded(), Ended{});
}

TEST(ProcessEndWatch, WorksWithoutDescriptors) {
    const IdleChild child;
    const ProcessIdentity identity = identityOf(child);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    ProcessEndWatch watch;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    watch.add(identity);
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(watch.takeEnded(), Ended{});
    killWithoutReaping(child);
    EXPECT_EQ(watch.takeEnded(), Ended{0});
}

} // namespace
} // namespace ringscope
