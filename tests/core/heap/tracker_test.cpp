// SPDX-License-Identifier: MIT
// The preloaded tracker in programs whose heap use is known exactly: heap_target keeps its own
// account (with malloc_usable_size), the ledger must agree between two checkpoints to the byte.
#include "core/base/clock.h"
#include "tests/core/heap/heap_account.h"
#include "tests/core/heap/tracked_target.h"

#include <csignal>
#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <sys/wait.h>

namespace ringscope {
namespace {

using Tracker = TrackedTarget::Tracker;

std::vector<std::string> target(const std::string& word) {
    return {HEAP_TARGET, word};
}

HeapAccount accountOf(const HeapCounters& counters) {
    return {counters.allocations, counters.frees, counters.reallocations, counters.allocatedBytes,
            counters.freedBytes};
}

HeapAccount difference(const HeapAccount& after, const HeapAccount& before) {
    return {after.allocations - before.allocations, after.frees - before.frees,
            after.reallocations - before.reallocations,
            after.allocatedBytes - before.allocatedBytes, after.freedBytes - before.freedBytes};
}

HeapCounters readLedger(TrackedTarget& process, std::size_t index = 0) {
    EXPECT_GT(process.ledgers().size(), index) << "no such ledger";
    if (process.ledgers().size() <= index) {
        return {};
    }
    auto counters = process.ledgers()[index].read();
    EXPECT_TRUE(counters) << counters.error().message;
    return counters ? counters.value() : HeapCounters{};
}

// What happened between a target's two checkpoints, by its own account and by the ledger.
struct Observed {
    HeapAccount account;
    HeapCounters before;
    HeapCounters after;
};

Observed observe(TrackedTarget& process) {
    Observed seen;
    EXPECT_TRUE(process.atCheckpoint()) << "the target did not start";
    seen.before = readLedger(process);
    process.goOn();
    const auto account = process.atCheckpoint();
    EXPECT_TRUE(account) << "the target failed";
    seen.account = account.value_or(HeapAccount{});
    seen.after = readLedger(process);
    process.goOn();
    const Ending ending = process.end();
    EXPECT_EQ(ending.status, 0);
    return seen;
}

std::string inWords(const HeapAccount& account) {
    return std::to_string(account.allocations) + " allocations, " + std::to_string(account.frees) +
           " frees, " + std::to_string(account.reallocations) + " reallocations, " +
           std::to_string(account.allocatedBytes) + " and " + std::to_string(account.freedBytes) +
           " bytes";
}

void expectSame(const HeapAccount& ledger, const HeapAccount& target) {
    EXPECT_EQ(inWords(ledger), inWords(target));
}

class TrackerCounts : public testing::TestWithParam<const char*> {};

TEST_P(TrackerCounts, ExactlyWhatTheTargetDid) {
    TrackedTarget process(target(GetParam()));
    const Observed seen = observe(process);
    EXPECT_GT(seen.account.allocations, 0U);
    expectSame(difference(accountOf(seen.after), accountOf(seen.before)), seen.account);
    EXPECT_EQ(seen.after.liveBytes - seen.before.liveBytes,
              seen.account.allocatedBytes - seen.account.freedBytes);
    EXPECT_EQ(seen.after.liveBlocks - seen.before.liveBlocks,
              seen.account.allocations - seen.account.frees);
}

INSTANTIATE_TEST_SUITE_P(Of, TrackerCounts,
                         testing::Values("malloc", "calloc", "realloc", "reallocarray", "aligned",
                                         "mapped", "operators", "strings", "signals"),
                         [](const auto& word) { return std::string(word.param); });

TEST(Tracker, SizeClassesAddUpToTheTotals) {
    TrackedTarget process(target("malloc"));
    const HeapCounters counters = observe(process).after;
    std::uint64_t live = 0;
    std::uint64_t allocations = 0;
    for (const HeapClassCounters& entry : counters.classes) {
        live += entry.liveBlocks;
        allocations += entry.allocations;
    }
    EXPECT_EQ(live, counters.liveBlocks);
    EXPECT_EQ(allocations, counters.allocations);
    EXPECT_GE(counters.classes[sizeClassOf(10U << 20U)].allocations, 1U);
}

std::string inWords(const AllocatorSums& sums) {
    return std::to_string(sums.arenaBytes) + " in arenas, " + std::to_string(sums.freeBytes) +
           " free, " + std::to_string(sums.trimmableBytes) + " at the end, " +
           std::to_string(sums.mappedBytes) + " mapped";
}

// As heap_target hands them over.
AllocatorSums sumsIn(const HeapAccount& account) {
    AllocatorSums sums;
    sums.arenaBytes = account.allocations;
    sums.mappedBytes = account.frees;
    sums.freeBytes = account.allocatedBytes;
    sums.trimmableBytes = account.freedBytes;
    return sums;
}

TEST(Tracker, PassesOnWhatTheAllocatorSaysOfItself) {
    TrackedTarget process(target("allocator-sums"));
    ASSERT_TRUE(process.atCheckpoint()); // every word's first
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint());
    ASSERT_EQ(process.ledgers().size(), 1U);
    LedgerReader& reader = process.ledgers()[0];
    reader.pollAllocator(0);
    process.goOn();
    const auto first = process.atCheckpoint();
    ASSERT_TRUE(first);
    EXPECT_FALSE(reader.allocator());
    reader.pollAllocator(1);
    ASSERT_TRUE(reader.allocator());
    EXPECT_EQ(inWords(*reader.allocator()), inWords(sumsIn(*first)));
    EXPECT_GE(reader.allocator()->freeBytes, 500U * 500U);
    EXPECT_EQ(reader.allocator()->mappedBytes, 0U);
    EXPECT_LT(monotonicNs() - reader.allocator()->timeNs, 20 * kNsPerSecond);

    reader.pollAllocator(kNsPerSecond); // asks again
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint());
    reader.pollAllocator(kNsPerSecond + 1);
    EXPECT_EQ(reader.allocator()->mappedBytes, 0U) << "a small block answers nothing";
    process.goOn();
    const auto second = process.atCheckpoint();
    ASSERT_TRUE(second);
    reader.pollAllocator(kNsPerSecond + 2);
    EXPECT_EQ(inWords(*reader.allocator()), inWords(sumsIn(*second)));
    EXPECT_GE(reader.allocator()->mappedBytes, 1U << 20U);
    process.goOn();
    EXPECT_EQ(process.end().status, 0);
}

TEST(Tracker, LetsOperatorNewThrow) {
    TrackedTarget process(target("throws"));
    const Observed seen = observe(process);
    EXPECT_EQ(seen.after.liveBlocks, seen.before.liveBlocks);
}

TEST(Tracker, CountsAThousandShortThreadsInFewSlots) {
    TrackedTarget process(target("threads"));
    const Observed seen = observe(process);
    const std::uint32_t marked = sizeClassOf(kMarkedBytes);
    EXPECT_EQ(seen.after.classes[marked].allocations - seen.before.classes[marked].allocations,
              10'000U);
    EXPECT_EQ(seen.after.classes[marked].frees - seen.before.classes[marked].frees, 10'000U);
    EXPECT_LE(seen.after.threads.size(), 20U); // 8 at a time
}

TEST(Tracker, TellsThreadsApart) {
    TrackedTarget process(target("named-thread"));
    ASSERT_TRUE(process.atCheckpoint());
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint()); // inside the thread
    const HeapCounters counters = readLedger(process);
    int found = 0;
    for (const HeapThreadCounters& thread : counters.threads) {
        if (thread.name == "heap-user") {
            ++found;
            EXPECT_TRUE(thread.isRunning);
            EXPECT_NE(thread.tid, process.pid());
            EXPECT_EQ(thread.allocations, 5U);
            EXPECT_EQ(thread.frees, 0U);
        }
    }
    EXPECT_EQ(found, 1);
    EXPECT_EQ(counters.threads.at(0).tid, process.pid());
}

TEST(Tracker, CountsWhatAThreadFreesAfterItsSlotIsGone) {
    TrackedTarget process(target("late-frees"));
    const Observed seen = observe(process);
    const std::uint32_t marked = sizeClassOf(kMarkedBytes);
    EXPECT_EQ(seen.after.classes[marked].allocations - seen.before.classes[marked].allocations, 1U);
    EXPECT_EQ(seen.after.classes[marked].frees - seen.before.classes[marked].frees, 1U);
}

class TrackerForks : public testing::TestWithParam<const char*> {};

TEST_P(TrackerForks, GiveTheChildALedgerThatBeginsWithWhatItInherits) {
    TrackedTarget process(target(GetParam()));
    ASSERT_TRUE(process.atCheckpoint());
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint()); // before the fork
    const HeapCounters parentBefore = readLedger(process);
    process.goOn();
    const auto account = process.atCheckpoint(); // in the child
    ASSERT_TRUE(account);
    ASSERT_EQ(process.ledgers().size(), 2U);
    const LedgerReader& ledger = process.ledgers()[1];
    EXPECT_EQ(ledger.origin(), LedgerOrigin::forked);
    EXPECT_EQ(ledger.parentPid(), process.pid());
    EXPECT_NE(ledger.process().pid, process.pid());
    const HeapCounters child = readLedger(process, 1);
    EXPECT_EQ(child.inheritedBytes, parentBefore.liveBytes);
    EXPECT_EQ(child.inheritedBlocks, parentBefore.liveBlocks);
    expectSame(accountOf(child), *account);
    EXPECT_EQ(child.liveBlocks, parentBefore.liveBlocks - 50);
    expectSame(accountOf(readLedger(process, 0)), accountOf(parentBefore));
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint());
    process.goOn();
    EXPECT_EQ(process.end().status, 0);
}

INSTANTIATE_TEST_SUITE_P(By, TrackerForks, testing::Values("fork", "raw-fork"),
                         [](const auto& word) {
                             return std::string(word.param) == "fork" ? "Fork"
                                                                      : "ForkWithoutHandlers";
                         });

class TrackerChildren : public testing::TestWithParam<const char*> {};

TEST_P(TrackerChildren, AreAnnouncedAndLeaveTheParentsCountsAlone) {
    TrackedTarget process(target(GetParam()));
    const Observed seen = observe(process);
    expectSame(accountOf(seen.after), accountOf(seen.before));
    ASSERT_EQ(process.ledgers().size(), 2U);
    EXPECT_EQ(process.ledgers()[1].origin(), LedgerOrigin::started);
    EXPECT_NE(process.ledgers()[1].process().pid, process.ledgers()[0].process().pid);
}

INSTANTIATE_TEST_SUITE_P(By, TrackerChildren, testing::Values("vfork", "spawn"),
                         [](const auto& word) { return std::string(word.param); });

TEST(Tracker, GivesAnExecedProgramItsOwnLedger) {
    TrackedTarget process({HEAP_TARGET, "limited", "nofile", "100", "malloc"});
    ASSERT_TRUE(process.atCheckpoint());
    ASSERT_EQ(process.ledgers().size(), 2U);
    EXPECT_EQ(process.ledgers()[0].process(), process.ledgers()[1].process());
    EXPECT_LT(process.ledgers()[0].startedNs(), process.ledgers()[1].startedNs());
}

TEST(Tracker, IdentifiesTheProcess) {
    TrackedTarget process(target("nothing"));
    ASSERT_TRUE(process.atCheckpoint());
    ASSERT_EQ(process.ledgers().size(), 1U);
    EXPECT_EQ(process.ledgers()[0].process(), processOf(process.pid()));
}

TEST(Tracker, LeavesNoDescriptorOpen) {
    const int expected = TrackedTarget(target("descriptors"), Tracker::off).end().status;
    EXPECT_GE(WEXITSTATUS(expected), 3);
    EXPECT_EQ(TrackedTarget(target("descriptors")).end().status, expected);
}

TEST(Tracker, CountsOnAfterAllDescriptorsAreClosed) {
    TrackedTarget process(target("close-all"));
    const Observed seen = observe(process);
    expectSame(difference(accountOf(seen.after), accountOf(seen.before)), seen.account);
}

TEST(Tracker, KeepsErrno) {
    TrackedTarget process(target("errno"));
    observe(process);
}

TEST(Tracker, LedgerOutlivesACrash) {
    TrackedTarget process(target("crash"));
    ASSERT_TRUE(process.atCheckpoint());
    const HeapCounters before = readLedger(process);
    process.goOn();
    const auto account = process.atCheckpoint();
    ASSERT_TRUE(account);
    process.goOn();
    const Ending ending = process.end();
    ASSERT_TRUE(WIFSIGNALED(ending.status));
    EXPECT_EQ(WTERMSIG(ending.status), SIGSEGV);
    expectSame(difference(accountOf(readLedger(process)), accountOf(before)), *account);
}

TEST(Tracker, LedgerCostsFewPages) {
    TrackedTarget process(target("malloc"));
    const HeapCounters counters = observe(process).after;
    EXPECT_LE(counters.ledgerResidentBytes, 16'384U);
    EXPECT_LE(counters.ledgerBytes, 9U << 20U);
}

TEST(Tracker, UsesASmallLedgerWhereFilesMayNotBeLarge) {
    TrackedTarget process({HEAP_TARGET, "limited", "fsize", "1000000", "threads-at-once"});
    ASSERT_TRUE(process.atCheckpoint());
    ASSERT_EQ(process.ledgers().size(), 2U);
    EXPECT_LT(process.ledgers()[1].ledgerBytes(), 50'000U);
    const HeapCounters before = readLedger(process, 1);
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint()); // 40 threads met in 15 slots
    const HeapCounters after = readLedger(process, 1);
    const std::uint32_t marked = sizeClassOf(kMarkedBytes);
    EXPECT_EQ(after.classes[marked].allocations - before.classes[marked].allocations, 400U);
    EXPECT_EQ(after.classes[marked].frees - before.classes[marked].frees, 400U);
    process.goOn();
    EXPECT_EQ(process.end().status, 0);
}

TEST(Tracker, IsDormantWhereNoLedgerIsToBeHad) {
    TrackedTarget process({HEAP_TARGET, "limited", "fsize", "4096", "malloc"});
    ASSERT_TRUE(process.atCheckpoint());
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint());
    process.goOn();
    EXPECT_EQ(process.end().status, 0);
    EXPECT_EQ(process.receiver().poll().size(), 1U); // that of the program before exec
    EXPECT_EQ(process.receiver().refused(), 1U);
    EXPECT_NE(process.receiver().lastRefusal().find("could not make a heap ledger"),
              std::string::npos);
}

TEST(Tracker, IsDormantWithoutAReader) {
    for (const char* word : {"malloc", "fork", "operators", "threads"}) {
        TrackedTarget process(target(word), Tracker::withoutReader);
        while (process.atCheckpoint()) {
            process.goOn();
        }
        EXPECT_EQ(process.end().status, 0) << word;
        EXPECT_TRUE(process.ledgers().empty());
    }
}

TEST(Tracker, DoesNotWaitForAReaderThatDoesNotRead) {
    TrackedTarget process(target("spawn"));
    ASSERT_TRUE(process.atCheckpoint());
    process.goOn();
    ASSERT_TRUE(process.atCheckpoint()); // nobody has polled yet
    process.goOn();
    EXPECT_EQ(process.end().status, 0);
    EXPECT_EQ(process.ledgers().size(), 2U); // all wait in the queue, also those of the dead
}

bool endsWell(std::uint64_t addressSpace, Tracker tracker) {
    TrackedTarget process({HEAP_TARGET, "limited", "as", std::to_string(addressSpace), "exit"},
                          tracker);
    return process.end().status == 0;
}

TEST(Tracker, RunsInAnyAddressSpaceTheProgramRunsIn) {
    int runsNatively = 0;
    for (std::uint64_t kib = 2048; kib <= 10'240; kib += 256) {
        if (endsWell(kib << 10U, Tracker::off)) {
            ++runsNatively;
            // The library itself and its C library calls need some.
            EXPECT_TRUE(endsWell((kib + 256) << 10U, Tracker::on)) << kib;
        }
    }
    EXPECT_GT(runsNatively, 5);
    EXPECT_LT(runsNatively, 33);
}

TEST(Tracker, CountsAnAllocatorThatBringsItsOwnNew) {
    for (const char* word : {"plain-operators", "malloc", "reallocarray"}) {
        TrackedTarget process(target(word), Tracker::on, OWN_ALLOCATOR);
        const Observed seen = observe(process);
        expectSame(difference(accountOf(seen.after), accountOf(seen.before)), seen.account);
    }
}

TEST(Tracker, WorksInFrontOfAnotherPreloadedLibrary) {
    TrackedTarget process(target("malloc"), Tracker::on, "libc_malloc_debug.so.0");
    const Observed seen = observe(process);
    expectSame(difference(accountOf(seen.after), accountOf(seen.before)), seen.account);
}

TEST(Tracker, HandsOperatorNewOnToAProgramThatReplacesSomeForms) {
    TrackedTarget process({REPLACES_NEW});
    EXPECT_EQ(process.end().status, 0);
    EXPECT_GT(readLedger(process).allocations, 0U);
}

TEST(Tracker, LeavesAProgramItsOwnMalloc) {
    TrackedTarget process({REPLACES_MALLOC});
    EXPECT_EQ(process.end().status, 0);
}

// A C program that loads a C++ library.
TEST(Tracker, HandsOperatorNewOnToPrivatelyLoadedLibraries) {
    for (const std::vector<std::string>& plugins : {std::vector<std::string>{CXX_PLUGIN},
                                                    {CXX_PLUGIN_STATIC},
                                                    {CXX_PLUGIN_STATIC, CXX_PLUGIN}}) {
        std::string script = "import ctypes\n";
        std::string expected;
        for (const std::string& plugin : plugins) {
            script += "print(ctypes.CDLL('" + plugin + "').useTheHeap())\n";
            expected += "42\n";
        }
        TrackedTarget process({"/usr/bin/python3", "-c", script});
        const Ending ending = process.end();
        EXPECT_EQ(ending.status, 0);
        EXPECT_EQ(ending.output, expected) << script;
        const HeapCounters counters = readLedger(process);
        EXPECT_GE(counters.classes[sizeClassOf(104)].allocations, 1000 * plugins.size());
    }
}

struct Program {
    const char* name;
    std::vector<std::string> command;
};

class TrackerPrograms : public testing::TestWithParam<Program> {};

TEST_P(TrackerPrograms, BehaveAsWithoutIt) {
    TrackedTarget native(GetParam().command, Tracker::off);
    const Ending expected = native.end();
    TrackedTarget process(GetParam().command);
    const Ending ending = process.end();
    EXPECT_EQ(ending.status, expected.status);
    EXPECT_EQ(ending.output, expected.output);
    EXPECT_FALSE(expected.output.empty());
    const HeapCounters counters = readLedger(process);
    EXPECT_GT(counters.allocations, 10U);
    EXPECT_LE(counters.frees, counters.allocations);
}

INSTANTIATE_TEST_SUITE_P(
    Real, TrackerPrograms,
    testing::Values(
        Program{"ls", {"/bin/ls", "-la", "/usr/bin"}},
        Program{"sort", {"/usr/bin/sort", "-r", "/etc/group", "/etc/passwd"}},
        Program{"perl", {"/usr/bin/perl", "-e", "print join(',', map { $_ * 2 } 1 .. 999)"}},
        Program{"python",
                {"/usr/bin/python3", "-c", "print(sum(len(str(i)) for i in range(9999)))"}},
        Program{
            "pythonThreads",
            {"/usr/bin/python3", "-c",
             "import threading,subprocess\n"
             "t=[threading.Thread(target=lambda:[str(i) for i in range(999)]) for _ in range(50)]\n"
             "[x.start() for x in t];[x.join() for x in t]\n"
             "print(subprocess.run(['echo','hi'],capture_output=True).stdout)"}},
        Program{"shell",
                {"/bin/sh", "-c", "for i in 1 2 3; do echo $(echo $i | wc -c); done; exit 3"}},
        Program{"cxx", {"c++", "--version"}}),
    [](const auto& program) { return program.param.name; });

TEST(Tracker, LinksLibcAlone) {
    TrackedTarget native({"readelf", "-d", "-W", HEAP_LIBRARY}, Tracker::off);
    const std::string sections = native.end().output;
    std::string needed;
    for (std::size_t at = 0; (at = sections.find("(NEEDED)", at)) != std::string::npos; ++at) {
        const std::size_t open = sections.find('[', at);
        needed += sections.substr(open, sections.find(']', open) + 1 - open);
    }
    EXPECT_EQ(needed, "[libc.so.6]");
}

TEST(Tracker, ShowsTheFunctionsItStandsBeforeAndNothingElse) {
    TrackedTarget native({"readelf", "--dyn-syms", "-W", HEAP_LIBRARY}, Tracker::off);
    std::istringstream lines(native.end().output);
    std::set<std::string> shown;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string number, value, size, type, bind, visibility, section, name;
        words >> number >> value >> size >> type >> bind >> visibility >> section >> name;
        if (type == "FUNC" && section != "UND") {
            shown.insert(name.substr(0, name.find('@')));
        }
    }
    const std::set<std::string> expected = {
        "malloc", "calloc", "realloc", "reallocarray", "free", "cfree", "posix_memalign",
        "aligned_alloc", "memalign", "valloc", "pvalloc", "malloc_usable_size", "dlclose",
        "ringscope_heap_attach_v1", "ringscope_heap_detach_v1",
        // operator new and delete, plain and array
        "_Znwm", "_ZnwmRKSt9nothrow_t", "_ZnwmSt11align_val_t",
        "_ZnwmSt11align_val_tRKSt9nothrow_t", "_Znam", "_ZnamRKSt9nothrow_t",
        "_ZnamSt11align_val_t", "_ZnamSt11align_val_tRKSt9nothrow_t", "_ZdlPv", "_ZdlPvm",
        "_ZdlPvRKSt9nothrow_t", "_ZdlPvSt11align_val_t", "_ZdlPvmSt11align_val_t",
        "_ZdlPvSt11align_val_tRKSt9nothrow_t", "_ZdaPv", "_ZdaPvm", "_ZdaPvRKSt9nothrow_t",
        "_ZdaPvSt11align_val_t", "_ZdaPvmSt11align_val_t", "_ZdaPvSt11align_val_tRKSt9nothrow_t"};
    EXPECT_EQ(shown, expected);
}

} // namespace
} // namespace ringscope
