// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// Whether the kernel's own sums are read with a map. They need a second walk over the page tables:
// a third of the time again where much is resident.
enum class KernelSums : std::uint8_t { read, leftOut };

// Whether it is read on which nodes of the machine the pages are. That is another walk over the
// page tables, about as dear as the map itself.
enum class NodePlaces : std::uint8_t { read, leftOut };

// Reads the map, names of program and threads, and counters of a process. Any thread; takes as long
// as readAddressSpace(). Errors as readAddressSpace()'s. What else cannot be read is a remark.
[[nodiscard]] Expected<MapSnapshot> readMapSnapshot(const ProcessIdentity& process,
                                                    KernelSums kernelSums = KernelSums::read,
                                                    NodePlaces nodePlaces = NodePlaces::leftOut);

// The error that readMapSnapshot() has of a running process that this one may not look into; empty
// when it may, and when there is nothing to look into. Some system calls. Any thread.
[[nodiscard]] std::optional<Error> mapRefusal(const ProcessIdentity& process);

} // namespace ringscope
