// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "core/session/session_view.h"

class QLabel;
class QPushButton;

namespace ringscope {

class DataTable;
class Theme;

// Who uses the ring and what is stuck, with the button that repairs it. GUI thread only.
class ParticipantsPane : public QWidget {
    Q_OBJECT

public:
    explicit ParticipantsPane(const Theme& theme, QWidget* parent = nullptr);

    // instant: what is shown when it is not now; empty: now.
    void setView(const SessionView& view, const QString& instant);
    // The pane's own; the window keeps its columns with those of the others.
    [[nodiscard]] DataTable& table() const { return *m_table; }

Q_SIGNALS:
    void repairRequested();
    void slotChosen(quint64 slot); // of the participant that was activated

private:
    DataTable* m_table;
    QWidget* m_foot;
    QLabel* m_sentence;
    QPushButton* m_repair;
};

} // namespace ringscope
