// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "core/ring/ring_observer.h"
#include "core/session/recorder.h"
#include "core/session/session.h"
#include "core/session/sources/ring_slot_source.h"
#include "core/session/target_processes.h"

// Which sources a session has, by what its target brings: every target has processes, a workload
// and a segment have a ring. What only one target can feed (the counts of its workers, the ledgers
// of its heaps) it adds itself.
namespace ringscope {

// Every source that reads processes, from the cheapest to the most expensive. processes outlives
// the recorder.
void addProcessSources(TargetProcesses& processes, Recorder& recorder, Session& session);

// Every source that reads a ring. cursorPeriodNs: how often its cursors are wanted. A source that
// needs an observer of its own is left out when the ring's name is gone. Returns the recorder's
// source of slots, whose last sample is the target's to take.
RingSlotSource* addRingSources(const std::shared_ptr<RingObserver>& ring,
                               const std::shared_ptr<const SlotWatch>& watch,
                               std::int64_t cursorPeriodNs, Recorder& recorder, Session& session);

} // namespace ringscope
