// SPDX-License-Identifier: MIT
#include "core/base/latest.h"

#include <atomic>
#include <gtest/gtest.h>

#include "core/base/thread.h"

namespace ringscope {
namespace {

TEST(Latest, GivesTheNewestAndForgetsTheRest) {
    Latest<int> box;
    EXPECT_EQ(box.get(), nullptr);
    box.publish(std::make_shared<const int>(1));
    box.publish(std::make_shared<const int>(2));
    EXPECT_EQ(*box.get(), 2);
}

TEST(Latest, NeverGoesBackwardsForAReaderOnAnotherThread) {
    Latest<int> box;
    box.publish(std::make_shared<const int>(0));
    std::atomic<bool> wentBack{false};
    {
        const Thread reader("reader",
                            [&](const std::stop_token& stop) {
                                int last = 0;
                                while (!stop.stop_requested()) {
                                    const int now = *box.get();
                                    if (now < last) {
                                        wentBack.store(true, std::memory_order_relaxed);
                                    }
                                    last = now;
                                }
                            },
                            {});
        for (int value = 1; value < 20'000; ++value) {
            box.publish(std::make_shared<const int>(value));
        }
    }
    EXPECT_FALSE(wentBack.load(std::memory_order_relaxed));
}

} // namespace
} // namespace ringscope
