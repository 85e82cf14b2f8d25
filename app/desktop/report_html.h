// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include "app/desktop/report_content.h"

namespace ringscope {

// One HTML page that needs nothing else: charts as inline SVG, tables, provenance; no script, no
// font, no link. Any thread.
[[nodiscard]] QByteArray reportHtml(const ReportContent& content);

// The same page in the parts that a printed one is made of, each a document for QTextDocument.
[[nodiscard]] QString reportHeadHtml(const ReportContent& content);
[[nodiscard]] QString reportTablesHtml(const ReportContent& content);

} // namespace ringscope
