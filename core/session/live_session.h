// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/heap/tracker_environment.h"
#include "core/session/map_trigger.h"
#include "core/session/run_summary.h"
#include "core/session/session_view.h"

namespace ringscope {

class LiveTarget;
class Recording;
class SessionWriter;
struct RingDescription;
struct Scenario;

struct LiveOptions {
    std::string outputFile; // empty: the session is kept in memory only
    // Of the output file; 0: none. What comes later is in memory only, and errors() says so.
    std::uint64_t outputLimitBytes = 0;
    HeapMode heapMode = HeapMode::counts; // of what is started
    // Of a process that runs already: has it load the tracker (core/heap/attach_linux.h).
    HeapMode attachedHeapMode = HeapMode::off;
    // That mode begins so long after the start, and counts come before; empty: at the start.
    std::optional<std::int64_t> heapFromNs;
    // With heapMode exact: processes that are started are searched for leaks when they exit.
    bool isSearchingLeaks = false;
    std::optional<std::uint64_t> seed;       // in place of the scenario's
    std::optional<std::int64_t> durationNs;  // in place of the scenario's; else until stopped
    std::int64_t cursorPeriodNs = 1'000'000; // of the ring's cursors
    MapPlan maps;
    bool isRecording = true; // false: runs the workload and samples nothing (to compare with)
};

// Something that runs and is being recorded: what the desktop and the command line both hold. Owns
// the target if it started it, the recorder's thread and the file's writer. All members may be
// called from any thread; none waits for the target, the disk or a sample, except waitFor() and the
// destructor, which stops everything, joins, and leaves nothing behind.
class LiveSession {
public:
    // Each refuses what cannot work before anything is started: an output file that is not
    // writable (failed), a target that is missing, gone or not permitted (target), an impossible
    // scenario or empty command (usage).
    [[nodiscard]] static Expected<std::unique_ptr<LiveSession>>
    runScenario(const Scenario& scenario, const LiveOptions& options);
    // A running process; its end is the session's end. startTicks of 0 means whichever process has
    // the pid.
    [[nodiscard]] static Expected<std::unique_ptr<LiveSession>>
    attachProcess(const ProcessIdentity& process, const LiveOptions& options);
    // A ring segment under /dev/shm, Ringscope's or DMXP's, and the processes in its roster. Ends
    // when the name is gone and nobody is left in it.
    [[nodiscard]] static Expected<std::unique_ptr<LiveSession>>
    attachRing(const std::string& name, const LiveOptions& options);
    // A ring that is not ours, by its user's description; object as in ForeignRing::open(). Its
    // fill and rates, and the processes that map it.
    [[nodiscard]] static Expected<std::unique_ptr<LiveSession>>
    attachForeignRing(const std::string& object, const RingDescription& description,
                      const LiveOptions& options);
    // Starts a program (argv[0] is looked up in PATH) with its own output untouched.
    [[nodiscard]] static Expected<std::unique_ptr<LiveSession>>
    runCommand(const std::vector<std::string>& argv, const LiveOptions& options);

    LiveSession(const LiveSession&) = delete;
    LiveSession& operator=(const LiveSession&) = delete;
    ~LiveSession();

    // The newest view, made 30 times a second; never null.
    [[nodiscard]] std::shared_ptr<const SessionView> view() const;

    // Asks the target to end (or lets go of one that was attached to); takes effect within a
    // second, isFinished() says when all is done and written.
    void requestStop();
    [[nodiscard]] bool isFinished() const;
    // Waits for the end, at most timeoutNs. Not for the GUI.
    bool waitFor(std::int64_t timeoutNs) const;

    void addMarker(std::string text);
    // The memory map of every process that is observed, into SessionView::maps as soon as it is
    // read.
    void requestMaps();
    // The heap profile of every process that runs and whose blocks are recorded, into
    // SessionView::liveHeaps as soon as it is read.
    void requestHeaps();
    // Of the programs that were started here, unless their heap is not tracked at all: what is
    // recorded of it from now on; off is as counts. A marker says when it is so, or why not.
    void setHeapMode(HeapMode mode);
    // From now on instead of what was set before. errors() names a track that does not exist.
    void setMapPlan(MapPlan plan);
    // Which channel's slots the views show from now on, 20 times a second at most. Before the first
    // call they show channel 0 twice a second, which is enough for a file.
    void watchChannel(std::uint32_t channel);
    // Reads one slot's metadata into the next slot snapshots (SlotSnapshot::detail).
    void requestSlotDetail(std::uint32_t channel, std::uint64_t slot);

    // What went wrong so far (disk full, ...), each once, in order.
    [[nodiscard]] std::vector<Error> errors() const;
    // Empty until isFinished().
    [[nodiscard]] std::optional<RunSummary> summary() const;

private:
    explicit LiveSession(std::unique_ptr<Recording> recording);
    [[nodiscard]] static Expected<std::unique_ptr<LiveSession>>
    start(std::unique_ptr<LiveTarget> target, std::unique_ptr<SessionWriter> writer,
          Provenance provenance, const LiveOptions& options,
          std::optional<std::int64_t> durationNs);
    std::unique_ptr<Recording> m_recording;
};

} // namespace ringscope
