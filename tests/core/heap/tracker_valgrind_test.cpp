// SPDX-License-Identifier: MIT
// The ledger's totals of whole programs beside those of Valgrind's memcheck, which counts a realloc
// as we do: one allocation and one free.
#include "tests/core/heap/tracked_target.h"

#include <cctype>
#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

using Tracker = TrackedTarget::Tracker;

std::uint64_t numberBefore(const std::string& text, const std::string& word) {
    const std::size_t end = text.find(word);
    if (end == std::string::npos) {
        return 0;
    }
    std::string digits;
    for (std::size_t at = end; at > 0 && (std::isdigit(text[at - 1]) != 0 || text[at - 1] == ',');
         --at) {
        if (text[at - 1] != ',') {
            digits.insert(digits.begin(), text[at - 1]);
        }
    }
    return digits.empty() ? 0 : std::stoull(digits);
}

class TrackerAndValgrind : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(TrackerAndValgrind, CountTheSame) {
    std::vector<std::string> command = {VALGRIND, "--run-libc-freeres=no", "--run-cxx-freeres=no",
                                        "--log-file=/proc/self/fd/1"};
    command.insert(command.end(), GetParam().begin(), GetParam().end());
    const std::string log = TrackedTarget(command, Tracker::off).end().output;
    ASSERT_NE(log.find("total heap usage"), std::string::npos) << log;

    TrackedTarget process(GetParam());
    process.end();
    ASSERT_EQ(process.ledgers().size(), 1U);
    const auto counters = process.ledgers()[0].read();
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->allocations, numberBefore(log, " allocs,"));
    EXPECT_EQ(counters->frees, numberBefore(log, " frees,"));
}

INSTANTIATE_TEST_SUITE_P(Of, TrackerAndValgrind,
                         testing::Values(std::vector<std::string>{HEAP_TARGET, "exit"},
                                         std::vector<std::string>{"/bin/ls", "/"},
                                         std::vector<std::string>{"/usr/bin/git", "--version"},
                                         std::vector<std::string>{"/usr/bin/sort", "/etc/passwd"}));

} // namespace
} // namespace ringscope
