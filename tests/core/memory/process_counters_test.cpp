// SPDX-License-Identifier: MIT
#include "core/memory/process_counters.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace ringscope {
namespace {

TEST(ProcessCounters, ReadsItself) {
    auto reader = ProcessCountersReader::open(::getpid());
    ASSERT_TRUE(reader) << reader.error().message;
    const auto fast = reader->readFast();
    ASSERT_TRUE(fast) << fast.error().message;
    EXPECT_EQ(fast->rss, fast->rssAnon.value() + fast->rssFile.value() + fast->rssShmem.value());
    EXPECT_EQ(fast->threads, 1U);
    const auto slow = reader->readSlow();
    ASSERT_TRUE(slow) << slow.error().message;
    EXPECT_EQ(slow->rss, slow->privateBytes() + slow->sharedBytes());
    EXPECT_GT(slow->costNs, 0);
}

} // namespace
} // namespace ringscope
