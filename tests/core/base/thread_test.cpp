// SPDX-License-Identifier: MIT
#include "core/base/thread.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace ringscope {
namespace {

TEST(Thread, DestructorStopsAndJoins) {
    bool ended = false;
    {
        const Thread thread("loop",
                            [&](const std::stop_token& stop) {
                                while (!stop.stop_requested()) {
                                    std::this_thread::yield();
                                }
                                ended = true;
                            },
                            {});
    }
    EXPECT_TRUE(ended);
}

TEST(Thread, EscapedExceptionBecomesAnError) {
    std::string message;
    Thread thread(
        "thrower", [](const std::stop_token&) { throw std::runtime_error("boom"); },
        [&](const Error& error) { message = error.message; });
    thread.join();
    EXPECT_NE(message.find("thrower"), std::string::npos);
    EXPECT_NE(message.find("boom"), std::string::npos);
}

TEST(Thread, EmptyThreadJoinsAtOnce) {
    Thread none;
    EXPECT_FALSE(none.isRunning());
    none.join();
}

} // namespace
} // namespace ringscope
