// SPDX-License-Identifier: MIT
#include "core/heap/leak_search.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/base/file_descriptor.h"
#include "core/heap/process_memory.h"
#include "core/heap/profile_layout.h"
#include "core/heap/stopped_process.h"
#include "core/heap/symbolizer.h"
#include "core/heap/tracked_process.h"
#include "tests/core/heap/tracked_target.h"

namespace ringscope {
namespace {

// At its waiting place, with its ledger.
class LeakTarget {
public:
    explicit LeakTarget(const std::string& what = "")
        : process(what.empty() ? std::vector<std::string>{LEAK_TARGET, LEAK_PLUGIN}
                               : std::vector<std::string>{LEAK_TARGET, LEAK_PLUGIN, what},
                  TrackedTarget::Tracker::exact) {
        EXPECT_TRUE(process.atCheckpoint());
        EXPECT_EQ(process.ledgers().size(), 1U);
    }
    LedgerReader& ledger() { return process.ledgers().front(); }

    TrackedTarget process;
};

// The blocks of leak_target by their size, without those of the C library and the loader.
std::map<std::string, std::multiset<std::uint64_t>> blocksOf(LedgerReader& ledger,
                                                             const LeakReport& report) {
    const std::set<std::string> makers = {"makeBlocks", "holdOnStack", "hiddenBlock"};
    const auto profile = ledger.profile()->read();
    EXPECT_TRUE(profile);
    const HeapSymbols symbols = Symbolizer().namesOf(*profile);
    std::map<std::string, std::multiset<std::uint64_t>> blocks;
    for (const LeakGroup& group : report.groups) {
        for (const HeapStack& stack : profile->stacks) {
            if (stack.number != group.stack) {
                continue;
            }
            std::string maker;
            for (std::uint32_t node = stack.node; node != 0; node = profile->nodes[node].parent) {
                const std::string name =
                    symbols.functionName(*profile, symbols.locationOfNode[node], 0);
                if (name.find("dlopen") != std::string::npos ||
                    name.find("pthread_create") != std::string::npos) {
                    break;
                }
                maker = makers.count(name) != 0 ? name : maker;
            }
            if (!maker.empty()) {
                EXPECT_EQ(group.sums.blocks, 1U) << "each has a place of its own";
                blocks[leakKindText(group.kind)].insert(group.sums.bytes);
            }
        }
    }
    return blocks;
}

std::string memoryOf(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    std::string line;
    std::string sums;
    while (std::getline(file, line)) {
        if (line.rfind("Rss:", 0) == 0 || line.rfind("Private_Dirty:", 0) == 0 ||
            line.rfind("Anonymous", 0) == 0) {
            sums += line + "\n";
        }
    }
    return sums;
}

std::string stateOf(int pid) {
    const auto text = readFile("/proc/" + std::to_string(pid) + "/status");
    const std::size_t at = text ? text->find("TracerPid:\t") : std::string::npos;
    return at == std::string::npos ? "gone" : text->substr(at + 11, text->find('\n', at) - at - 11);
}

// What Valgrind 3.19's memcheck says of the same program, see leak_valgrind_test.cpp.
TEST(LeakSearch, TellsEachKindAsMemcheckDoes) {
    LeakTarget target;
    const auto report = findLeaks(target.ledger());
    ASSERT_TRUE(report) << report.error().message;
    const auto blocks = blocksOf(target.ledger(), *report);
    using Sizes = std::multiset<std::uint64_t>;
    EXPECT_EQ(blocks.at("definite"), (Sizes{100, 48, 64, 40, 128}));
    EXPECT_EQ(blocks.at("indirect"), (Sizes{56, 72}));
    EXPECT_EQ(blocks.at("possible"), (Sizes{30, 200, 24}));
    EXPECT_EQ(blocks.at("reachable"), (Sizes{10, 300'000, 136, 0, 92, 96, 112, 104, 88}));
    EXPECT_EQ(report->of(LeakKind::definite).bytes, 380U) << "and nothing of the C library";
    EXPECT_EQ(report->of(LeakKind::indirect).bytes, 128U);
    EXPECT_EQ(report->threads, 2U);
    EXPECT_EQ(report->stops, 2U);
    EXPECT_GT(report->stoppedNs, 0);
    EXPECT_TRUE(report->isWholeHeapKnown);
    const auto head = std::find_if(report->groups.begin(), report->groups.end(),
                                   [](const LeakGroup& group) { return group.sums.bytes == 64; });
    ASSERT_NE(head, report->groups.end());
    EXPECT_EQ(head->indirect, (LeakSums{1, 72}));
}

TEST(LeakSearch, LeavesTheProcessAsItWas) {
    LeakTarget target;
    const std::string before = memoryOf(target.process.pid());
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(findLeaks(target.ledger()));
    }
    EXPECT_EQ(memoryOf(target.process.pid()), before);
    EXPECT_NE(before, "");
    EXPECT_EQ(stateOf(target.process.pid()), "0") << "nobody traces it";
    EXPECT_EQ(target.process.end().status, 0) << "and it goes on to its end";
}

TEST(LeakSearch, OfAProcessThatSomebodyElseHasStarted) {
    LeakTarget target;
    auto tracked = openTrackedProcess({target.process.pid(), 0, 0});
    ASSERT_TRUE(tracked) << tracked.error().message;
    const auto report = findLeaks(*tracked);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->of(LeakKind::definite), (LeakSums{5, 380}));
}

TEST(LeakSearch, ProfilesAreReadOutOfTheProcessWhereTheKernelKeepsItsFilesToItself) {
    LeakTarget target;
    const auto bySocket = target.ledger().profile()->readBlocks();
    ASSERT_TRUE(bySocket);
    const std::string before = memoryOf(target.process.pid());
    auto bytes = mappedFile({target.process.pid(), 0, 0}, kProfileFileName, MappedFileBy::memory);
    ASSERT_TRUE(bytes) << bytes.error().message;
    const auto reader = ProfileReader::open(std::move(*bytes));
    ASSERT_TRUE(reader) << reader.error().message;
    const auto blocks = reader->readBlocks();
    ASSERT_TRUE(blocks) << blocks.error().message;
    ASSERT_EQ(blocks->size(), bySocket->size());
    for (std::size_t i = 0; i < blocks->size(); ++i) {
        EXPECT_EQ((*blocks)[i].address, (*bySocket)[i].address);
        EXPECT_EQ((*blocks)[i].stack, (*bySocket)[i].stack);
    }
    EXPECT_EQ(memoryOf(target.process.pid()), before);
}

TEST(LeakSearch, NothingIsLostForAnInstant) {
    LeakTarget target("churn");
    for (int i = 0; i < 20; ++i) {
        const auto report = findLeaks(target.ledger());
        ASSERT_TRUE(report) << report.error().message;
        ASSERT_EQ(report->of(LeakKind::definite), (LeakSums{5, 380})) << "search " << i;
    }
}

TEST(LeakSearch, AProcessMayDieMeanwhile) {
    for (int i = 0; i < 20; ++i) {
        LeakTarget target("churn");
        (void)target.ledger();
        std::thread killer([&target, i] {
            std::this_thread::sleep_for(std::chrono::microseconds(i * 700));
            ::kill(target.process.pid(), SIGKILL);
        });
        Expected<LeakReport> report = findLeaks(target.ledger());
        for (int more = 0; report && more < 200; ++more) {
            report = findLeaks(target.ledger());
        }
        killer.join();
        ASSERT_FALSE(report) << "it cannot be found for ever";
        EXPECT_EQ(report.error().kind, ErrorKind::target) << report.error().message;
        const Ending ending = target.process.end();
        EXPECT_TRUE(WIFSIGNALED(ending.status)) << "its parent still learns how it ended";
    }
}

TEST(LeakSearch, StopsThreadsThatAreStartedAllTheTime) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (::getppid() == parent) {
            std::thread([] {}).join();
        }
        ::_exit(0);
    }
    for (int i = 0; i < 50; ++i) {
        const auto stopped = StoppedProcess::stop(*processOf(child));
        ASSERT_TRUE(stopped) << stopped.error().message;
        EXPECT_GE(stopped->threads().size(), 1U);
    }
    EXPECT_EQ(stateOf(child), "0");
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

TEST(LeakSearch, GivesSignalsOnThatComeMeanwhile) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        static std::atomic<int> s_seen{0};
        std::signal(SIGUSR1, [](int) {
            if (++s_seen == 200) {
                ::_exit(0);
            }
        });
        for (;;) {
            ::pause();
        }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    int status = -1;
    for (int i = 0; i < 5'000 && ::waitpid(child, &status, WNOHANG) == 0; ++i) {
        ::kill(child, SIGUSR1);
        (void)StoppedProcess::stop(*processOf(child));
    }
    EXPECT_TRUE(WIFEXITED(status)) << "none of its signals was lost for good";
    ::kill(child, SIGKILL);
}

TEST(LeakSearch, SaysWhyAProcessCannotBeSearched) {
    const auto untracked = openTrackedProcess(selfProcess());
    ASSERT_FALSE(untracked);
    EXPECT_NE(untracked.error().message.find("record --heap exact"), std::string::npos);
    const auto none = openTrackedProcess({4'000'000, 0, 0});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message, "there is no process 4000000");

    TrackedTarget counted({HEAP_TARGET, "malloc"});
    counted.end();
    ASSERT_EQ(counted.ledgers().size(), 1U);
    const auto noBlocks = findLeaks(counted.ledgers().front());
    ASSERT_FALSE(noBlocks);
    EXPECT_EQ(noBlocks.error().kind, ErrorKind::usage);

    const auto kernel = processOf(2);
    if (kernel && processCommandLine(2).empty()) {
        const auto thread = ProcessMemory::open(*kernel);
        ASSERT_FALSE(thread);
        EXPECT_NE(thread.error().message.find("kernel thread"), std::string::npos);
    }
}

TEST(LeakSearch, SaysWhoHoldsAProcess) {
    LeakTarget target;
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t debugger = ::fork();
    if (debugger == 0) {
        const bool isHeld = ::ptrace(PTRACE_SEIZE, target.process.pid(), nullptr, nullptr) == 0;
        (void)!::write(ready[1], isHeld ? "y" : "n", 1);
        ::pause();
        ::_exit(0);
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    if (answer == 'y') {
        const auto report = findLeaks(target.ledger());
        ASSERT_FALSE(report);
        EXPECT_NE(report.error().message.find("debugger (process " + std::to_string(debugger)),
                  std::string::npos)
            << report.error().message;
    }
    ::kill(debugger, SIGKILL);
    ::waitpid(debugger, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST(LeakSearch, SaysHowToBeAllowed) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && (::setresgid(65'534, 65'534, 65'534) != 0 ||
                                 ::setresuid(65'534, 65'534, 65'534) != 0)) {
            ::_exit(2);
        }
        if (::access("/proc/1", X_OK) != 0) {
            ::_exit(3);
        }
        const auto tracked = openTrackedProcess({1, 0, 0});
        ::_exit(!tracked && tracked.error().kind == ErrorKind::target &&
                        tracked.error().message.find("as root") != std::string::npos
                    ? 0
                    : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
        GTEST_SKIP() << "only root may enter the root directory here";
    }
    EXPECT_EQ(status, 0);
}

} // namespace
} // namespace ringscope
