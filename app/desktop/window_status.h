// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>

#include "core/base/units.h"
#include "core/session/session_view.h"

class QLabel;
class QMainWindow;
class QMenu;
class QToolButton;

namespace ringscope {

class Theme;

// The status bar: what is observed, at what rates, what was lost, what Ringscope itself costs, and
// the unit of memory sizes. GUI thread.
class WindowStatus : public QObject {
    Q_OBJECT

public:
    WindowStatus(QMainWindow& window, Theme& theme, QMenu& unitsMenu);

    // Cheap to call at each frame: the texts follow twice a second.
    void setView(const SessionView& view);
    void setByteScale(ByteScale scale);

private:
    Theme& m_theme;
    QLabel* m_target;
    QLabel* m_rates;
    QLabel* m_lost;
    QLabel* m_cost;
    QToolButton* m_unit;
    ByteScale m_scale = ByteScale::automatic;
    QElapsedTimer m_sinceShown;
    bool m_wasLive = false;
};

} // namespace ringscope
