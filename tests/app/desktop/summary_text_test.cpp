// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/summary_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ringscope {
namespace {

RunSummary summaryOf(std::uint64_t takenByOthers, std::uint64_t foreign) {
    RunSummary summary;
    summary.scenario = "dmxp";
    summary.outcome = "completed";
    summary.durationSeconds = 10;
    RunSummary::Messages& messages = summary.messages.emplace(RunSummary::Messages{});
    messages.sent = 50;
    messages.received = 50 - takenByOthers;
    messages.takenByOthers = takenByOthers;
    messages.foreign = foreign;
    return summary;
}

bool hasLine(const RunSummary& summary, const std::string& name, const std::string& value) {
    for (const SummarySection& section : summarySections(summary)) {
        for (const SummaryLine& line : section.lines) {
            if (line.name.toStdString() == name && line.value.toStdString() == value) {
                return true;
            }
        }
    }
    return false;
}

TEST(SummaryText, SaysWhatOthersTookAndSent) {
    const RunSummary summary = summaryOf(20, 7);
    const std::string sentence = summarySentence(summary).toStdString();
    EXPECT_NE(sentence.find("30 received, 0 left in the ring, 20 taken by others, 7 received of "
                            "others; none lost"),
              std::string::npos)
        << sentence;
    EXPECT_TRUE(hasLine(summary, "Taken by others", "20"));
    EXPECT_TRUE(hasLine(summary, "Received of others", "7"));
}

TEST(SummaryText, IsSilentOfOthersWhereThereAreNone) {
    const RunSummary summary = summaryOf(0, 0);
    EXPECT_EQ(summarySentence(summary).toStdString().find("others"), std::string::npos);
    EXPECT_FALSE(hasLine(summary, "Taken by others", "0"));
}

} // namespace
} // namespace ringscope
