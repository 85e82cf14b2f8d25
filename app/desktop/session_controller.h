// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/session/live_session.h"
#include "core/session/run_summary.h"
#include "core/session/session_view.h"
#include "core/workload/scenario.h"

namespace ringscope {

class Autosave;
class BackgroundJobs;

//            run, attach                      target ended, stop()
//   empty ---------------> starting --> live ----------------------> stopping --> ended
//     ^  \                    | failed                                              |
//     |   `--- open ---> loading --> loaded           any of them may start anew <--'
enum class SessionState { empty, starting, live, stopping, ended, loading, loaded };

// What the window shows: one session, live or loaded. Owns the live one; everything that may wait
// is a background job. poll() takes the newest view of what runs and hands it on when it is new.
// GUI thread only.
class SessionController : public QObject {
    Q_OBJECT

public:
    using View = std::shared_ptr<const SessionView>;

    explicit SessionController(BackgroundJobs& jobs, QObject* parent = nullptr);
    SessionController(const SessionController&) = delete;
    SessionController& operator=(const SessionController&) = delete;
    ~SessionController() override;

    // From now on every live session is also in a file until it is saved or replaced by another
    // one, or this controller goes.
    void setAutosave(std::shared_ptr<Autosave> autosave);
    // What a crash has left, as a session that is not saved. Its file stays until it is.
    void openLeftOver(const QString& path);

    // Each ends what runs first. Nothing is shown of the new one until it is there.
    void runScenario(const Scenario& scenario);
    // A program with its arguments; argv[0] is looked up in PATH.
    void runCommand(const std::vector<std::string>& argv);
    // startTicks of 0 means whichever process has the pid. heapMode: what is recorded of its heap
    // until the session ends; other than off has it load the tracker, for up to some seconds
    // (core/heap/attach_linux.h).
    void attachProcess(const ProcessIdentity& process, HeapMode heapMode = HeapMode::off);
    // layoutFile: describes one that is not ours; name may then be empty, and is as that file says.
    void attachRing(const std::string& name, const std::string& layoutFile = {});
    void openFile(const QString& path);
    // Takes effect within a second; ended() when all is done.
    void stop();
    void save(const QString& path);

    void addMarker(const QString& text);
    // The memory map of every process, while live.
    void requestMaps();
    // The heap profile of every process that runs, while live.
    void requestHeaps();
    // What is recorded of the heaps of what is started later, and of what runs if its heap is
    // tracked. True: it is.
    bool setHeapMode(HeapMode mode);
    [[nodiscard]] HeapMode heapMode() const { return m_heapMode; }
    // What runs was started here with the tracker, or has been attached to.
    [[nodiscard]] bool isHeapTracked() const;
    // What is of the session that runs, if it is tracked.
    [[nodiscard]] HeapMode recordedHeap() const { return m_recordedHeap; }
    // When maps are kept besides: in this session and in those that are started later.
    void setMapPlan(MapPlan plan);
    [[nodiscard]] const MapPlan& mapPlan() const { return m_mapPlan; }
    void watchChannel(std::uint32_t channel);
    void requestSlotDetail(std::uint32_t channel, std::uint64_t slot);

    [[nodiscard]] SessionState state() const { return m_state; }
    // starting, live or stopping: something of ours may run.
    [[nodiscard]] bool isBusy() const;
    // The newest; null before the first session.
    [[nodiscard]] const View& view() const { return m_view; }
    [[nodiscard]] const std::optional<RunSummary>& summary() const { return m_summary; }
    // Where the session is on disk; empty when it is not.
    [[nodiscard]] const QString& file() const { return m_file; }
    [[nodiscard]] bool isSaved() const { return m_isSaved; }

    // Looks for news; the window calls it from its one timer. Cheap when there are none.
    void poll();

Q_SIGNALS:
    void stateChanged(ringscope::SessionState state);
    // Another session is shown from now on.
    void sessionReplaced();
    void viewChanged(const std::shared_ptr<const ringscope::SessionView>& view);
    void summaryChanged();
    void saved(const QString& path);
    void failed(const ringscope::Error& error);

private:
    using Starter =
        std::function<Expected<std::unique_ptr<LiveSession>>(const LiveOptions& options)>;
    struct Started {
        Expected<std::unique_ptr<LiveSession>> live;
        QString unsavedFile;
    };

    // heapMode: empty for that of what is started.
    void start(Starter starter, std::optional<HeapMode> heapMode = {});
    void takeOver(Started started);
    void load(const QString& path, bool isLeftOver);
    void dropUnsavedFile();
    void startNow(Starter starter, std::optional<HeapMode> heapMode);
    void finishLive();
    void letGo();
    void setState(SessionState state);
    void show(const View& view);
    void reportNewErrors();

    BackgroundJobs& m_jobs;
    SessionState m_state = SessionState::empty;
    std::unique_ptr<LiveSession> m_live;
    View m_view;
    std::optional<RunSummary> m_summary;
    std::size_t m_reportedErrors = 0;
    MapPlan m_mapPlan;
    HeapMode m_heapMode = HeapMode::counts;
    HeapMode m_recordedHeap = HeapMode::off;
    // What to do when the running session has ended.
    std::function<void()> m_next;
    QString m_file;
    bool m_isSaved = false;
    std::shared_ptr<Autosave> m_autosave; // null: sessions are in memory only until saved
    QString m_unsavedFile;                // of the session that is shown; empty: there is none
    bool m_isLeftOver = false;            // m_unsavedFile is of a process that is gone
};

} // namespace ringscope
