// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/session/map_record.h"

class QMainWindow;

namespace ringscope {

class BackgroundJobs;
class MapWindow;
class MessageBar;
class Preferences;
class SessionController;
class Theme;
class WindowActions;

// Opens windows with memory maps: of any process, of a file, of the processes of a session. GUI
// thread only.
class MapFlow : public QObject {
    Q_OBJECT

public:
    // What it shows and says things with, of the window.
    struct Parts {
        SessionController& controller;
        Theme& theme;
        MessageBar& messages;
        Preferences& preferences;
    };
    MapFlow(QMainWindow& window, BackgroundJobs& jobs, const Parts& parts);

    void connectActions(const WindowActions& actions);
    // Asks which process.
    void begin();
    // With the maps that the session has of it.
    void showProcess(std::int32_t pid);
    void showFile(const QString& path);
    // A pid or a path, as the command line has it.
    void showTarget(const QString& target);
    // The maps that the session keeps; asks of which process when there are several.
    void showSession();
    // Keeps a map of every process of the session, and says so.
    void takeSnapshot();
    void setByteScale(ByteScale scale);

private:
    [[nodiscard]] MapWindow* open();
    void showRecords(const std::string& label);
    [[nodiscard]] std::vector<std::shared_ptr<const MapRecord>>
    recordsOf(const std::string& label) const;

    QMainWindow& m_window;
    BackgroundJobs& m_jobs;
    Parts m_parts;
};

} // namespace ringscope
