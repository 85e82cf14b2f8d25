// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <set>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "core/base/program_paths.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"
#include "core/workload/workload_run.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {
namespace {

using testing::HasSubstr;

Scenario smallScenario(const std::string& settings = "") {
    Scenario scenario = *findScenario("steady");
    const auto applied =
        applySettings(scenario, "producers=2,consumers=2,warm_up=0s,duration=0s" +
                                    (settings.empty() ? std::string() : "," + settings));
    EXPECT_TRUE(applied) << (applied ? "" : applied.error().message);
    return scenario;
}

std::unique_ptr<WorkloadRun> startRun(const Scenario& scenario) {
    auto run = WorkloadRun::start(scenario);
    EXPECT_TRUE(run) << (run ? "" : run.error().message);
    return run ? std::move(*run) : nullptr;
}

// Rings in /dev/shm and processes of ours that a test may not leave behind.
std::set<std::string> ringsInShm() {
    std::set<std::string> names;
    DIR* directory = ::opendir("/dev/shm");
    while (const dirent* entry = directory != nullptr ? ::readdir(directory) : nullptr) {
        const std::string name = entry->d_name;
        if (name.find("-" + std::to_string(::getpid()) + "-") != std::string::npos) {
            names.insert(name);
        }
    }
    if (directory != nullptr) {
        ::closedir(directory);
    }
    return names;
}

std::string outputOf(const std::string& command) {
    std::string output;
    FILE* pipe = ::popen(command.c_str(), "r");
    for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) {
        output += static_cast<char>(letter);
    }
    ::pclose(pipe);
    return output;
}

bool hasChildren() {
    return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

std::int32_t pidOf(const WorkloadRun& run, WorkerRole role, std::uint32_t index) {
    for (const WorkerStatus& worker : run.status().workers) {
        if (worker.role == role && worker.index == index) {
            return worker.process.pid;
        }
    }
    return 0;
}

void expectExact(const DeliveryCounts& counts) {
    EXPECT_TRUE(counts.isClean() && counts.isExact)
        << "lost " << counts.lost << " duplicated " << counts.duplicated << " reordered "
        << counts.reordered << " corrupted " << counts.corrupted;
    EXPECT_EQ(counts.sent, counts.received + counts.inRing);
}

TEST(WorkloadRun, SendsExactlyTheMessagesThatWereAskedFor) {
    auto run = startRun(smallScenario("messages=10001,mode=max,producers=3"));
    const RunResult result = runToEnd(*run);
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_EQ(result.messages.sent, 10'001U);
    EXPECT_EQ(result.messages.received, 10'001U);
    EXPECT_EQ(result.messages.inRing, 0U);
    expectExact(result.messages);
}

TEST(WorkloadRun, RunsThreadsInOneProcess) {
    auto run = startRun(smallScenario("kind=threads,messages=20000,mode=max"));
    std::set<std::int32_t> pids;
    std::set<std::int32_t> tids;
    const RunResult result = runToEnd(*run);
    for (const WorkerStatus& worker : result.workers) {
        pids.insert(worker.process.pid);
        tids.insert(worker.tid);
    }
    EXPECT_EQ(pids.size(), 1U);
    EXPECT_EQ(tids.size(), 4U);
    EXPECT_EQ(result.messages.received, 20'000U);
    expectExact(result.messages);
}

TEST(WorkloadRun, LeavesWarmUpOutOfRateAndLatency) {
    auto run = startRun(smallScenario("warm_up=1min"));
    ASSERT_TRUE(pollUntil(*run, [&] { return run->status().received > 500; }));
    EXPECT_EQ(run->status().phase, RunPhase::warmUp);
    run->requestStop();
    const RunResult result = runToEnd(*run);
    EXPECT_EQ(result.outcome, RunOutcome::interrupted);
    EXPECT_EQ(result.latency.count(), 0U);
    EXPECT_EQ(result.throughputPerSecond, 0);
    expectExact(result.messages);
}

TEST(WorkloadRun, MeetsTheRateThatWasAskedFor) {
    double nearest = 0;
    for (int times = 0; times < 5 && std::abs(nearest - 2'000) > 100; ++times) {
        auto run = startRun(smallScenario("per_second=2000,duration=1s"));
        const double seen = runToEnd(*run).throughputPerSecond;
        nearest = std::abs(seen - 2'000) < std::abs(nearest - 2'000) ? seen : nearest;
    }
    EXPECT_NEAR(nearest, 2'000, 100); // any single time others on the machine may be in the way
}

TEST(WorkloadRun, ReportsAKilledWorkerWithinASecond) {
    std::unique_ptr<WorkloadRun> run;
    const std::int64_t tookNs = shortestOfFive(kNsPerSecond, [&] {
        run = startRun(smallScenario());
        EXPECT_TRUE(pollUntil(*run, [&] { return run->status().received > 1'000; }));
        const std::int64_t killedNs = monotonicNs();
        ::kill(pidOf(*run, WorkerRole::producer, 1), SIGKILL);
        EXPECT_TRUE(
            pollUntil(*run, [&] { return run->status().workers[1].state == WorkerLife::died; }));
        return monotonicNs() - killedNs;
    });
    EXPECT_LE(tookNs, kNsPerSecond);
    const auto& worker = run->status().workers[1];
    EXPECT_EQ(worker.outcome, "killed by SIGKILL");
    EXPECT_GT(worker.lastPosition, 0U);

    const std::uint64_t received = run->status().received;
    EXPECT_TRUE(pollUntil(*run, [&] { return run->status().received > received + 500; }));
    run->requestStop();
    const RunResult result = runToEnd(*run);
    EXPECT_EQ(result.outcome, RunOutcome::workerDied);
    EXPECT_FALSE(result.isAccountedFor()); // delivery holds, but nobody planned the death
    expectExact(result.messages);
}

TEST(WorkloadRun, AccountsForTheMessageInTheHandsOfAKilledConsumer) {
    Scenario scenario = smallScenario("duration=600ms,capacity=64");
    scenario.kill = KillSettings{WorkerRole::consumer, 0, 100 * kNsPerMs, SIGKILL, true};
    auto run = startRun(scenario);
    const RunResult result = runToEnd(*run);
    EXPECT_EQ(result.outcome, RunOutcome::workerDied);
    EXPECT_TRUE(result.isDeathPlanned);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_EQ(result.messages.unreleased, 1U);
    EXPECT_EQ(result.messages.inRing, 1U);   // the others emptied the ring up to that slot
    EXPECT_LT(result.messages.sent, 5'000U); // and one lap later nobody could send: 20,000/s before
    expectExact(result.messages);
}

TEST(WorkloadRun, AccountsForTheSlotInTheHandsOfAKilledProducer) {
    Scenario scenario = smallScenario("duration=600ms,capacity=64,batch=4");
    scenario.kill = KillSettings{WorkerRole::producer, 0, 100 * kNsPerMs, SIGKILL, true};
    auto run = startRun(scenario);
    const RunResult result = runToEnd(*run);
    EXPECT_EQ(result.outcome, RunOutcome::workerDied);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_EQ(result.messages.unreleased, 0U);
    expectExact(result.messages);
}

TEST(WorkloadRun, StopsWithinASecondAlsoWithAStoppedWorker) {
    const std::int64_t tookNs = shortestOfFive(kNsPerSecond, [] {
        auto run = startRun(smallScenario("consumers=3"));
        EXPECT_TRUE(pollUntil(*run, [&] { return run->status().received > 500; }));
        ::kill(pidOf(*run, WorkerRole::consumer, 2), SIGSTOP);
        EXPECT_TRUE(
            pollUntil(*run, [&] { return run->status().workers[4].state == WorkerLife::stopped; }));
        const std::int64_t stopNs = monotonicNs();
        run->requestStop();
        const RunResult result = runToEnd(*run);
        const std::int64_t stoppedNs = monotonicNs();
        EXPECT_EQ(result.outcome, RunOutcome::interrupted);
        expectExact(result.messages);
        EXPECT_FALSE(hasChildren());
        return stoppedNs - stopNs;
    });
    EXPECT_LE(tookNs, kNsPerSecond);
}

// As on a busy machine, where whoever polls gets no processor for a while: workers that would leave
// when told to are told to, not killed and called dead.
TEST(WorkloadRun, TellsWorkersToLeaveHoweverLateItIsPolled) {
    // More in the ring than its consumers take in a second.
    auto run =
        startRun(smallScenario("mode=max,capacity=1024,work.distribution=fixed,work.time=10ms"));
    ASSERT_TRUE(pollUntil(*run, [&] { return run->status().fullWaits > 0; }));
    run->requestStop();
    run->poll();
    waitNs(kNsPerSecond);
    const RunResult result = runToEnd(*run);
    EXPECT_EQ(result.outcome, RunOutcome::interrupted);
    for (const WorkerStatus& worker : result.workers) {
        EXPECT_EQ(worker.outcome, "completed");
    }
    expectExact(result.messages);
}

TEST(WorkloadRun, CallsARunStalledWhenNobodyGetsOn) {
    auto run = startRun(smallScenario("messages=1000000,mode=max,consumers=1,capacity=64"));
    ASSERT_TRUE(pollUntil(*run, [&] { return run->status().received > 100; }));
    ::kill(pidOf(*run, WorkerRole::consumer, 0), SIGSTOP);
    const RunResult result = runToEnd(*run);
    EXPECT_EQ(result.outcome, RunOutcome::stalled);
    EXPECT_FALSE(result.isAccountedFor());
    expectExact(result.messages);
}

TEST(WorkloadRun, GivesWorkersTheEnvironmentTheyShallHave) {
    WorkloadOptions options;
    options.environment = {{"RINGSCOPE_TEST_VARIABLE", "something"}};
    auto run = WorkloadRun::start(smallScenario(), options);
    ASSERT_TRUE(run);
    const auto pid = pidOf(**run, WorkerRole::producer, 0);
    const auto environment = readFile("/proc/" + std::to_string(pid) + "/environ");
    ASSERT_TRUE(environment);
    EXPECT_THAT(*environment, HasSubstr("RINGSCOPE_TEST_VARIABLE=something"));
    EXPECT_EQ(processName(pid), "producer-0");
}

TEST(WorkloadRun, LeavesNothingWhenItIsDestroyedWhileItRuns) {
    auto run = startRun(smallScenario());
    ASSERT_EQ(ringsInShm().size(), 1U);
    run.reset();
    EXPECT_TRUE(ringsInShm().empty());
    EXPECT_FALSE(hasChildren());
}

// Each way a start can fail: one clear sentence, and nothing stays behind.
class FailedStart : public testing::Test {
protected:
    std::string refusal(const Scenario& scenario, const std::string& program = "") {
        WorkloadOptions options;
        options.workerProgram = program;
        const auto run = WorkloadRun::start(scenario, options);
        EXPECT_TRUE(ringsInShm().empty());
        EXPECT_FALSE(hasChildren());
        return run ? "started" : run.error().message;
    }
};

TEST_F(FailedStart, SaysThatShmHasNoRoom) {
    Scenario scenario = smallScenario();
    scenario.ring.capacity = 1U << 20U;
    scenario.ring.payloadCapacity = 512U << 10U;
    EXPECT_THAT(refusal(scenario), HasSubstr("/dev/shm has no room"));
}

TEST_F(FailedStart, SaysThatTheWorkerProgramIsMissingOrBroken) {
    EXPECT_THAT(refusal(smallScenario(), "/nowhere/ringscope-worker"),
                HasSubstr("/nowhere/ringscope-worker cannot be started"));
    EXPECT_THAT(refusal(smallScenario(), "/bin/false"),
                HasSubstr("producer-0 could not start: ended with status 1"));
}

TEST(WorkloadRun, StartsWithAFewFileDescriptors) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit few{16, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto run = WorkloadRun::start(smallScenario());
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(run) << run.error().message;
}

TEST_F(FailedStart, SaysThatAProcessorDoesNotExist) {
    EXPECT_THAT(refusal(smallScenario("cpus=[1000]")), HasSubstr("processor 1000"));
}

TEST_F(FailedStart, SaysWhatIsWrongWithTheScenario) {
    Scenario scenario = smallScenario();
    scenario.ring.capacity = 1000;
    EXPECT_THAT(refusal(scenario), HasSubstr("ring.capacity is 1000"));
}

TEST_F(FailedStart, LeavesARingOfTheSameNameAlone) {
    auto first = startRun(smallScenario());
    WorkloadOptions options;
    options.ringName = first->ringName();
    const auto second = WorkloadRun::start(smallScenario(), options);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("exists already"));
    EXPECT_TRUE(ringExists(first->ringName()));
}

TEST(WorkerProgram, RefusesToBeRunByHand) {
    const std::string worker = workerProgram()->string();
    EXPECT_THAT(outputOf(worker + " 2>&1"), HasSubstr("run `ringscope-cli run SCENARIO` instead"));
    EXPECT_THAT(outputOf(worker + " --run 0 1 2>&1 3</dev/null"),
                HasSubstr("run `ringscope-cli run SCENARIO` instead"));
}

// What is left of a run whose process was killed: how many processes ended, itself among them, and
// how long after it the last one did.
struct OrphansEnd {
    int ended = 0;
    std::int64_t tookNs = 0;
    std::string ring;
};

// The process of a run: starts one with a stopped worker, writes the name of its ring, polls.
[[noreturn]] void runUntilKilled(int report) {
    ::setsid(); // as a desktop's or a shell's job: the reaper is of another session
    auto run = WorkloadRun::start(smallScenario("consumers=3"));
    if (!run) {
        ::_exit(1);
    }
    char name[256] = {};
    (*run)->ringName().copy(name, sizeof(name) - 1);
    ::kill(pidOf(**run, WorkerRole::consumer, 1), SIGSTOP);
    [[maybe_unused]] const ssize_t written = ::write(report, name, sizeof(name));
    for (;;) {
        (*run)->poll();
        waitNs(5 * kNsPerMs);
    }
}

OrphansEnd killProcessOfARun() {
    OrphansEnd end;
    int report[2];
    EXPECT_EQ(::pipe2(report, O_CLOEXEC), 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        runUntilKilled(report[1]);
    }
    ::close(report[1]);
    char name[256] = {};
    EXPECT_EQ(::read(report[0], name, sizeof(name)), static_cast<ssize_t>(sizeof(name)));
    ::close(report[0]);
    end.ring = name;
    EXPECT_TRUE(ringExists(end.ring));
    const std::int64_t killedNs = monotonicNs();
    ::kill(parent, SIGKILL);
    while (monotonicNs() - killedNs < kPatienceNs) {
        const pid_t got = ::waitpid(-1, nullptr, WNOHANG);
        end.ended += got > 0 ? 1 : 0;
        if (got < 0) {
            break;
        }
        waitNs(kNsPerMs);
    }
    end.tookNs = monotonicNs() - killedNs;
    return end;
}

// A run in a process of its own, which is then killed: its workers notice, end, and take the ring's
// name away, also when one of them is stopped.
TEST(WorkloadRun, LeavesNothingWhenItsProcessIsKilled) {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0); // so that we see the orphans end
    const std::int64_t tookNs = shortestOfFive(kNsPerSecond, [] {
        const OrphansEnd end = killProcessOfARun();
        EXPECT_EQ(end.ended, 1 + 5);
        EXPECT_FALSE(ringExists(end.ring));
        return end.tookNs;
    });
    EXPECT_LE(tookNs, kNsPerSecond);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

// The run and its workers in a control group with little memory, and a workload that takes it all.
class SmallControlGroup : public testing::Test {
protected:
    void SetUp() override {
        const auto groups = readFile("/proc/self/cgroup");
        const std::string text = groups.value_or("");
        const std::size_t old = text.find(":memory:");
        if (old != std::string::npos) {
            const std::size_t begin = old + 8;
            m_path = "/sys/fs/cgroup/memory" + text.substr(begin, text.find('\n', begin) - begin);
            m_limit = "/memory.limit_in_bytes";
        } else if (const std::size_t unified = text.find("0::"); unified != std::string::npos) {
            m_path =
                "/sys/fs/cgroup" + text.substr(unified + 3, text.find('\n', unified) - unified - 3);
            m_limit = "/memory.max";
        }
        m_path += "/ringscope-test-" + std::to_string(::getpid());
        if (::mkdir(m_path.c_str(), 0755) != 0) {
            m_path.clear();
            GTEST_SKIP() << "no right to make a control group here";
        }
        if (!put(m_limit, std::to_string(96U << 20U))) {
            GTEST_SKIP() << "no memory limit to be set here";
        }
    }
    void TearDown() override {
        if (!m_path.empty()) {
            ::rmdir(m_path.c_str());
        }
    }
    bool put(const std::string& file, const std::string& text) const {
        const FileDescriptor to(::open((m_path + file).c_str(), O_WRONLY | O_CLOEXEC));
        return to.isOpen() &&
               ::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    }

    std::string m_path;
    std::string m_limit;
};

TEST_F(SmallControlGroup, NamesTheOutOfMemoryKiller) {
    const pid_t parent = ::fork();
    if (parent == 0) {
        if (!put("/cgroup.procs", std::to_string(::getpid()))) {
            ::_exit(2);
        }
        Scenario scenario = smallScenario("mode=max,heap.bytes=65536,grow=10000000");
        scenario.heap.behaviour = HeapBehaviour::growThenDrop;
        auto run = WorkloadRun::start(scenario);
        if (!run) {
            ::_exit(3);
        }
        const auto isNamed = [&run] {
            for (const WorkerStatus& worker : (*run)->status().workers) {
                if (worker.outcome == "killed by the kernel's out-of-memory killer") {
                    return true;
                }
            }
            return false;
        };
        const bool isFound = pollUntil(**run, isNamed);
        run->reset(); // takes the ring's name away
        ::_exit(isFound ? 0 : 4);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(parent, &status, 0), parent);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
} // namespace ringscope
