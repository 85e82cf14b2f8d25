// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/heap_figures.h"
#include "core/base/process_identity.h"
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
struct SessionView;

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
    void showProcess(const ProcessIdentity& process);
    // A process of the session, with the maps that the session has of it; these alone when it has
    // ended.
    void showWorker(std::int32_t pid);
    // The map of a session that was kept at that time; asks of which process when there are
    // several.
    void showMapAt(std::int64_t timeNs);
    void showFile(const QString& path);
    // A pid or a path, as the command line has it.
    void showTarget(const QString& target);
    // The maps that the session keeps; asks of which process when there are several.
    void showSession();
    // Those of a new view, in the windows of its processes.
    void addNewMaps(const SessionView& view);
    // Asks when maps are kept.
    void planSnapshots();
    // Keeps a map of every process of the session, and says so.
    void takeSnapshot();
    void setByteScale(ByteScale scale);

private:
    [[nodiscard]] MapWindow* open();
    using Records = std::vector<std::shared_ptr<const MapRecord>>;

    void pick(const std::vector<Records>& processes, std::optional<std::int64_t> timeNs);
    void showRecords(const std::string& label, std::optional<std::int64_t> timeNs);
    [[nodiscard]] bool isRunning(std::int32_t pid) const; // as the live session says
    // What it has allocated, as the live session counts it.
    [[nodiscard]] std::optional<HeapFigures> heapOf(std::int32_t pid) const;
    [[nodiscard]] std::vector<Records> sessionMaps() const; // of each process
    // Of the processes of which one was taken then.
    [[nodiscard]] std::vector<Records> mapsAt(std::int64_t timeNs) const;
    [[nodiscard]] Records recordsOf(const std::string& label) const;
    // The same of a process by its number, the newest that had it.
    [[nodiscard]] Records recordsOf(std::int32_t pid) const;

    QMainWindow& m_window;
    BackgroundJobs& m_jobs;
    Parts m_parts;
    // As they were when the windows got them last.
    std::shared_ptr<const std::vector<std::shared_ptr<const MapRecord>>> m_known;
};

} // namespace ringscope
