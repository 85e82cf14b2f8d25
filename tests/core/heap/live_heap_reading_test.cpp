// SPDX-License-Identifier: MIT
#include "core/session/sources/live_heap_reading.h"

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/core/heap/tracked_target.h"

namespace ringscope {
namespace {

std::vector<HeapReading> readingsOf(TrackedTarget& process) {
    std::vector<HeapReading> readings;
    for (LedgerReader& ledger : process.ledgers()) {
        HeapReading reading;
        reading.head.label = "P7";
        reading.head.process = ledger.process();
        reading.head.name = "what the kernel says";
        reading.sizes = {{0, 32, 5, 1}};
        reading.profile = ledger.profile();
        readings.push_back(std::move(reading));
    }
    return readings;
}

std::optional<LiveHeapReading::Records> waitFor(LiveHeapReading& reading) {
    for (int i = 0; i < 2'000; ++i) {
        if (auto found = reading.take()) {
            return found;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return std::nullopt;
}

TEST(LiveHeapReading, FindsWhatIsAliveOnce) {
    TrackedTarget process({PROFILE_TARGET, "sites"}, TrackedTarget::Tracker::exact);
    ASSERT_EQ(process.end().status, 0);
    LiveHeapReading reading;
    EXPECT_FALSE(reading.take());
    reading.start(readingsOf(process));
    const auto found = waitFor(reading);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1U);
    const HeapRecord& record = *found->front();
    EXPECT_EQ(record.label, "P7");
    EXPECT_EQ(record.name, "heap_profile_target") << "the program's own name";
    EXPECT_EQ(record.process.pid, process.ledgers()[0].process().pid);
    EXPECT_EQ(record.profile.blocks.size(), record.profile.total.liveBlocks);
    EXPECT_GT(record.profile.blocks.size(), 0U);
    EXPECT_EQ(record.profile.sizes.size(), 1U);
    EXPECT_FALSE(reading.take()) << "it is there once";
    reading.start(readingsOf(process));
    EXPECT_TRUE(waitFor(reading)) << "and again";
}

TEST(LiveHeapReading, HoldsNoProfileAfterwards) {
    TrackedTarget process({PROFILE_TARGET, "sites"}, TrackedTarget::Tracker::exact);
    ASSERT_EQ(process.end().status, 0);
    auto readings = readingsOf(process);
    ASSERT_EQ(readings.size(), 1U);
    const std::weak_ptr<const ProfileReader> profile = readings[0].profile;
    LiveHeapReading reading;
    reading.start(std::move(readings));
    reading.start({}); // while one is under way, or after it
    process.ledgers()[0].closeProfile();
    ASSERT_TRUE(waitFor(reading));
    EXPECT_TRUE(profile.expired());
}

TEST(LiveHeapReading, EndsWithItsOwner) {
    TrackedTarget process({PROFILE_TARGET, "many"}, TrackedTarget::Tracker::exact);
    ASSERT_EQ(process.end().status, 0);
    for (int i = 0; i < 20; ++i) {
        LiveHeapReading reading;
        reading.start(readingsOf(process));
    }
}

} // namespace
} // namespace ringscope
