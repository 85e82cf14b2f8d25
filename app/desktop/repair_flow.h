// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <string>

#include "core/base/expected.h"
#include "core/ring/repair.h"
#include "core/session/session_view.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class MessageBar;
class SessionController;

// Repair from the window: says when a dead participant has left slots stuck, shows what a repair
// would do, does it when the user agrees, and says what came of it, also on the time axis. GUI
// thread only.
class RepairFlow : public QObject {
    Q_OBJECT

public:
    RepairFlow(QWidget& window, SessionController& controller, BackgroundJobs& jobs,
               MessageBar& messages);

    // Of the ring that is shown live. One at a time.
    void begin();

Q_SIGNALS:
    void participantsRequested(); // who is meant wants to be seen

private:
    void watch(const SessionView& view);
    void ask(const std::string& ring, const RepairReport& plan);
    void repair(const std::string& ring);
    void finish(const RepairReport& report);

    QWidget& m_window;
    SessionController& m_controller;
    BackgroundJobs& m_jobs;
    MessageBar& m_messages;
    bool m_isBusy = false;
    bool m_isStuckKnown = false; // the user was told
};

} // namespace ringscope
