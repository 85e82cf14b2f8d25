// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/heap/ledger_receiver.h"
#include "core/heap/tracker_environment.h"
#include "core/session/annotation_record.h"
#include "core/session/leak_record.h"
#include "core/session/run_summary.h"
#include "core/session/session.h"
#include "core/session/source.h"
#include "core/session/sources/heap_follower.h"
#include "core/session/sources/live_heap_reading.h"
#include "core/session/target_processes.h"

namespace ringscope {

// How far a workload is, for numbers per message.
struct MessageProgress {
    std::uint64_t sent = 0;
    bool isMeasuring = false; // past the warm-up, and not at the end yet
};

// Heap counts of all tracked processes from their ledgers: `heap.allocations`, `heap.frees`,
// `heap.live_bytes`, `heap.live_blocks`, `heap.peak_bytes`, with a message count
// `heap.allocations_per_message`, and `P0.heap...` of each process at a lower rate. Processes that
// are forked later announce themselves and join the observed ones. What programs say of their heap
// use (ringscope/heap.h) becomes markers, and regions, pools and expectations of the session.
class HeapSource final : public Source {
public:
    using Progress = std::function<MessageProgress()>;
    // progress: empty when nobody counts messages.
    HeapSource(std::shared_ptr<LedgerReceiver> receiver, TargetProcesses& processes,
               Session& session, Progress progress = {});

    [[nodiscard]] std::string_view name() const override { return "heap"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return 10 * kNsPerMs; }
    void sample(std::int64_t nowNs, Session& session) override;

    // Of all processes that run, and of those that come: from now on their blocks are recorded so.
    // Markers say when it is so, or why not.
    void setMode(HeapMode mode);

    // What the ledgers came to so far; empty when no process handed one over.
    [[nodiscard]] std::optional<RunSummary::Heap> summary() const;

    // From now on each process is searched for leaks when it comes to its end by exit().
    void searchLeaks() { m_isSearchingLeaks = true; }
    // What that has found so far, in all processes together; empty: nothing was searched.
    [[nodiscard]] const std::optional<RunSummary::Leaks>& leaks() const { return m_leaks; }

    // At the end: what each process's profile came to, with the names of its code, into the
    // session. Takes as long as reading those names does.
    void addProfiles(std::int64_t nowNs, Session& session);

    // Begins to read what they are now, of the processes that run, without names: a later sample()
    // hands it to the session.
    void readLiveProfiles(Session& session);

private:
    struct Ledger {
        LedgerReader reader;
        std::size_t process; // index of TargetProcesses
        std::optional<GroupId> group;
        HeapTotals newest;
        std::string name;                 // of its program
        std::optional<HeapRecord> record; // once it is final
        // As it was last read; with its label, so that it is there when the process is not.
        HeapAnnotationRecord annotations;
        std::size_t markers = 0; // kept in the session
        bool isFinal = false;    // its process ended, or exec'ed into the next ledger
        LedgerMode saidMode = LedgerMode::counters; // that the markers speak of
        ModeRefusal saidRefusal = ModeRefusal::none;
        std::optional<LeakRecord> leaks;
        std::shared_ptr<HeapFollower> follower; // once it has a profile, until it is final
    };
    struct PerMessage {
        std::uint64_t allocations = 0;
        std::uint64_t messages = 0;
    };
    void receive(std::int64_t nowNs, Session& session);
    void receiveProfiles();
    void followProfiles(std::int64_t nowNs, Session& session);
    void followMode(Ledger& ledger, std::int64_t nowNs, Session& session) const;
    void takeMarkers(Ledger& ledger, std::int64_t nowNs, Session& session) const;
    void readAnnotations(Ledger& ledger);
    void keepAnnotations(Session& session);
    [[nodiscard]] HeapReading readingOf(Ledger& ledger) const;
    void keepProfile(Ledger& ledger);
    void limitProfiles();
    void searchAtEnd(Ledger& ledger, std::int64_t nowNs);
    void addLeaks(std::int64_t nowNs, Session& session);
    std::optional<GroupId> groupOf(const TargetProcess& process, Session& session);
    [[nodiscard]] double allocationsPerMessage(std::int64_t nowNs);
    void appendProcesses(std::int64_t nowNs, Session& session) const;

    std::shared_ptr<LedgerReceiver> m_receiver;
    TargetProcesses& m_processes;
    Progress m_progress;
    GroupId m_group;
    std::vector<Ledger> m_ledgers; // in the order in which they were made
    std::int64_t m_nextProcessRowsNs = 0;
    std::optional<LedgerMode> m_mode; // that was asked for
    std::size_t m_profilesDropped = 0;
    std::int64_t m_nextAnnotationsNs = 0;
    std::vector<HeapAnnotationRecord> m_annotationsKept; // as the session has them

    RunSummary::Heap m_totals;
    // allocations_per_message over windows of 100 ms, and over the whole measuring time.
    std::optional<PerMessage> m_windowStart;
    std::int64_t m_windowEndNs = 0;
    double m_windowValue;
    std::optional<PerMessage> m_measuringStart;
    bool m_isSearchingLeaks = false;
    std::optional<RunSummary::Leaks> m_leaks;
    LiveHeapReading m_liveReading;
    HeapHistory m_history;
};

// The name by which the profiles of running processes are asked for.
constexpr std::string_view kHeapProfileSource = "heap profiles";

// Reads them when it is asked to, so that what that costs slows no counting down.
class HeapProfileSource final : public Source {
public:
    explicit HeapProfileSource(HeapSource& heap)
        : m_heap(heap) {}

    [[nodiscard]] std::string_view name() const override { return kHeapProfileSource; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return kOnDemand; }
    void sample(std::int64_t /*nowNs*/, Session& session) override {
        m_heap.readLiveProfiles(session);
    }

private:
    HeapSource& m_heap;
};

} // namespace ringscope
