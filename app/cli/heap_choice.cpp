// SPDX-License-Identifier: MIT
#include "app/cli/heap_choice.h"

#include <algorithm>

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

} // namespace ringscope
