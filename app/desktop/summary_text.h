// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <string>
#include <vector>

#include "core/session/run_summary.h"

namespace ringscope {

// Exact, with thin groups: what is compared digit by digit.
[[nodiscard]] QString exactCount(std::uint64_t number);

// "steady completed after 10 s: 3.2 M messages sent, all received." For the message bar.
[[nodiscard]] QString summarySentence(const RunSummary& summary);

// What a session came to, as the summary pane and the report show it.
struct SummaryLine {
    QString name;
    QString value;
    bool isProblem = false;
};
struct SummarySection {
    QString title;
    std::vector<SummaryLine> lines;
};
[[nodiscard]] std::vector<SummarySection> summarySections(const RunSummary& summary);

} // namespace ringscope
