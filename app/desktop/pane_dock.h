// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDockWidget>
#include <QElapsedTimer>
#include <QString>
#include <QTimer>

#include <functional>
#include <memory>

#include "core/session/session_view.h"

namespace ringscope {

// A pane of the window that can be moved, floated and closed. It hands views on only while it can
// be seen, and no more often than its content can be read; the newest one is never left out. GUI
// thread only.
class PaneDock : public QDockWidget {
    Q_OBJECT

public:
    using ShowView = std::function<void(const SessionView&)>;

    // name is stable: saved layouts and tests know the pane by it. periodMs 0 = every view.
    PaneDock(const QString& name, const QString& title, QWidget* content, int periodMs,
             ShowView showView, QWidget* parent = nullptr);

    void setView(std::shared_ptr<const SessionView> view);
    // The same view again, because what it is shown for changed (a range, the cursor).
    void refresh();
    [[nodiscard]] bool isSeen() const { return m_isSeen; }

private:
    void handOn();

    // Constant after construction.
    int m_periodMs;
    ShowView m_showView;

    std::shared_ptr<const SessionView> m_view;
    QElapsedTimer m_sinceShown;
    QTimer m_later;
    bool m_isSeen = false;
};

} // namespace ringscope
