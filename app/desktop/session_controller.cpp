// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/session_controller.h"

#include <utility>

#include <QFile>

#include "app/desktop/autosave.h"
#include "app/desktop/background_jobs.h"
#include "app/desktop/session_saving.h"
#include "core/ring/ring_description.h"
#include "core/session/session_file.h"

namespace ringscope {
SessionController::SessionController(BackgroundJobs& jobs, QObject* parent)
    : QObject(parent)
    , m_jobs(jobs) {}

SessionController::~SessionController() {
    letGo();
    if (!m_isLeftOver) {
        dropUnsavedFile();
    }
}

void SessionController::setAutosave(std::shared_ptr<Autosave> autosave) {
    m_autosave = std::move(autosave);
}

bool SessionController::isBusy() const {
    return m_state == SessionState::starting || m_state == SessionState::live ||
           m_state == SessionState::stopping;
}

void SessionController::runScenario(const Scenario& scenario) {
    start([scenario](const LiveOptions& options) {
        return LiveSession::runScenario(scenario, options);
    });
}

void SessionController::runCommand(const std::vector<std::string>& argv) {
    start([argv](const LiveOptions& options) { return LiveSession::runCommand(argv, options); });
}

void SessionController::attachProcess(const ProcessIdentity& process, HeapMode heapMode) {
    start(
        [process, heapMode](LiveOptions options) {
            options.attachedHeapMode = heapMode;
            return LiveSession::attachProcess(process, options);
        },
        heapMode);
}

void SessionController::attachRing(const std::string& name, const std::string& layoutFile) {
    using Live = Expected<std::unique_ptr<LiveSession>>;
    start([name, layoutFile](const LiveOptions& options) -> Live {
        if (layoutFile.empty()) {
            return LiveSession::attachRing(name, options);
        }
        const auto description = loadRingDescription(layoutFile);
        if (!description) {
            return description.error();
        }
        return LiveSession::attachForeignRing(name, *description, options);
    });
}

void SessionController::start(Starter starter, std::optional<HeapMode> heapMode) {
    if (isBusy()) {
        m_next = [this, starter = std::move(starter), heapMode] { startNow(starter, heapMode); };
        stop();
        return;
    }
    startNow(std::move(starter), heapMode);
}

void SessionController::startNow(Starter starter, std::optional<HeapMode> heapMode) {
    const SessionState before = m_state;
    setState(SessionState::starting);
    m_recordedHeap = heapMode.value_or(m_heapMode);
    m_jobs.run(
        this,
        [starter = std::move(starter), autosave = m_autosave, plan = m_mapPlan,
         heapMode = m_heapMode](const std::stop_token&) {
            LiveOptions options;
            options.maps = plan;
            options.heapMode = heapMode;
            QString unsavedFile;
            if (autosave != nullptr) {
                unsavedFile = autosave->newFile();
                options.outputFile = unsavedFile.toStdString();
                options.outputLimitBytes = Autosave::kMaxBytes;
            }
            return Started{starter(options), unsavedFile};
        },
        [this, before](Started started) {
            if (!started.live) {
                setState(before);
                m_next = nullptr;
                Q_EMIT failed(started.live.error());
                return;
            }
            takeOver(std::move(started));
        });
}

void SessionController::takeOver(Started started) {
    letGo();
    dropUnsavedFile();
    m_unsavedFile = started.unsavedFile;
    m_live = std::move(*started.live);
    m_live->watchChannel(0); // the map shows it until somebody chooses another
    m_summary.reset();
    m_reportedErrors = 0;
    m_file.clear();
    m_isSaved = false;
    m_view = nullptr;
    Q_EMIT sessionReplaced();
    show(m_live->view());
    setState(SessionState::live);
    if (m_autosave != nullptr && m_unsavedFile.isEmpty()) {
        Q_EMIT failed(makeError(ErrorKind::failed,
                                m_autosave->folder().toStdString() +
                                    " cannot be written: this session is in memory only until it "
                                    "is saved"));
    }
    if (m_next) {
        stop(); // asked for while it was starting
    }
}

void SessionController::stop() {
    if (m_live != nullptr && m_state == SessionState::live) {
        m_live->requestStop();
        setState(SessionState::stopping);
    } else if (m_state == SessionState::starting && !m_next) {
        m_next = [] {};
    }
}

void SessionController::poll() {
    if (m_live == nullptr) {
        return;
    }
    // In this order: what is finished publishes its last view before it says so.
    const bool isFinished = m_live->isFinished();
    show(m_live->view());
    reportNewErrors();
    if (isFinished) {
        finishLive();
    }
}

void SessionController::finishLive() {
    m_summary = m_live->summary();
    letGo();
    setState(SessionState::ended);
    Q_EMIT summaryChanged();
    if (const auto next = std::exchange(m_next, nullptr)) {
        next();
    }
}

// Joins on a job thread: the destructor of a live session waits.
void SessionController::letGo() {
    if (m_live == nullptr) {
        return;
    }
    m_live->requestStop();
    auto dying = std::shared_ptr<LiveSession>(std::move(m_live));
    m_jobs.run(
        this,
        [dying = std::move(dying)](const std::stop_token&) mutable {
            dying.reset();
            return true;
        },
        [](bool) {});
}

void SessionController::reportNewErrors() {
    const std::vector<Error> errors = m_live->errors();
    for (; m_reportedErrors < errors.size(); ++m_reportedErrors) {
        Q_EMIT failed(errors[m_reportedErrors]);
    }
}

void SessionController::openFile(const QString& path) {
    load(path, false);
}

void SessionController::openLeftOver(const QString& path) {
    load(path, true);
}

// The file may be open still; it is gone with its last user.
void SessionController::dropUnsavedFile() {
    m_isLeftOver = false;
    if (const QString file = std::exchange(m_unsavedFile, {}); !file.isEmpty()) {
        m_jobs.run(
            this, [file](const std::stop_token&) { return QFile::remove(file); }, [](bool) {});
    }
}

void SessionController::load(const QString& path, bool isLeftOver) {
    if (isBusy()) {
        m_next = [this, path, isLeftOver] { load(path, isLeftOver); };
        stop();
        return;
    }
    const SessionState before = m_state;
    setState(SessionState::loading);
    m_jobs.run(
        this,
        [file = path.toStdString()](const std::stop_token&) { return SessionFile::open(file); },
        [this, before, path, isLeftOver](const Expected<SessionFile>& loaded) {
            if (!loaded) {
                setState(before);
                Q_EMIT failed(loaded.error());
                return;
            }
            if (!m_isLeftOver) {
                dropUnsavedFile();
            }
            m_isLeftOver = isLeftOver;
            m_unsavedFile = isLeftOver ? path : QString();
            m_file = isLeftOver ? QString() : path;
            m_isSaved = !isLeftOver;
            m_summary = loaded->summary;
            m_view = nullptr;
            Q_EMIT sessionReplaced();
            show(loaded->view);
            setState(SessionState::loaded);
            Q_EMIT summaryChanged();
        });
}

void SessionController::save(const QString& path) {
    const View view = m_view;
    if (view == nullptr) {
        return;
    }
    m_jobs.run(
        this,
        [view, summary = m_summary, file = path.toStdString()](const std::stop_token&) {
            return saveSession(view, summary, file);
        },
        [this, path](Expected<void> result) {
            if (!result) {
                Q_EMIT failed(result.error());
                return;
            }
            if (!isBusy()) {
                m_file = path;
                m_isSaved = true;
                dropUnsavedFile();
            }
            Q_EMIT saved(path);
        });
}

void SessionController::addMarker(const QString& text) {
    if (m_live != nullptr) {
        m_live->addMarker(text.toStdString());
    }
}

void SessionController::requestMaps() {
    if (m_live != nullptr) {
        m_live->requestMaps();
    }
}

void SessionController::requestHeaps() {
    if (m_live != nullptr) {
        m_live->requestHeaps();
    }
}

bool SessionController::isHeapTracked() const {
    return m_live != nullptr && isBusy() && m_view != nullptr && m_view->find("heap.allocations");
}

bool SessionController::setHeapMode(HeapMode mode) {
    m_heapMode = mode;
    if (!isHeapTracked() || mode == HeapMode::off) {
        return false;
    }
    m_recordedHeap = mode;
    m_live->setHeapMode(mode);
    return true;
}

void SessionController::setMapPlan(MapPlan plan) {
    m_mapPlan = std::move(plan);
    if (m_live != nullptr) {
        m_live->setMapPlan(m_mapPlan);
    }
}

void SessionController::watchChannel(std::uint32_t channel) {
    if (m_live != nullptr) {
        m_live->watchChannel(channel);
    }
}

void SessionController::requestSlotDetail(std::uint32_t channel, std::uint64_t slot) {
    if (m_live != nullptr) {
        m_live->requestSlotDetail(channel, slot);
    }
}

void SessionController::setState(SessionState state) {
    if (m_state == state) {
        return;
    }
    m_state = state;
    Q_EMIT stateChanged(state);
}

void SessionController::show(const View& view) {
    if (view == nullptr || (m_view != nullptr && m_view->generation == view->generation &&
                            m_view->isLive == view->isLive)) {
        return;
    }
    m_view = view;
    Q_EMIT viewChanged(view);
}

} // namespace ringscope
