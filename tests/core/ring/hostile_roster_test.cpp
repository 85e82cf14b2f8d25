// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "core/base/clock.h"
#include "core/ring/stuck_watch.h"
#include "tests/core/ring/hostile_roster.h"

namespace ringscope {
namespace {

// Without bounds each of these takes minutes to days.
constexpr double kLongSeconds = 30;

class HostileRoster : public testing::Test {
protected:
    void TearDown() override {
        EXPECT_LT(static_cast<double>(monotonicNs() - m_startNs) / 1e9, kLongSeconds);
    }

private:
    std::int64_t m_startNs = monotonicNs();
};

TEST_F(HostileRoster, DoesNotKeepTheStuckWatchBusy) {
    const Segment segment = segmentFullOfTheDead(1024, 1024);
    auto observer = RingObserver::open(segment.name());
    ASSERT_TRUE(observer);
    StuckWatch watch(std::make_shared<RingObserver>(std::move(*observer)));
    const auto stuck = watch.look(1);
    ASSERT_TRUE(stuck);
    EXPECT_FALSE(stuck->empty()) << "the first of them are told";
    EXPECT_LT(stuck->size(), 4096U);
}

} // namespace
} // namespace ringscope
