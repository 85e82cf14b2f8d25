// SPDX-License-Identifier: MIT
#include "core/session/session_sources.h"

#include <utility>

#include "core/session/sources/map_source.h"
#include "core/session/sources/memory_source.h"
#include "core/session/sources/memory_type_source.h"
#include "core/session/sources/physical_memory_source.h"
#include "core/session/sources/ring_backlog_source.h"
#include "core/session/sources/ring_cursor_source.h"
#include "core/session/sources/stuck_slot_source.h"

namespace ringscope {

void addProcessSources(TargetProcesses& processes, Recorder& recorder, Session& session) {
    recorder.add(std::make_unique<MemorySource>(processes, session));
    recorder.add(std::make_unique<PhysicalMemorySource>(processes, session));
    recorder.add(std::make_unique<MemoryTypeSource>(processes, session));
    recorder.add(std::make_unique<MapSource>(processes));
}

RingSlotSource* addRingSources(const std::shared_ptr<RingObserver>& ring,
                               const std::shared_ptr<const SlotWatch>& watch,
                               std::int64_t cursorPeriodNs, Recorder& recorder, Session& session) {
    recorder.add(std::make_unique<RingCursorSource>(ring, cursorPeriodNs, session));
    auto slotStates = std::make_unique<RingSlotSource>(ring, watch);
    RingSlotSource* const added = slotStates.get();
    recorder.add(std::move(slotStates));
    if (auto own = RingObserver::open(ring->name())) {
        recorder.add(
            std::make_unique<StuckSlotSource>(std::make_shared<RingObserver>(std::move(*own))));
    }
    if (auto own = RingObserver::open(ring->name())) {
        recorder.add(
            std::make_unique<RingBacklogSource>(std::make_shared<RingObserver>(std::move(*own))));
    }
    return added;
}

} // namespace ringscope
