// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "tests/support/idle_child.h"
#include "tests/support/patience.h"

namespace ringscope {
namespace {

constexpr uid_t kNobody = 65534;

const ListedProcess* find(const std::vector<ListedProcess>& processes, pid_t pid) {
    const auto found =
        std::ranges::find_if(processes, [pid](const auto& p) { return p.identity.pid == pid; });
    return found == processes.end() ? nullptr : &*found;
}

// What a child process says before it ends. Another user's view of /proc needs a process of its
// own.
std::string saidByChild(const std::function<std::string()>& speak) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const FileDescriptor readEnd(pipe[0]);
    FileDescriptor writeEnd(pipe[1]);
    const ForkedProcess child([&] {
        const std::string said = speak();
        [[maybe_unused]] const auto written = ::write(pipe[1], said.data(), said.size());
    });
    writeEnd.reset();
    std::string said;
    std::array<char, 1024> piece{};
    for (ssize_t got = 0; (got = ::read(pipe[0], piece.data(), piece.size())) > 0;) {
        said.append(piece.data(), static_cast<std::size_t>(got));
    }
    return said;
}

bool becomeNobody() {
    return ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 &&
           ::access("/proc/self/stat", R_OK) == 0;
}

std::string reasonOf(pid_t pid) {
    const auto processes = listProcesses();
    const ListedProcess* const listed = find(processes, pid);
    return listed == nullptr ? "not listed" : listed->name + "|" + listed->whyNotReadable;
}

TEST(ProcessList, ForkedChildHasItsParentAndItsIdentity) {
    const IdleChild child;
    const auto processes = listProcesses();
    const ListedProcess* const listed = find(processes, child.pid());
    ASSERT_NE(listed, nullptr);
    EXPECT_EQ(listed->parentPid, ::getpid());
    EXPECT_EQ(listed->identity, processOf(child.pid()));
    EXPECT_EQ(listed->name, processName(child.pid()));
    EXPECT_EQ(listed->whyNotReadable, "");
    EXPECT_GT(listed->rssBytes, 0U);
}

TEST(ProcessList, CommandLineIsPrintable) {
    const ForkedProcess child([] { ::execl("/bin/sleep", "a\nb", "1000", nullptr); });
    EXPECT_TRUE(eventually([&] {
        const auto processes = listProcesses();
        const ListedProcess* const listed = find(processes, child.pid());
        return listed != nullptr && listed->commandLine == "a\\012b 1000";
    }));
}

TEST(ProcessList, OwnProcessIsThereForItsChildrenAndCannotBePicked) {
    const auto processes = listProcesses();
    const ListedProcess* const self = find(processes, ::getpid());
    ASSERT_NE(self, nullptr);
    EXPECT_THAT(self->whyNotReadable, testing::HasSubstr("Ringscope itself"));
}

TEST(ProcessList, KernelThreadsAreLeftOut) {
    if (processName(2) != "kthreadd") {
        GTEST_SKIP() << "no kernel thread can be seen in this pid namespace";
    }
    const auto processes = listProcesses();
    EXPECT_EQ(find(processes, 2), nullptr);
    EXPECT_FALSE(std::ranges::any_of(processes, [](const auto& p) { return p.parentPid == 2; }));
}

TEST(ProcessList, ZombiesAreLeftOut) {
    const IdleChild child;
    ASSERT_NE(find(listProcesses(), child.pid()), nullptr);
    ::kill(child.pid(), SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(find(listProcesses(), child.pid()), nullptr);
}

TEST(ProcessList, OfAnotherUserSaysWhoseItIsAndHowToAllowIt) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can become another user to try it";
    }
    const IdleChild child;
    const std::string said = saidByChild(
        [&] { return becomeNobody() ? reasonOf(child.pid()) : std::string("no /proc"); });
    if (said == "no /proc") {
        GTEST_SKIP() << "other users than root cannot reach /proc here";
    }
    EXPECT_THAT(said, testing::StartsWith(processName(child.pid()) + "|It belongs to root: run "));
    EXPECT_THAT(said, testing::HasSubstr("setcap cap_sys_ptrace+ep"));
}

TEST(ProcessList, OwnButProtectedProcessSaysSo) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can become another user, one without its rights, to try it";
    }
    const std::string said = saidByChild([] {
        if (!becomeNobody()) {
            return std::string("no /proc");
        }
        const IdleChild child; // not dumpable, which becoming another user makes its parent
        return reasonOf(child.pid());
    });
    if (said == "no /proc") {
        GTEST_SKIP() << "other users than root cannot reach /proc here";
    }
    EXPECT_THAT(said, testing::HasSubstr("|It belongs to you but is protected"));
}

// In a mount namespace of its own, as nobody.
std::string saidUnderHidepid(const char* option, const std::function<std::string()>& speak) {
    return saidByChild([&] {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("proc", "/proc", "proc", 0, option) != 0 || !becomeNobody()) {
            return std::string("cannot mount");
        }
        return speak();
    });
}

TEST(ProcessList, WhatHidepidLocksIsListedAndSaysSo) {
    const IdleChild child;
    const std::string said = saidUnderHidepid("hidepid=1", [&] { return reasonOf(child.pid()); });
    if (said == "cannot mount") {
        GTEST_SKIP() << "only a root that may mount can try it";
    }
    EXPECT_THAT(said, testing::StartsWith("(hidden)|/proc is mounted with hidepid"));
}

TEST(ProcessList, WhatHidepidTakesAwayIsSaidOnce) {
    const IdleChild child;
    const std::string said = saidUnderHidepid(
        "hidepid=2", [&] { return reasonOf(child.pid()) + "|" + whyProcessesAreHidden(); });
    if (said == "cannot mount") {
        GTEST_SKIP() << "only a root that may mount can try it";
    }
    EXPECT_THAT(said, testing::StartsWith("not listed|Processes of others are not listed"));
}

TEST(ProcessList, PssIsReadInPiecesAndOnlyOfTheProcessThatIsMeant) {
    const IdleChild child;
    const auto identity = processOf(child.pid());
    ASSERT_TRUE(identity);
    ProcessIdentity earlier = *identity;
    --earlier.startTicks;
    const std::vector<ProcessIdentity> both{earlier, *identity};

    const auto first = readPss(both, 0, 0);
    ASSERT_EQ(first.size(), 1U) << "no time is time for one";
    EXPECT_EQ(first[0].process, earlier);
    EXPECT_EQ(first[0].bytes, std::nullopt);

    const auto rest = readPss(both, 1, kPatienceNs);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].process, *identity);
    EXPECT_GT(rest[0].bytes.value_or(0), 0U);
}

} // namespace
} // namespace ringscope
