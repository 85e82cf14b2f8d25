// SPDX-License-Identifier: MIT
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "tests/core/ring/dmxp_client.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/support/patience.h"
#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;

std::vector<std::string> cliArguments(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return arguments;
}

TEST(CliRun, ReportsEveryPartOfTheContract) {
    const ProgramResult result =
        runProgram(cliArguments({"run", "steady", "--duration", "1s", "--json", "--seed", "7"}));
    ASSERT_EQ(result.status, 0) << result.err;
    const Json json = Json::parse(result.out);
    EXPECT_EQ(json.at("scenario"), "steady");
    EXPECT_EQ(json.at("seed"), 7);
    EXPECT_EQ(json.at("outcome"), "completed");
    EXPECT_GT(json.at("duration_s").get<double>(), 0.5);
    const Json& messages = json.at("messages");
    EXPECT_GT(messages.at("sent"), 1000);
    EXPECT_EQ(messages.at("sent").get<long>(),
              messages.at("received").get<long>() + messages.at("in_ring").get<long>());
    for (const char* fault : {"lost", "duplicated", "reordered", "corrupted"}) {
        EXPECT_EQ(messages.at(fault), 0) << fault;
    }
    const Json& latency = json.at("latency_ns");
    EXPECT_GT(latency.at("p50"), 0);
    EXPECT_LE(latency.at("p50"), latency.at("p99"));
    EXPECT_LE(latency.at("p99"), latency.at("max"));
    EXPECT_EQ(json.at("ring").at("capacity"), 1024);
    EXPECT_GT(json.at("ring").at("bytes"), 1024 * json.at("ring").at("slot_stride").get<long>());
    EXPECT_GT(json.at("heap").at("allocations"), 0);
    EXPECT_GT(json.at("memory").at("rss_peak"), 100'000);
    EXPECT_GT(json.at("memory").at("pss_peak"), 100'000);
    EXPECT_EQ(json.at("workers").size(), 4U);
}

TEST(CliRun, AllocationsPerMessageAreThoseOfTheScenario) {
    const ProgramResult result =
        runProgram(cliArguments({"run", "alloc-per-message", "--duration", "1s", "--json"}));
    ASSERT_EQ(result.status, 0) << result.err;
    const Json json = Json::parse(result.out);
    // One a message, and a few for the start of each worker.
    EXPECT_NEAR(json.at("heap").at("allocations_per_message").get<double>(), 1.0, 0.05);
}

TEST(CliRun, SwitchedOffHeapIsNullNotZero) {
    const ProgramResult result = runProgram(
        cliArguments({"run", "steady", "--duration", "500ms", "--heap", "off", "--json"}));
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(Json::parse(result.out).at("heap").is_null());
}

TEST(CliRun, KilledWorkerIsNamedAndAccountedFor) {
    const ProgramResult result = runProgram(cliArguments(
        {"run", "worker-killed", "--duration", "3s", "--set", "kill.after=1s", "--json"}));
    EXPECT_EQ(result.status, 0) << result.err;
    const Json json = Json::parse(result.out);
    EXPECT_EQ(json.at("messages").at("lost"), 0);
    EXPECT_EQ(json.at("messages").at("duplicated"), 0);
    EXPECT_NE(result.out.find("SIGKILL"), std::string::npos);
}

TEST(CliRun, LeavesNothingBehind) {
    RunningProgram run(cliArguments({"run", "steady", "--duration", "300ms"}));
    const pid_t pid = run.pid();
    ASSERT_EQ(run.result().status, 0);
    EXPECT_TRUE(ringsOf(pid).empty());
}

// Samples of messages.sent that a session file holds by now; 0 when it cannot be read.
int samplesIn(const std::string& file) {
    const ProgramResult info = runProgram(cliArguments({"info", file, "--json"}));
    const Json json = Json::parse(info.out, nullptr, false);
    if (!json.is_object()) {
        return 0;
    }
    for (const Json& track : json.at("tracks")) {
        if (track.at("name") == "messages.sent") {
            return track.at("samples").get<int>();
        }
    }
    return 0;
}

TEST(CliRun, InterruptEndsWithinASecondAndKeepsTheFile) {
    const ScratchDirectory scratch;
    const std::int64_t tookNs = shortestOfFive(kNsPerSecond, [&] {
        const std::string file = scratch.path(std::to_string(monotonicNs()) + ".ringscope");
        RunningProgram run(cliArguments({"run", "steady", "--duration", "60s", "-o", file}));
        EXPECT_TRUE(eventually([&] { return samplesIn(file) > 0; }));
        const std::int64_t askedNs = monotonicNs();
        run.sendSignal(SIGINT);
        EXPECT_EQ(run.result().status, 130);
        const std::int64_t stoppedNs = monotonicNs();
        const ProgramResult info = runProgram(cliArguments({"info", file, "--json"}));
        EXPECT_EQ(info.status, 0) << info.err;
        return stoppedNs - askedNs;
    });
    EXPECT_LE(tookNs, kNsPerSecond);
}

TEST(CliRun, AWorkerThatDiesUnplannedIsStatusOne) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("a.ringscope");
    RunningProgram run(cliArguments({"run", "steady", "--duration", "5s", "--json", "-o", file}));
    ASSERT_TRUE(within(20 * kNsPerSecond, [&] { return samplesIn(file) > 0; }));
    const std::string pid = std::to_string(run.pid());
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    pid_t worker = 0;
    ASSERT_TRUE(children >> worker);
    ASSERT_EQ(::kill(worker, SIGKILL), 0);
    const ProgramResult result = run.result();
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_EQ(Json::parse(result.out).at("outcome"), "worker_died");
}

TEST(CliRun, KilledParentLeavesNothingAndItsFileOpens) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("a.ringscope");
    int written = 0;
    pid_t pid = -1;
    {
        RunningProgram run(cliArguments({"run", "steady", "--duration", "60s", "-o", file}));
        ASSERT_TRUE(eventually([&] { return (written = samplesIn(file)) > 50; }))
            << "the file is written while the workload runs";
        pid = run.pid();
        EXPECT_FALSE(ringsOf(pid).empty());
        run.sendSignal(SIGKILL);
        EXPECT_EQ(run.result().status, 128 + SIGKILL);
    }
    EXPECT_TRUE(eventually([&] { return ringsOf(pid).empty(); }))
        << "the workers noticed the end of their parent and unlinked the ring";
    EXPECT_GE(samplesIn(file), written);
    EXPECT_EQ(runProgram(cliArguments({"info", file})).status, 1)
        << "and says that its end is missing";
}

// A run in somebody else's ring, with settings behind a comma each.
ProgramResult runIn(const std::string& ring, const std::string& settings) {
    return runProgram(cliArguments({"run", "dmxp", "--duration", "500ms", "--json", "--set",
                                    "ring.dmxp_compatible=false,ring.attach=" + ring + settings}));
}

TEST(CliRun, IsOneSideOfAForeignRing) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), 1U << 20U);
    client.createChannel(256);
    for (std::uint64_t id = 0; id < 100; ++id) {
        ASSERT_TRUE(client.send(0, id, "before the run"));
    }
    const ProgramResult consuming = runIn(file.name(), ",producers=0");
    ASSERT_EQ(consuming.status, 0) << consuming.err;
    EXPECT_EQ(Json::parse(consuming.out).at("messages").at("foreign"), 100);
    const ProgramResult producing = runIn(file.name(), ",consumers=0,run.messages=200");
    ASSERT_EQ(producing.status, 0) << producing.err;
    EXPECT_EQ(Json::parse(producing.out).at("messages").at("in_ring"), 200);
    std::uint64_t received = 0;
    while (client.receive(0)) {
        ++received;
    }
    EXPECT_EQ(received, 200U);
}

TEST(CliRun, ExitStatusSaysWhatIsWrongWithAForeignRing) {
    const ShmFile file(segmentName("dmxp"));
    EXPECT_EQ(runIn(file.name(), "").status, 3) << "there is none";
    dmxp::Client client = dmxp::Client::create(file.name(), 1U << 20U);
    client.createChannel(4);
    EXPECT_EQ(runIn(file.name(), ",batch=8").status, 2);
    EXPECT_EQ(runIn(file.name(), ",recovery.repair=true").status, 2);
    const ProgramResult large = runIn(file.name(), ",payload_capacity=4096,payload.bytes=2048");
    EXPECT_EQ(large.status, 2);
    EXPECT_NE(large.err.find(file.name() + ": channel 0 has slots for 1024 bytes"),
              std::string::npos)
        << large.err;
    poke(file.name(), 0, std::uint64_t{0});
    EXPECT_EQ(runIn(file.name(), "").status, 4) << "it is no ring";
    EXPECT_EQ(::access(shmPath(file.name()).c_str(), F_OK), 0);
}

} // namespace
} // namespace ringscope
