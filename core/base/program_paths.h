// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "core/base/expected.h"

namespace ringscope {

// Finds our own programs and the preloaded library beside the running program:
// BIN/ringscope-worker, and BIN/../lib/libringscope-heap.so (build tree and .tgz) or
// BIN/../lib/*/ringscope/ (packages). RINGSCOPE_WORKER and RINGSCOPE_HEAP_LIBRARY in the
// environment name another one. Errors (failed) say where it looked.
[[nodiscard]] std::filesystem::path ownProgram();
[[nodiscard]] Expected<std::filesystem::path> workerProgram();
[[nodiscard]] Expected<std::filesystem::path> heapTrackerLibrary();

} // namespace ringscope
