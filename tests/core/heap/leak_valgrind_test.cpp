// SPDX-License-Identifier: MIT
// What memcheck says of leak_target, which leak_search_test.cpp expects of us.
#include <gtest/gtest.h>
#include <string>

#include "tests/core/heap/tracked_target.h"

namespace ringscope {
namespace {

TEST(LeakKinds, AreThoseOfMemcheck) {
    const std::string log = TrackedTarget({VALGRIND, "--leak-check=full", "--show-leak-kinds=all",
                                           "--suppressions=" LEAK_TARGET_SUPPRESSIONS,
                                           "--log-file=/proc/self/fd/1", LEAK_TARGET, LEAK_PLUGIN},
                                          TrackedTarget::Tracker::off)
                                .end()
                                .output;
    // 100 + 48 + 64 + 40 + 128; 56 + 72; 30 + 200 + 24; 10 + 300,000 + 136 + 0 + 92 + 96 + 112 +
    // 104 + 88.
    for (const char* line :
         {"definitely lost: 380 bytes in 5 blocks", "indirectly lost: 128 bytes in 2 blocks",
          "possibly lost: 254 bytes in 3 blocks", "still reachable: 300,638 bytes in 9 blocks"}) {
        EXPECT_NE(log.find(line), std::string::npos) << line << " is not in\n" << log;
    }
}

} // namespace
} // namespace ringscope
