// SPDX-License-Identifier: MIT
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/ring/segment.h"
#include "tests/support/run_program.h"
#include "tests/support/spsc_queue_process.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

TEST(CliForeignRing, ShowsFillOfARingThatIsNotOurs) {
    const SpscQueueProcess queue(SPSC_QUEUE_PROGRAM, segmentName("foreign"), 1500, 1000);
    queue.begin();
    queue.waitUntilDone();
    const ProgramResult shown = cli({"ring", queue.name(), "--layout", RING_EXAMPLE, "--json"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    const Json json = Json::parse(shown.out);
    EXPECT_EQ(json.at("name"), queue.name());
    const Json& channel = json.at("channels").at(0);
    EXPECT_EQ(channel.at("name"), "orders");
    EXPECT_EQ(channel.at("capacity"), 1025);
    EXPECT_EQ(channel.at("used"), 500);
    EXPECT_EQ(channel.at("head"), 1000);
    EXPECT_EQ(channel.at("tail"), 1500);
    EXPECT_EQ(channel.at("sent_per_s"), 0.0);

    const ProgramResult text = cli({"ring", queue.name(), "--layout", RING_EXAMPLE});
    EXPECT_THAT(text.out, HasSubstr("0 orders"));
    EXPECT_THAT(text.out, HasSubstr("48.8 %"));
}

// It pushes 2 a millisecond at most, and goes on for longer than this looks.
TEST(CliForeignRing, RecordsRatesOfARingThatIsNotOurs) {
    const SpscQueueProcess queue(SPSC_QUEUE_PROGRAM, segmentName("foreign"), 100'000, 100'000);
    const ScratchDirectory folder;
    queue.begin();
    const ProgramResult shown = cli({"ring", queue.name(), "--layout", RING_EXAMPLE, "--json"});
    const double rate = Json::parse(shown.out).at("channels").at(0).at("sent_per_s");
    EXPECT_GT(rate, 100);
    EXPECT_LT(rate, 2'200);
    const ProgramResult recorded = cli({"record", "--ring", queue.name(), "--layout", RING_EXAMPLE,
                                        "--duration", "1s", "-o", folder.path("it.ringscope")});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const ProgramResult csv = cli({"export", folder.path("it.ringscope"), "--format", "csv",
                                   "--track", "ring.ch0.sent", "-o", "-"});
    EXPECT_THAT(csv.out, HasSubstr("ring.ch0.sent"));
    EXPECT_GT(std::count(csv.out.begin(), csv.out.end(), '\n'), 100) << csv.out.substr(0, 300);
}

TEST(CliForeignRing, NamesTheLineThatIsWrong) {
    const SpscQueueProcess queue(SPSC_QUEUE_PROGRAM, segmentName("foreign"), 1, 1);
    const ScratchDirectory folder;
    const std::string layout = folder.path("demo.toml");
    std::ofstream(layout)
        << "[[channels]]\ncapacity = 1025\nhead = { offset = 10485760, size = 8 }\n"
           "tail = { offset = 0, size = 8 }\n";
    const ProgramResult wrong = cli({"record", "--ring", queue.name(), "--layout", layout});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.err, HasSubstr("demo.toml:3: head.offset 10485760 is beyond the end of "
                                     "/dev/shm/" +
                                     queue.name()));
    EXPECT_EQ(cli({"ring", "--layout", layout}).status, 2) << "no object is named";
    EXPECT_EQ(cli({"ring", "x", "--layout", layout, "--slots"}).status, 2);
    EXPECT_EQ(cli({"ring", "ringscope-none", "--layout", layout}).status, 3);
    EXPECT_EQ(cli({"ring", "x", "--layout", folder.path("none.toml")}).status, 3);
}

} // namespace
} // namespace ringscope
