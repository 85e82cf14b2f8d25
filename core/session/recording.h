// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/base/latest.h"
#include "core/base/thread.h"
#include "core/session/live_target.h"
#include "core/session/map_trigger.h"
#include "core/session/session_writer.h"

namespace ringscope {

// The engine of a LiveSession: one thread that polls the target and its sources, publishes views,
// and sums up at the end. Requests reach it through a mailbox that it empties in each turn. All
// members may be called from any thread.
class Recording {
public:
    // So long after the start.
    struct HeapChange {
        std::int64_t afterNs = 0;
        HeapMode mode = HeapMode::counts;
    };
    // durationNs: when the target is asked to stop; empty when it knows itself. writer: null when
    // the session is kept in memory only, else begun already.
    struct Plan {
        std::unique_ptr<LiveTarget> target;
        std::unique_ptr<SessionWriter> writer;
        Provenance provenance;
        std::optional<std::int64_t> durationNs;
        std::optional<HeapChange> heapChange;
        bool isRecording = true;
        MapPlan maps;
    };
    // Errors (failed): the file cannot be written.
    [[nodiscard]] static Expected<std::unique_ptr<Recording>> start(Plan plan);
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    ~Recording();

    [[nodiscard]] std::shared_ptr<const SessionView> view() const { return m_latest.get(); }
    void requestStop();
    [[nodiscard]] bool isFinished() const;
    bool waitFor(std::int64_t timeoutNs) const;
    void addMarker(std::string text);
    void requestMaps();
    void requestHeaps();
    void setHeapMode(HeapMode mode);
    void setMapPlan(MapPlan plan);
    void watchChannel(std::uint32_t channel);
    void requestSlotDetail(std::uint32_t channel, std::uint64_t slot);
    [[nodiscard]] std::vector<Error> errors() const;
    [[nodiscard]] std::optional<RunSummary> summary() const;

private:
    struct Requests {
        bool isStop = false;
        bool isMaps = false;
        bool isHeaps = false;
        std::optional<HeapMode> heapMode;
        std::optional<MapPlan> mapPlan;
        std::vector<Marker> markers;
        std::optional<std::uint32_t> watchedChannel;
        std::optional<std::pair<std::uint32_t, std::uint64_t>> slotDetail;
    };
    explicit Recording(Plan plan);
    void run(const std::stop_token& stop);
    void handleRequests(std::int64_t nowNs);
    void takeMaps(const std::string& reason, std::int64_t nowNs);
    void followMapPlan(MapPlan plan, std::int64_t nowNs);
    // Says once why the maps that are asked for cannot be had.
    void reportHinderedMaps(std::int64_t nowNs);
    void lookAtMapTriggers(std::int64_t nowNs);
    // isEnd: also those of processes that might have come.
    void reportUnknownTracks(bool isEnd);
    void publish(std::int64_t nowNs, bool isLive);
    void finish(std::int64_t nowNs);
    void noteFinished(std::optional<RunSummary> summary);
    [[nodiscard]] SourceStatus writerStatus();
    void reportError(const Error& error);

    // Constant after construction.
    std::optional<std::int64_t> m_durationNs;
    bool m_isRecording;

    // Recorder's thread only.
    std::optional<HeapChange> m_heapChange; // still to be made
    std::unique_ptr<LiveTarget> m_target;   // outlives the recorder, whose sources use it
    Session m_session;
    MonotonicClock m_wall;
    ThreadCpuClock m_cost;
    Recorder m_recorder;
    bool m_isStopping = false;
    bool m_isDurationOver = false; // why it is stopping
    bool m_isHindranceReported = false;
    MapTriggers m_mapTriggers;
    std::optional<std::int64_t> m_checkTracksNs; // when to say which of them do not exist

    Latest<SessionView> m_latest;
    std::unique_ptr<SessionWriter> m_writer; // reads m_latest
    bool m_isWriterErrorReported = false;
    mutable std::mutex m_mutex;
    mutable std::condition_variable m_finishedChanged;
    Requests m_requests;                 // Guarded by m_mutex.
    std::vector<Error> m_errors;         // Guarded by m_mutex.
    std::optional<RunSummary> m_summary; // Guarded by m_mutex.
    bool m_isFinished = false;           // Guarded by m_mutex.

    Thread m_thread;
};

} // namespace ringscope
