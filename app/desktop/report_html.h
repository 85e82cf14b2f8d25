// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

#include "core/session/run_summary.h"
#include "core/session/session_view.h"

namespace ringscope {

// One chart as it stands in a report.
struct ReportChart {
    QString title;
    QString help;
    QByteArray svg;
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

// One HTML page that needs nothing else: charts as inline SVG, tables, provenance; no script, no
// font, no link. Any thread.
[[nodiscard]] QByteArray reportHtml(const ReportContent& content);

} // namespace ringscope
