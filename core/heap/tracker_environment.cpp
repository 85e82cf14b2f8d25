// SPDX-License-Identifier: MIT
#include "core/heap/tracker_environment.h"

#include "core/base/program_paths.h"
#include "core/heap/ledger_layout.h"
#include "core/heap/profile_layout.h"

#include <cstdlib>

namespace ringscope {

Expected<HeapMode> parseHeapMode(std::string_view word) {
    constexpr std::pair<std::string_view, HeapMode> kModes[] = {{"off", HeapMode::off},
                                                                {"counts", HeapMode::counts},
                                                                {"sampled", HeapMode::sampled},
                                                                {"exact", HeapMode::exact}};
    for (const auto& [name, mode] : kModes) {
        if (name == word) {
            return mode;
        }
    }
    return makeError(ErrorKind::usage, "unknown heap mode '" + std::string(word) +
                                           "': use off, counts, sampled or exact");
}

Expected<std::vector<std::pair<std::string, std::string>>>
trackerEnvironment(const LedgerReceiver& receiver, HeapMode mode) {
    std::vector<std::pair<std::string, std::string>> variables;
    if (mode == HeapMode::off) {
        return variables;
    }
    const auto library = heapTrackerLibrary();
    if (!library) {
        return library.error();
    }
    std::string preload = library.value().string();
    if (preload.find_first_of(" :") != std::string::npos) {
        return makeError(ErrorKind::failed,
                         "the heap tracker cannot be preloaded from " + preload +
                             ": LD_PRELOAD takes no path with a space or colon; install Ringscope "
                             "elsewhere or name a copy in RINGSCOPE_HEAP_LIBRARY");
    }
    // getenv is safe here: nothing in Ringscope changes the environment while threads run.
    if (const char* existing = std::getenv("LD_PRELOAD"); // NOLINT(concurrency-mt-unsafe)
        existing != nullptr && *existing != '\0') {
        preload += std::string(":") + existing;
    }
    variables.emplace_back("LD_PRELOAD", preload);
    variables.emplace_back(kLedgerSocketVariable, receiver.socketName());
    variables.emplace_back(kLedgerModeVariable, mode == HeapMode::exact     ? "exact"
                                                : mode == HeapMode::sampled ? "sampled"
                                                                            : "counters");
    return variables;
}

std::pair<std::string, std::string> holdAtExit() {
    return {kLedgerHoldVariable, "1"};
}

} // namespace ringscope
