// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

#include "core/base/expected.h"
#include "core/session/run_summary.h"
#include "core/session/session_view.h"
#include "widgets/charts/time_link.h"

namespace ringscope {

// One chart as it stands in a report.
struct ReportChart {
    QString title;
    QString help;
    QByteArray svg; // the <svg> element alone
};

struct ReportContent {
    QString title;
    bool isDark = false;
    std::int64_t fromNs = 0; // monotonic, the part of the session that charts and tables are about
    std::int64_t toNs = 0;
    std::shared_ptr<const SessionView> view;
    std::optional<RunSummary> summary;
    std::vector<ReportChart> charts;
};

// Paints every chart that the session has data for. GUI thread. An empty title becomes what was
// observed. Errors (usage): nothing was recorded in the range.
[[nodiscard]] Expected<ReportContent> makeReport(const std::shared_ptr<const SessionView>& view,
                                                 const std::optional<RunSummary>& summary,
                                                 TimeRange range, const QString& title,
                                                 bool isDark);

} // namespace ringscope
