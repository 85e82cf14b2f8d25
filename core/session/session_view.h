// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/heap_figures.h"
#include "core/ring/slot_snapshot.h"
#include "core/session/map_record.h"
#include "core/session/participant_row.h"
#include "core/session/ring_backlog.h"
#include "core/session/sample_table.h"
#include "core/session/stall_picture.h"
#include "core/session/track.h"

namespace ringscope {

struct HeapAnnotationRecord;
struct HeapMomentRecord;
struct HeapRecord;
struct LeakRecord;

// Where and how a session was made; carried by every export.
struct Provenance {
    std::string version; // of Ringscope
    std::string machine; // CPU model, cores, memory
    std::string kernel;
    std::string scenario; // name, or what was attached to ("pid 4711 postgres", "ring dmxp_alloc")
    std::string scenarioToml; // the scenario in full; empty when attached
    std::uint64_t seed = 0;
    std::int64_t startMonotonicNs = 0; // the session's time zero on the one clock
    std::int64_t startWallNs = 0;      // the same instant, Unix time
};

// Tracks sampled together by one source.
struct TrackGroup {
    std::string source; // "ring cursors", "heap ledgers", "process counters", ...
    std::shared_ptr<const std::vector<TrackDescription>> tracks; // one per column of samples
    SampleTableView samples;
};

// What a source really does, for the status bar.
struct SourceStatus {
    std::string name;
    std::int64_t periodNs = 0; // as stretched by its own cost
    std::int64_t costNs = 0;   // median of the last samples
    std::uint64_t samples = 0;
    std::uint64_t lost = 0; // samples that were due and not taken, or that the file could not take
};

enum class MarkerKind : std::uint8_t { user, phase, workerDied, stall, loss, finding };

struct Marker {
    std::int64_t timeNs = 0;
    MarkerKind kind = MarkerKind::user;
    std::string text;
};

enum class WorkerState : std::uint8_t { starting, running, stopped, finished, died };

// One worker (a process, or a thread of one) or one observed process.
struct WorkerRow {
    std::string role; // "producer", "consumer", "process"
    std::uint32_t index = 0;
    std::int32_t pid = 0;
    std::int32_t tid = 0;
    WorkerState state = WorkerState::starting;
    std::uint64_t messages = 0;
    double messagesPerSecond = 0;
    std::uint64_t fullWaits = 0;
    std::uint64_t emptyWaits = 0;
    std::uint64_t lastPosition = 0;
    std::uint64_t rssBytes = 0;
    // Its heap now; empty without the heap tracker, and in what is loaded from a file.
    std::optional<HeapFigures> heap;
    std::string outcome; // how it ended, in words: "killed by SIGKILL at position 381 of channel 0"
};

struct RingTarget {
    std::string name;
    std::uint64_t bytes = 0;
    std::uint32_t slotStride = 0;
    bool isDmxp = false;
    std::vector<ChannelCursors> channels;
};

// Ringscope's own cost.
struct SelfCost {
    double cpuPercent = 0; // of one core
    std::uint64_t rssBytes = 0;
};

struct TrackRef {
    std::uint32_t group = 0;
    std::uint32_t column = 0;
    auto operator<=>(const TrackRef&) const = default;
};

// Everything observed so far, at one moment. Immutable: a live session publishes a new one many
// times a second, sharing all chunks; a file gives one. Whoever reads it cannot tell the
// difference. Any thread.
struct SessionView {
    std::shared_ptr<const Provenance> provenance;
    std::vector<TrackGroup> groups;
    std::shared_ptr<const std::vector<Marker>> markers; // by time
    std::shared_ptr<const std::vector<WorkerRow>> workers;
    // Of the ring, by roster; some 1 s old at most while nobody is stuck.
    std::shared_ptr<const std::vector<ParticipantRow>> participants;
    // Who filled each channel, at most half a second old; null when nobody looked.
    std::shared_ptr<const std::vector<ChannelBacklog>> backlogs;
    std::shared_ptr<const RingTarget> ring;           // null when no ring is observed
    std::shared_ptr<const SlotSnapshot> slotSnapshot; // of the channel that is looked at
    // Kept at findings of stuck slots, by time; not of each finding. Null like none.
    std::shared_ptr<const std::vector<std::shared_ptr<const StallPicture>>> stalls;
    // Memory maps of processes that were kept, by time. Null like none.
    std::shared_ptr<const std::vector<std::shared_ptr<const MapRecord>>> maps;
    // Heap profiles of processes, with call stacks, as they were at their ends. Null like none.
    std::shared_ptr<const std::vector<std::shared_ptr<const HeapRecord>>> heaps;
    // What searches for leaks at the ends of processes have found. Null like none.
    std::shared_ptr<const std::vector<std::shared_ptr<const LeakRecord>>> leaks;
    // Those of the processes that run, as they were when they were last asked for, and without the
    // names of their code. Null like none.
    std::shared_ptr<const std::vector<std::shared_ptr<const HeapRecord>>> liveHeaps;
    // What heap profiles came to while their processes ran, by time. Null like none.
    std::shared_ptr<const std::vector<std::shared_ptr<const HeapMomentRecord>>> heapMoments;
    // What the observed programs said of their own heap use (ringscope/heap.h). Null like none.
    std::shared_ptr<const std::vector<HeapAnnotationRecord>> heapAnnotations;
    std::vector<SourceStatus> sources;
    SelfCost self;
    std::int64_t startNs = 0;     // monotonic; first sample
    std::int64_t endNs = 0;       // monotonic; newest sample, or now while live
    std::uint64_t generation = 0; // rises with every view of one session
    bool isLive = false;
    std::string damage; // a loaded file's losses in words; empty = none

    [[nodiscard]] std::optional<TrackRef> find(std::string_view trackName) const;
    // All tracks whose name matches a pattern with * for any run of characters, in order of the
    // groups.
    [[nodiscard]] std::vector<TrackRef> match(std::string_view pattern) const;
    // Kept at that instant; null when there is none.
    [[nodiscard]] std::shared_ptr<const StallPicture> stallAt(std::int64_t timeNs) const;
    [[nodiscard]] const TrackDescription& description(TrackRef track) const;
    [[nodiscard]] const SampleTableView& samples(TrackRef track) const;
};

// Matches `*` against any run of characters, everything else literally.
[[nodiscard]] bool matchesPattern(std::string_view text, std::string_view pattern);

} // namespace ringscope
