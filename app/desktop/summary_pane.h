// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTextBrowser>

#include <optional>

#include "core/session/run_summary.h"

namespace ringscope {

class Theme;

// What a session came to, once it has ended: messages, latency, ring, heap, memory. Text that can
// be selected and copied. GUI thread.
class SummaryPane : public QTextBrowser {
    Q_OBJECT

public:
    explicit SummaryPane(Theme& theme, QWidget* parent = nullptr);
    void setSummary(const std::optional<RunSummary>& summary);

private:
    void updateText();

    Theme& m_theme;
    std::optional<RunSummary> m_summary;
};

} // namespace ringscope
