// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/heap_figures.h"
#include "core/base/process_identity.h"
#include "core/memory/map_difference.h"
#include "core/memory/map_snapshot.h"
#include "core/session/map_record.h"

namespace ringscope {

class BackgroundJobs;

using MapRecordPtr = std::shared_ptr<const MapRecord>;

// One process whose memory maps are looked at: reads them, now or again and again, keeps those that
// were read, and hands on the one that is shown, or what changed between two. Everything that may
// wait is a background job. Looking again costs under 1 % of a core: the period is stretched to
// that, and status() says so. GUI thread only.
class MapController : public QObject {
    Q_OBJECT

public:
    // Of the maps that were read again and again; what was asked for singly stays.
    static constexpr std::size_t kMostKept = 600;
    static constexpr std::size_t kMostKeptBytes = std::size_t{256} << 20U; // packed

    explicit MapController(BackgroundJobs& jobs, QObject* parent = nullptr);

    // From now on this process, with those of its maps that are there already; one is read at once.
    // startTicks of 0 means whichever has the pid.
    void follow(const ProcessIdentity& process, std::vector<MapRecordPtr> records = {});
    // A map of a file; nothing is read again.
    void openFile(const QString& path);
    // The maps of one process that a session holds; the newest is shown.
    void showRecords(std::vector<MapRecordPtr> records);
    // More of them, put in by time; those that are in already are left out.
    void addRecords(const std::vector<MapRecordPtr>& records);
    // The nearest one to a time is shown.
    void chooseAt(std::int64_t timeNs);

    // Reads a map now and keeps it.
    void refresh();
    // The same, and its record says why.
    void refreshFor(const QString& reason);
    // How often; empty: only refresh().
    void setPeriod(std::optional<std::int64_t> periodNs);
    // When the process ends: goes on with the newest one of the same name.
    void setFollowingRestarts(bool isFollowing);

    // What says how much a process has allocated now, where somebody counts it: asked at each
    // reading.
    using HeapOf = std::function<std::optional<HeapFigures>(const ProcessIdentity& process)>;
    void setHeapOf(HeapOf heapOf) { m_heapOf = std::move(heapOf); }

    // Reads too on which nodes of the machine the pages are, which takes as long again.
    void setReadingNodes(bool isReading);

    // Shows a kept map (by index), also while new ones come; empty: the newest from now on.
    void choose(std::optional<std::size_t> record);
    // What changed since that one; empty: amounts.
    void compareWith(std::optional<std::size_t> record);
    // What changed since a map of a file.
    void compareWithFile(const QString& path);

    [[nodiscard]] const std::vector<MapRecordPtr>& records() const { return m_records; }
    [[nodiscard]] std::optional<std::size_t> chosen() const { return m_chosen; }
    // The kept map that the shown one is compared with; empty also with one of a file.
    [[nodiscard]] std::optional<std::size_t> comparedWith() const { return m_compared; }
    [[nodiscard]] const MapSnapshotPtr& shown() const { return m_shown; }
    [[nodiscard]] const MapSnapshotPtr& baseline() const { return m_baseline; }
    // Something that can be read again.
    [[nodiscard]] bool isLive() const { return m_process.has_value() && !m_isEnded; }
    [[nodiscard]] const std::optional<ProcessIdentity>& process() const { return m_process; }
    // "live, every 2 s (1 s would take more than 1 % of a core)", "process 4711 has ended", ...
    [[nodiscard]] QString status() const;
    // What the owner's drawing of the last map took, which counts as a cost too.
    void addDrawingCost(std::int64_t costNs);

Q_SIGNALS:
    // shown(), baseline() or the difference changed; null difference: amounts.
    void mapChanged(const std::shared_ptr<const ringscope::MapDifference>& difference);
    void recordsChanged(); // or which of them is shown, or compared with
    void statusChanged();
    void failed(const ringscope::Error& error);

private:
    void takeOver(std::vector<MapRecordPtr> records, std::optional<ProcessIdentity> process);
    void read(bool isKept);
    void lookForSuccessor();
    // Whether it still runs, where nothing is read that would tell.
    void lookForEnd();
    void keep(MapRecordPtr record, bool isKept);
    void dropOldest();
    void show(MapSnapshotPtr snapshot);
    void setBaseline(MapSnapshotPtr baseline);
    void publish();
    void schedule();

    BackgroundJobs& m_jobs;
    HeapOf m_heapOf;  // may be empty
    QString m_reason; // of the next map that is kept
    QTimer m_timer;
    QTimer m_endTimer;
    std::optional<ProcessIdentity> m_process; // empty: a file or nothing
    std::string m_processName;
    std::vector<MapRecordPtr> m_records; // by time
    std::vector<bool> m_isKept;          // of the records: asked for singly
    std::optional<std::size_t> m_chosen; // empty: the newest
    std::optional<std::size_t> m_compared;
    MapSnapshotPtr m_shown;
    MapSnapshotPtr m_baseline;
    std::optional<std::int64_t> m_periodNs;
    std::int64_t m_readingNs = 0; // cost of the last reading
    std::int64_t m_drawingNs = 0; // and of its drawing
    std::uint64_t m_target = 0;   // rises with each, so that late results are told
    std::uint64_t m_openTurn = 0;
    std::uint64_t m_shownTurn = 0;
    std::uint64_t m_baselineTurn = 0;
    bool m_isReading = false;
    bool m_isAskedAgain = false; // for one to keep, while another was read
    bool m_isReadingNodes = false;
    bool m_isEnded = false;
    bool m_isFollowingRestarts = false;
};

} // namespace ringscope
