// SPDX-License-Identifier: MIT
#include "app/cli/heap_choice.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/heap/symbolizer.h"
#include "core/heap/tracked_process.h"
#include "core/session/sources/live_heap_reading.h"

namespace ringscope {

namespace {

// "P0 (sh), P1 (sort)".
std::string namesOf(const std::vector<std::shared_ptr<const HeapRecord>>& heaps) {
    std::string names;
    for (const auto& heap : heaps) {
        const std::string name = heap->label + " (" + heap->name + ")";
        if (names.find(name) != std::string::npos) {
            continue;
        }
        if (names.size() > 200) {
            return names + ", ...";
        }
        names += (names.empty() ? "" : ", ") + name;
    }
    return names;
}

} // namespace

Expected<std::vector<std::shared_ptr<const HeapRecord>>>
heapsOf(const SessionView& view, const std::string& file, const std::string& process) {
    if (!view.heaps || view.heaps->empty()) {
        return makeError(ErrorKind::usage,
                         file + " has no heap profile: --heap exact (or sampled) records one, of "
                                "programs that are linked dynamically");
    }
    std::vector<std::shared_ptr<const HeapRecord>> chosen;
    for (const auto& heap : *view.heaps) {
        if (process.empty() || heap->label == process ||
            std::to_string(heap->process.pid) == process) {
            chosen.push_back(heap);
        }
    }
    if (chosen.empty()) {
        return makeError(ErrorKind::usage, file + " has no heap profile of a process " + process +
                                               "; there are those of " + namesOf(*view.heaps));
    }
    return chosen;
}

Expected<std::shared_ptr<const HeapRecord>>
oneHeapOf(const SessionView& view, const std::string& file, const std::string& process) {
    auto heaps = heapsOf(view, file, process);
    if (!heaps) {
        return heaps.error();
    }
    const auto isOther = [&](const auto& heap) { return heap->process != heaps->front()->process; };
    if (std::any_of(heaps->begin(), heaps->end(), isOther)) {
        return makeError(ErrorKind::usage, file +
                                               " has heap profiles of several processes: choose "
                                               "one with --process: " +
                                               namesOf(*heaps));
    }
    return heaps->back();
}

bool isPid(const std::string& target) {
    return !target.empty() &&
           std::all_of(target.begin(), target.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Expected<LedgerReader> trackedProcess(const std::string& pid) {
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(pid.data(), pid.data() + pid.size(), number);
    if (error != std::errc() || end != pid.data() + pid.size() || number == 0) {
        return makeError(ErrorKind::usage,
                         pid + " is no process number; a file of that name is ./" + pid);
    }
    return openTrackedProcess({number, 0, 0});
}

Expected<std::shared_ptr<const HeapRecord>> runningHeap(LedgerReader& tracked) {
    const std::string pid = std::to_string(tracked.process().pid);
    if (tracked.profile() == nullptr) {
        return makeError(ErrorKind::usage,
                         "the heap of process " + pid +
                             " is only counted: start it with ringscope-cli record --heap exact "
                             "-- COMMAND to see where it allocates");
    }
    auto record = readHeap(heapReadingOf(tracked, "pid", processName(tracked.process().pid)),
                           std::numeric_limits<std::size_t>::max());
    if (!record) {
        return makeError(ErrorKind::target,
                         "the heap profile of process " + pid + " cannot be read: it has ended");
    }
    SymbolOptions options;
    options.root = "/proc/" + pid + "/root"; // it may see other files by the same names
    record->symbols = Symbolizer().namesOf(record->profile, options);
    return std::make_shared<const HeapRecord>(std::move(*record));
}

} // namespace ringscope
