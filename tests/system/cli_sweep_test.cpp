// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/shm.h>

#include "tests/support/run_program.h"
#include "tests/support/system_v_segment.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

TEST(CliSweep, ListsASegmentThatNobodyAttaches) {
    const SystemVSegment segment;
    const ProgramResult listed = cli({"sweep", segment.name(), "--json"});
    ASSERT_EQ(listed.status, 0) << listed.err;
    const Json json = Json::parse(listed.out, nullptr, false);
    ASSERT_TRUE(json.is_array() && json.size() == 1) << listed.out;
    EXPECT_EQ(json[0].at("kind"), "System V");
    EXPECT_EQ(json[0].at("bytes"), 8192);
    EXPECT_EQ(json[0].at("orphaned"), true);
    EXPECT_EQ(json[0].at("swept"), false);
}

TEST(CliSweep, RemovesWhatIsNamed) {
    const SystemVSegment segment;
    const ProgramResult removed = cli({"sweep", "--remove", "--yes", segment.name()});
    EXPECT_EQ(removed.status, 0) << removed.err;
    EXPECT_FALSE(segment.isThere());
}

TEST(CliSweep, LeavesWhatIsAttached) {
    const SystemVSegment segment;
    void* const mapping = ::shmat(segment.id(), nullptr, SHM_RDONLY);
    const ProgramResult removed = cli({"sweep", "--remove", "--yes", segment.name()});
    EXPECT_EQ(removed.status, 1);
    EXPECT_NE(removed.err.find("left alone"), std::string::npos) << removed.err;
    EXPECT_TRUE(segment.isThere());
    ::shmdt(mapping);
}

TEST(CliSweep, SaysThatANameDoesNotExist) {
    const ProgramResult missing = cli({"sweep", "--remove", "there-is-no-such-object"});
    EXPECT_EQ(missing.status, 3);
    EXPECT_NE(missing.err.find("does not exist"), std::string::npos) << missing.err;
}

} // namespace
} // namespace ringscope
