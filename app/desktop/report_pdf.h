// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include "app/desktop/report_content.h"

namespace ringscope {

// The report on A4 pages: text is text, charts are vectors. GUI thread.
[[nodiscard]] QByteArray reportPdf(const ReportContent& content);

} // namespace ringscope
