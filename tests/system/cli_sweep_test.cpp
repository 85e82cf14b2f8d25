// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

// A System V segment that nobody attaches; removed at the end.
class SystemVSegment {
public:
    SystemVSegment()
        : m_id(::shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600)) {}
    SystemVSegment(const SystemVSegment&) = delete;
    SystemVSegment& operator=(const SystemVSegment&) = delete;
    ~SystemVSegment() { ::shmctl(m_id, IPC_RMID, nullptr); }
    [[nodiscard]] int id() const { return m_id; }
    [[nodiscard]] std::string name() const { return "shmid:" + std::to_string(m_id); }
    [[nodiscard]] bool isThere() const {
        struct shmid_ds status {};
        return ::shmctl(m_id, IPC_STAT, &status) == 0;
    }

private:
    int m_id;
};

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

TEST(CliSweep, RemovesForeignObjectsByNameOnly) {
    const SystemVSegment segment;
    EXPECT_EQ(cli({"sweep", "--remove"}).status, 0);
    EXPECT_TRUE(segment.isThere());
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
