// SPDX-License-Identifier: MIT
#include "tests/core/heap/attached_program.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(AttachCycles, TwoHundredWhileFourThreadsAllocate) {
    cycle(200, HeapMode::counts);
}

TEST(AttachCycles, FiftyWithEveryBlock) {
    cycle(50, HeapMode::exact);
}

} // namespace
} // namespace ringscope
