// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_controller.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/process_list.h"
#include "core/base/clock.h"
#include "core/base/process_identity.h"
#include "core/base/units.h"
#include "core/memory/map_file.h"
#include "core/memory/map_reader.h"
#include "core/session/map_coding.h"

namespace ringscope {
namespace {

constexpr std::int64_t kBudgetDivisor = 100; // 1 % of a core
constexpr int kSuccessorPeriodMs = 2000;
constexpr int kEndPeriodMs = 2000;

struct ReadMap {
    Expected<MapSnapshotPtr> snapshot;
    MapRecordPtr record; // null with an error
    std::int64_t costNs = 0;
};

ReadMap readNow(const ProcessIdentity& process, KernelSums kernelSums, NodePlaces nodePlaces,
                std::optional<HeapFigures> heap, std::string reason) {
    const ThreadCpuClock clock;
    const std::int64_t before = clock.nowNs();
    auto snapshot = readMapSnapshot(process, kernelSums, nodePlaces);
    if (!snapshot) {
        return {snapshot.error(), nullptr, 0};
    }
    snapshot->heap = heap;
    auto record = makeMapRecord(*snapshot, {}, std::move(reason));
    return {MapSnapshotPtr(std::make_shared<const MapSnapshot>(std::move(*snapshot))),
            std::move(record), clock.nowNs() - before};
}

} // namespace

MapController::MapController(BackgroundJobs& jobs, QObject* parent)
    : QObject(parent)
    , m_jobs(jobs) {
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (m_isEnded) {
            lookForSuccessor();
        } else {
            read(false);
        }
    });
    connect(&m_endTimer, &QTimer::timeout, this, &MapController::lookForEnd);
    m_endTimer.start(kEndPeriodMs);
}

void MapController::takeOver(std::vector<MapRecordPtr> records,
                             std::optional<ProcessIdentity> process) {
    ++m_target;
    ++m_openTurn;
    ++m_shownTurn;
    ++m_baselineTurn;
    m_timer.stop();
    m_processName.clear();
    m_process = process;
    m_isEnded = false;
    m_isReading = false;
    m_isAskedAgain = false;
    m_isKept.assign(records.size(), true);
    m_records = std::move(records);
    m_chosen.reset();
    m_compared.reset();
    m_shown = nullptr;
    m_baseline = nullptr;
    m_readingNs = 0;
    m_drawingNs = 0;
    Q_EMIT recordsChanged();
    Q_EMIT statusChanged();
}

void MapController::follow(const ProcessIdentity& process, std::vector<MapRecordPtr> records) {
    takeOver(std::move(records), process);
    publish();
    read(true);
}

void MapController::openFile(const QString& path) {
    m_jobs.run(
        this,
        [path = path.toStdString()](const std::stop_token&) -> ReadMap {
            auto snapshot = readMapFile(path);
            if (!snapshot) {
                return {snapshot.error(), nullptr, 0};
            }
            auto record = makeMapRecord(*snapshot, {});
            return {MapSnapshotPtr(std::make_shared<const MapSnapshot>(std::move(*snapshot))),
                    std::move(record), 0};
        },
        [this, turn = ++m_openTurn](ReadMap result) {
            if (turn != m_openTurn) {
                return; // another one was asked for since
            }
            if (!result.snapshot) { // what is shown stays
                Q_EMIT failed(result.snapshot.error());
                return;
            }
            takeOver({std::move(result.record)}, std::nullopt);
            show(std::move(*result.snapshot));
        });
}

void MapController::showRecords(std::vector<MapRecordPtr> records) {
    if (records.empty()) {
        return;
    }
    const std::size_t newest = records.size() - 1;
    takeOver(std::move(records), std::nullopt);
    choose(newest);
}

void MapController::addRecords(const std::vector<MapRecordPtr>& records) {
    bool isChanged = false;
    for (const MapRecordPtr& record : records) {
        if (std::find(m_records.begin(), m_records.end(), record) != m_records.end()) {
            continue;
        }
        const auto later = [](std::int64_t timeNs, const MapRecordPtr& other) {
            return timeNs < other->timeNs;
        };
        const auto at =
            std::upper_bound(m_records.begin(), m_records.end(), record->timeNs, later) -
            m_records.begin();
        m_records.insert(m_records.begin() + at, record);
        m_isKept.insert(m_isKept.begin() + at, true);
        for (auto* const index : {&m_chosen, &m_compared}) {
            if (*index && **index >= static_cast<std::size_t>(at)) {
                ++**index;
            }
        }
        isChanged = true;
    }
    if (isChanged) {
        dropOldest();
        Q_EMIT recordsChanged();
    }
}

void MapController::chooseAt(std::int64_t timeNs) {
    const auto away = [timeNs](const MapRecordPtr& record) {
        return std::abs(record->timeNs - timeNs);
    };
    const auto nearest = std::min_element(m_records.begin(), m_records.end(),
                                          [&](const MapRecordPtr& one, const MapRecordPtr& other) {
                                              return away(one) < away(other);
                                          });
    if (nearest != m_records.end()) {
        choose(static_cast<std::size_t>(nearest - m_records.begin()));
    }
}

void MapController::refresh() {
    read(true);
}

void MapController::refreshFor(const QString& reason) {
    m_reason = reason;
    read(true);
}

void MapController::setPeriod(std::optional<std::int64_t> periodNs) {
    m_periodNs = periodNs;
    schedule();
    Q_EMIT statusChanged();
}

void MapController::setFollowingRestarts(bool isFollowing) {
    m_isFollowingRestarts = isFollowing;
    schedule();
    Q_EMIT statusChanged();
}

void MapController::setReadingNodes(bool isReading) {
    m_isReadingNodes = isReading;
    if (isReading && m_shown && !m_shown->nodes && !m_chosen) {
        read(true);
    }
}

void MapController::read(bool isKept) {
    if (m_isReading && isKept) {
        m_isAskedAgain = true;
    }
    if (!m_process || m_isReading || m_isEnded) {
        return;
    }
    m_isReading = true;
    const std::string reason =
        isKept ? std::exchange(m_reason, QString()).toStdString() : std::string();
    const auto heap = m_heapOf ? m_heapOf(*m_process) : std::nullopt;
    m_jobs.run(
        this,
        [process = *m_process, isKept, isReadingNodes = m_isReadingNodes, heap,
         reason](const std::stop_token&) {
            return readNow(process, isKept ? KernelSums::read : KernelSums::leftOut,
                           isReadingNodes ? NodePlaces::read : NodePlaces::leftOut, heap, reason);
        },
        [this, isKept, target = m_target](ReadMap result) {
            if (target != m_target) {
                return; // of another process by now
            }
            m_isReading = false;
            if (!result.snapshot) {
                // What is wrong with us (too many files open, no memory) may pass.
                m_isEnded = result.snapshot.error().kind == ErrorKind::target;
                Q_EMIT failed(result.snapshot.error());
                if (m_shown == nullptr) {
                    choose(std::nullopt); // what was known of it before
                }
                Q_EMIT statusChanged();
                schedule();
                return;
            }
            m_readingNs = result.costNs;
            m_process = result.record->process;
            m_processName = result.record->name;
            keep(std::move(result.record), isKept);
            if (!m_chosen) {
                ++m_shownTurn; // an older one may be on its way
                show(std::move(*result.snapshot));
            }
            schedule();
            Q_EMIT statusChanged();
            if (std::exchange(m_isAskedAgain, false)) {
                read(true);
            }
        });
}

void MapController::lookForEnd() {
    if (!m_process || m_isEnded || m_isReading || m_periodNs || m_process->startTicks == 0) {
        return;
    }
    m_jobs.run(
        this, [process = *m_process](const std::stop_token&) { return livenessOf(process); },
        [this, target = m_target](Liveness liveness) {
            if (target != m_target || m_isEnded || liveness != Liveness::dead) {
                return;
            }
            m_isEnded = true;
            Q_EMIT failed(makeError(ErrorKind::target, "process " + std::to_string(m_process->pid) +
                                                           " has ended; what was read stays"));
            Q_EMIT statusChanged();
            schedule();
        });
}

void MapController::lookForSuccessor() {
    m_jobs.run(
        this,
        [name = m_processName](const std::stop_token&) {
            ProcessIdentity newest;
            for (const ListedProcess& process : listProcesses()) {
                if (process.name == name && process.whyNotReadable.empty() &&
                    process.identity.startTicks >= newest.startTicks) {
                    newest = process.identity;
                }
            }
            return newest;
        },
        [this, target = m_target](const ProcessIdentity& process) {
            if (target != m_target || !m_isEnded || !m_isFollowingRestarts) {
                return;
            }
            if (process.pid == 0) {
                schedule();
                return;
            }
            m_process = process; // the maps of the one before stay, to compare with
            m_isEnded = false;
            read(true);
        });
}

// The oldest that nobody asked for goes when there are too many; what is shown may go too, as it is
// held apart.
void MapController::keep(MapRecordPtr record, bool isKept) {
    m_records.push_back(std::move(record));
    m_isKept.push_back(isKept);
    dropOldest();
    Q_EMIT recordsChanged();
}

void MapController::dropOldest() {
    std::size_t bytes = 0;
    for (const MapRecordPtr& record : m_records) {
        bytes += record->packed.size() + record->nodes.size();
    }
    while (m_records.size() > kMostKept || (bytes > kMostKeptBytes && m_records.size() > 2)) {
        // Not what is looked at: its row would be another's.
        const auto isHeld = [this](std::size_t i) { return m_chosen == i || m_compared == i; };
        std::size_t oldest = 0;
        while (oldest < m_isKept.size() && (m_isKept[oldest] || isHeld(oldest))) {
            ++oldest;
        }
        if (oldest == m_isKept.size()) { // all were asked for
            for (oldest = 0; isHeld(oldest); ++oldest) {
            }
        }
        const auto index = static_cast<std::ptrdiff_t>(oldest);
        bytes -= m_records[oldest]->packed.size() + m_records[oldest]->nodes.size();
        m_records.erase(m_records.begin() + index);
        m_isKept.erase(m_isKept.begin() + index);
        for (auto* const place : {&m_chosen, &m_compared}) {
            if (*place && **place > oldest) {
                --**place;
            }
        }
    }
}

void MapController::choose(std::optional<std::size_t> record) {
    if (record && *record >= m_records.size()) {
        return;
    }
    m_chosen = record;
    Q_EMIT recordsChanged();
    if (m_records.empty()) {
        return;
    }
    const MapRecordPtr& shown = record ? m_records[*record] : m_records.back();
    m_jobs.run(
        this, [shown](const std::stop_token&) { return shown->unpack(); },
        [this, turn = ++m_shownTurn](MapSnapshotPtr snapshot) {
            if (snapshot != nullptr && turn == m_shownTurn) {
                show(std::move(snapshot));
            }
        });
}

void MapController::compareWith(std::optional<std::size_t> record) {
    m_compared = record && *record < m_records.size() ? record : std::nullopt;
    ++m_baselineTurn; // what is on its way comes too late
    Q_EMIT recordsChanged();
    if (!m_compared) {
        setBaseline(nullptr);
        return;
    }
    m_jobs.run(
        this, [record = m_records[*record]](const std::stop_token&) { return record->unpack(); },
        [this, turn = m_baselineTurn](MapSnapshotPtr snapshot) {
            if (turn == m_baselineTurn) {
                setBaseline(std::move(snapshot));
            }
        });
}

void MapController::compareWithFile(const QString& path) {
    m_jobs.run(
        this, [path = path.toStdString()](const std::stop_token&) { return readMapFile(path); },
        [this, turn = ++m_baselineTurn](Expected<MapSnapshot> snapshot) {
            if (turn != m_baselineTurn) {
                return;
            }
            if (!snapshot) {
                Q_EMIT failed(snapshot.error());
                return;
            }
            m_compared.reset();
            setBaseline(std::make_shared<const MapSnapshot>(std::move(*snapshot)));
            Q_EMIT recordsChanged();
        });
}

void MapController::show(MapSnapshotPtr snapshot) {
    m_shown = std::move(snapshot);
    publish();
}

void MapController::setBaseline(MapSnapshotPtr baseline) {
    m_baseline = std::move(baseline);
    publish();
}

void MapController::publish() {
    if (m_shown == nullptr || m_baseline == nullptr) {
        Q_EMIT mapChanged(nullptr);
        return;
    }
    m_jobs.run(
        this,
        [before = m_baseline, after = m_shown](const std::stop_token&) {
            return std::make_shared<const MapDifference>(compareMaps(*before, *after));
        },
        [this, before = m_baseline,
         after = m_shown](const std::shared_ptr<const MapDifference>& difference) {
            if (before == m_baseline && after == m_shown) {
                Q_EMIT mapChanged(difference);
            }
        });
}

void MapController::addDrawingCost(std::int64_t costNs) {
    m_drawingNs = costNs;
    schedule();
}

void MapController::schedule() {
    if (m_isEnded) {
        if (m_isFollowingRestarts) {
            m_timer.start(kSuccessorPeriodMs);
        }
        return;
    }
    if (!m_periodNs || !m_process || m_isReading) {
        if (!m_periodNs) {
            m_timer.stop();
        }
        return;
    }
    const std::int64_t periodNs =
        std::max(*m_periodNs, (m_readingNs + m_drawingNs) * kBudgetDivisor);
    m_timer.start(static_cast<int>(std::min<std::int64_t>(periodNs / kNsPerMs, 3'600'000)));
}

QString MapController::status() const {
    if (m_isEnded) {
        return m_isFollowingRestarts
                   ? tr("ended; waits for another %1").arg(QString::fromStdString(m_processName))
               : m_records.empty() ? tr("could not be read")
                                   : tr("ended; what was read stays");
    }
    if (!m_process) {
        return {};
    }
    if (!m_periodNs) {
        return tr("read when asked");
    }
    const std::int64_t affordableNs = (m_readingNs + m_drawingNs) * kBudgetDivisor;
    if (affordableNs <= *m_periodNs) {
        return tr("read every %1").arg(QString::fromStdString(formatDuration(*m_periodNs)));
    }
    return tr("read every %1, as %2 would take more than 1 % of a core")
        .arg(QString::fromStdString(formatDuration(affordableNs / kNsPerMs * kNsPerMs)),
             QString::fromStdString(formatDuration(*m_periodNs)));
}

} // namespace ringscope
