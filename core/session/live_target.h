// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/heap/tracker_environment.h"
#include "core/session/recorder.h"
#include "core/session/run_summary.h"
#include "core/session/session.h"

namespace ringscope {

// What a live session observes and, if it started it, owns: a workload, a process, a ring, a
// command. Created by any thread, then used by the recorder's thread only.
class LiveTarget {
public:
    LiveTarget() = default;
    LiveTarget(const LiveTarget&) = delete;
    LiveTarget& operator=(const LiveTarget&) = delete;
    virtual ~LiveTarget() = default; // ends and reaps what it started

    virtual void addSources(Recorder& recorder, Session& session) = 0;
    // Several times a second: who ended, who came; markers and workers for it.
    virtual void poll(std::int64_t nowNs, Session& session) = 0;
    [[nodiscard]] virtual bool isEnded() const = 0;
    // Asks it to end, or lets it go; isEnded() turns true within a second.
    virtual void requestStop(std::int64_t nowNs) = 0;
    // Once, after the end: what the counters of the ended processes came to.
    virtual void takeLastSamples(std::int64_t /*nowNs*/, Session& /*session*/) {}
    virtual void watchChannel(std::uint32_t /*channel*/) {}
    virtual void requestSlotDetail(std::uint32_t /*channel*/, std::uint64_t /*slot*/) {}
    virtual void setHeapMode(HeapMode /*mode*/) {}
    // After the end: fills in what the target itself knows.
    virtual void summarize(RunSummary& summary) const = 0;
};

} // namespace ringscope
