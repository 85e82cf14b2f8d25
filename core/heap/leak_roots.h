// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/heap/heap_profile.h"
#include "core/heap/leak_scan.h"
#include "core/heap/memory_image.h"
#include "core/heap/process_mappings.h"
#include "core/heap/profile_reader.h"
#include "core/heap/stopped_process.h"

namespace ringscope {

// The live blocks as a scan needs them: by address and disjoint, of which the profile of a process
// that goes on, or a damaged one, may not be. A block of unknown size ends with its mapping.
// origin: for each, its place in blocks.
struct ScanBlocks {
    std::vector<LeakBlock> blocks;
    std::vector<std::uint32_t> origin;
};
[[nodiscard]] ScanBlocks scanBlocks(const std::vector<LiveBlock>& blocks,
                                    const std::vector<ProcessMapping>& mappings);

// How the roots of a process are told from its heap. What the program can surely use is: writable
// private memory, the stacks of its threads from 128 bytes below their stack pointers (the red
// zone) up, and its registers. It is not:
//   - what glibc's malloc gives blocks from ([heap], and the heaps of its arenas, which lie at
//     multiples of 64 MiB and begin with a heap_info): freed blocks there still have what was in
//     them. If not all blocks are known (isWholeHeapKnown is false), they are roots all the same;
//   - live blocks, wherever they are: these count only if something reaches them;
//   - the unused rest of a stack, where a guard page or the name [stack] tells where that begins;
//   - what the tracker has for itself.
struct RootsQuestion {
    const std::vector<ProcessMapping>* mappings = nullptr;
    const std::vector<StoppedProcess::Thread>* threads = nullptr;
    const std::vector<LeakBlock>* blocks = nullptr;
    ProfileReader::OwnMemory own;
    bool isWholeHeapKnown = true;
    // The words at an address of the process: of a heap_info.
    std::function<std::vector<std::uint64_t>(std::uint64_t address, std::size_t count)> peek;
};
[[nodiscard]] LeakRoots leakRoots(const RootsQuestion& question);

// Words of each thread's control block that point into blocks otherwise than the program would: its
// vector of dynamic thread-local storage, and what that points to (glibc's dtv).
[[nodiscard]] std::vector<std::uint64_t>
threadStorageWords(const std::vector<StoppedProcess::Thread>& threads, const MemoryImage& image);

} // namespace ringscope
