// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointer>

#include <cstdint>
#include <optional>

#include "app/desktop/heap_window.h"
#include "core/base/units.h"

class QMainWindow;

namespace ringscope {

class BackgroundJobs;
class MessageBar;
class Preferences;
class SessionController;
class Theme;
class TimeLink;
class WindowActions;
struct SessionView;

// Opens the window with the heap profiles of the session, hands it what is new, and starts programs
// to profile. GUI thread only.
class HeapFlow : public QObject {
    Q_OBJECT

public:
    // What it shows and says things with, of the window.
    struct Parts {
        SessionController& controller;
        Theme& theme;
        MessageBar& messages;
        Preferences& preferences;
        TimeLink& link;
    };
    HeapFlow(QMainWindow& window, BackgroundJobs& jobs, const Parts& parts);

    // actions lives as long as the window.
    void connectActions(WindowActions& actions);
    // Says why when there is none to show.
    void open();
    // Asks for a program to run and what to record of its heap.
    void askForProgram();
    void setView(const SessionView& view);
    void setByteScale(ByteScale scale);
    [[nodiscard]] HeapWindow* shown() const { return m_shown; }

private:
    void setMode(HeapMode mode);
    // Of what runs; empty: nothing that is tracked does.
    [[nodiscard]] std::optional<HeapMode> shownMode() const;
    void offerToRecord();

    QMainWindow& m_window;
    BackgroundJobs& m_jobs;
    Parts m_parts;
    WindowActions* m_actions = nullptr;
    QPointer<HeapWindow> m_shown;
    ByteScale m_scale = ByteScale::automatic;
};

} // namespace ringscope
