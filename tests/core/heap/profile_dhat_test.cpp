// SPDX-License-Identifier: MIT
// Profiles of whole programs beside those of Valgrind's DHAT: for each stack blocks and bytes in
// all, at the peak of all, and at the end, which are the same to the byte.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <unistd.h>
#include <vector>

#include "core/session/dhat_file.h"
#include "tests/core/heap/tracked_target.h"
#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;
using Tracker = TrackedTarget::Tracker;
// Blocks and bytes in all, at the peak, at the end.
using Numbers = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                           std::uint64_t, std::uint64_t>;

std::vector<Numbers> numbersOf(const HeapProfile& profile) {
    std::vector<Numbers> all;
    for (const HeapStack& stack : profile.stacks) {
        const HeapSums& sums = stack.sums;
        all.emplace_back(sums.blocks, sums.bytes, sums.peakBlocks, sums.peakBytes, sums.liveBlocks,
                         sums.liveBytes);
    }
    std::sort(all.begin(), all.end());
    return all;
}

std::vector<Numbers> dhatOf(const std::vector<std::string>& program) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("dhat.json");
    std::vector<std::string> command = {VALGRIND,
                                        "--tool=dhat",
                                        "--run-libc-freeres=no",
                                        "--run-cxx-freeres=no",
                                        "--num-callers=200",
                                        "--dhat-out-file=" + file};
    command.insert(command.end(), program.begin(), program.end());
    const ProgramResult result = runProgram(command);
    EXPECT_EQ(result.status, 0) << result.err;
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const Json dhat = Json::parse(text, nullptr, false);
    std::vector<Numbers> all;
    if (dhat.is_object()) {
        for (const Json& p : dhat.at("pps")) {
            all.emplace_back(p.at("tbk"), p.at("tb"), p.at("gbk"), p.at("gb"), p.at("ebk"),
                             p.at("eb"));
        }
    }
    std::sort(all.begin(), all.end());
    // The same by our own reading of the file.
    const auto record = readDhat(text, file);
    EXPECT_TRUE(record) << record.error().message;
    EXPECT_EQ(numbersOf(record->profile), all);
    EXPECT_EQ(record->profile.total.peakBytes, record->profile.peakBytes);
    return all;
}

std::vector<Numbers> oursOf(const std::vector<std::string>& program) {
    TrackedTarget process(program, Tracker::exact);
    EXPECT_EQ(process.end().status, 0);
    std::vector<Numbers> all;
    EXPECT_EQ(process.ledgers().size(), 1U);
    for (LedgerReader& ledger : process.ledgers()) {
        const auto profile = ledger.profile()->read();
        EXPECT_TRUE(profile);
        const auto each = numbersOf(*profile);
        all.insert(all.end(), each.begin(), each.end());
    }
    std::sort(all.begin(), all.end());
    return all;
}

class ProfileAndDhat : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(ProfileAndDhat, AreTheSameStackByStack) {
    if (::access(GetParam().front().c_str(), X_OK) != 0) {
        GTEST_SKIP() << GetParam().front() << " is not installed";
    }
    const auto dhat = dhatOf(GetParam());
    ASSERT_FALSE(dhat.empty());
    EXPECT_EQ(oursOf(GetParam()), dhat);
}

INSTANTIATE_TEST_SUITE_P(Of, ProfileAndDhat,
                         testing::Values(std::vector<std::string>{PROFILE_TARGET, "sites"},
                                         std::vector<std::string>{PROFILE_TARGET, "many"},
                                         std::vector<std::string>{"/usr/bin/uname"},
                                         std::vector<std::string>{"/usr/bin/sort", "/etc/passwd"},
                                         std::vector<std::string>{
                                             "/usr/bin/sqlite3", ":memory:",
                                             "create table t(a, b); insert into t values (1, 'x'), "
                                             "(2, 'y'); select * from t order by b desc;"}));

} // namespace
} // namespace ringscope
