// SPDX-License-Identifier: MIT
#include "core/heap/tracker_environment.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(HeapMode, WordsAreThoseOfTheCommandLine) {
    EXPECT_EQ(parseHeapMode("off").value(), HeapMode::off);
    EXPECT_EQ(parseHeapMode("counts").value(), HeapMode::counts);
    EXPECT_EQ(parseHeapMode("sampled").value(), HeapMode::sampled);
    EXPECT_EQ(parseHeapMode("exact").value(), HeapMode::exact);
    const auto unknown = parseHeapMode("Counts");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().kind, ErrorKind::usage);
    EXPECT_NE(unknown.error().message.find("'Counts'"), std::string::npos);
}

TEST(TrackerEnvironment, OffNeedsNothing) {
    const auto receiver = LedgerReceiver::create();
    ASSERT_TRUE(receiver);
    EXPECT_TRUE(trackerEnvironment(*receiver, HeapMode::off).value().empty());
}

TEST(TrackerEnvironment, TellsTheTrackerItsMode) {
    const auto receiver = LedgerReceiver::create();
    ASSERT_TRUE(receiver);
    for (const auto& [mode, word] : {std::pair{HeapMode::counts, "counters"},
                                     {HeapMode::sampled, "sampled"},
                                     {HeapMode::exact, "exact"}}) {
        const auto variables = trackerEnvironment(*receiver, mode);
        ASSERT_TRUE(variables) << variables.error().message;
        const std::pair<std::string, std::string> wanted{"RINGSCOPE_HEAP_MODE", word};
        EXPECT_NE(std::find(variables->begin(), variables->end(), wanted), variables->end());
    }
}

} // namespace
} // namespace ringscope
