// SPDX-License-Identifier: MIT
#include "core/session/process_sources.h"

#include <memory>

#include "core/session/sources/memory_source.h"
#include "core/session/sources/memory_type_source.h"
#include "core/session/sources/physical_memory_source.h"

namespace ringscope {

void addMemorySources(TargetProcesses& processes, Recorder& recorder, Session& session) {
    recorder.add(std::make_unique<MemorySource>(processes, session));
    recorder.add(std::make_unique<PhysicalMemorySource>(processes, session));
    recorder.add(std::make_unique<MemoryTypeSource>(processes, session));
}

} // namespace ringscope
