// SPDX-License-Identifier: MIT
#include <csignal>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/core/ring/dmxp_client.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/support/patience.h"
#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

// The ring of a run that goes on; empty when it never has one.
std::string ringOf(const RunningProgram& run) {
    std::string ring;
    (void)eventually([&] {
        const auto rings = ringsOf(run.pid());
        ring = rings.empty() ? std::string() : rings.front();
        return !ring.empty();
    });
    return ring;
}

TEST(CliRing, ShowsARingInUseAndRefusesToRemoveIt) {
    RunningProgram run({RINGSCOPE_CLI, "run", "slow-consumer", "--duration", "60s"});
    const std::string ring = ringOf(run);
    ASSERT_NE(ring, "");
    Json json;
    const bool isFilled = eventually([&] {
        const ProgramResult shown = cli({"ring", ring, "--slots", "--json"});
        EXPECT_EQ(shown.status, 0) << shown.err;
        json = Json::parse(shown.out, nullptr, false);
        return !json.is_object() || (json.at("participants").size() == 4 &&
                                     json.at("channels").at(0).at("states").at("ready") > 0);
    });
    EXPECT_TRUE(isFilled) << "a slow consumer's ring stands full";
    ASSERT_TRUE(json.is_object());
    const Json& channel = json.at("channels").at(0);
    EXPECT_EQ(channel.at("slots").size(), channel.at("capacity").get<std::size_t>());
    EXPECT_EQ(json.at("participants").at(0).at("state"), "alive");

    bool isListed = false;
    const ProgramResult list = cli({"rings", "--json"});
    for (const Json& entry : Json::parse(list.out)) {
        isListed = isListed || (entry.at("name") == ring && entry.at("orphaned") == false);
    }
    EXPECT_TRUE(isListed);

    const ProgramResult removed = cli({"ring", "remove", ring});
    EXPECT_EQ(removed.status, 1);
    EXPECT_NE(removed.err.find(ring), std::string::npos);
    run.sendSignal(SIGINT);
    EXPECT_EQ(run.result().status, 130);
}

TEST(CliRing, RecordsARingThatSomebodyElseRuns) {
    RunningProgram run({RINGSCOPE_CLI, "run", "steady", "--duration", "60s"});
    const std::string ring = ringOf(run);
    ASSERT_NE(ring, "");
    const ProgramResult recorded = cli({"record", "--ring", ring, "--duration", "1s", "--json"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    EXPECT_EQ(Json::parse(recorded.out).at("ring").at("name"), ring);
    run.sendSignal(SIGINT);
    EXPECT_EQ(run.result().status, 130);
}

TEST(CliRing, SaysWhatIsOffInASegmentOfDmxps) {
    const ShmFile file("ringscope-test-dmxp-" + std::to_string(::getpid()));
    dmxp::Client client = dmxp::Client::create(file.name());
    client.createChannel(8);
    ProgramResult shown = cli({"ring", file.name()});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_NE(shown.out.find("created by DMXP"), std::string::npos) << shown.out;
    EXPECT_NE(shown.out.find("nothing is off"), std::string::npos) << shown.out;

    ASSERT_TRUE(client.sendWithLength(0, 1, "short", 70'000));
    client.createChannel(1);
    shown = cli({"ring", file.name()});
    EXPECT_NE(shown.out.find("OFF channel 0: 1 messages claim more"), std::string::npos)
        << shown.out;
    const ProgramResult asJson = cli({"ring", file.name(), "--json"});
    EXPECT_EQ(Json::parse(asJson.out).at("layout").at("off").size(), 2U) << asJson.out;
    EXPECT_NE(cli({"rings"}).out.find("; layout: "), std::string::npos);
}

} // namespace
} // namespace ringscope
