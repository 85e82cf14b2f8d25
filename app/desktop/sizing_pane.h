// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "core/session/session_view.h"
#include "widgets/charts/time_link.h"

class QLabel;

namespace ringscope {

class DataTable;
class Theme;

// The advice in words above the table of channels it is about, over a range of time. GUI thread
// only.
class SizingPane : public QWidget {
    Q_OBJECT

public:
    explicit SizingPane(const Theme& theme, QWidget* parent = nullptr);

    void setView(const SessionView& view, TimeRange range);
    // The pane's own; the window keeps its columns with those of the others.
    [[nodiscard]] DataTable& table() const { return *m_table; }
    [[nodiscard]] QString sentence() const;

private:
    QLabel* m_sentence;
    DataTable* m_table;
};

} // namespace ringscope
