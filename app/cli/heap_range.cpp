// SPDX-License-Identifier: MIT
#include "app/cli/heap_range.h"

#include <limits>
#include <utility>

#include "core/base/units.h"

namespace ringscope {

namespace {

Expected<std::int64_t> timeOf(const std::string& text, std::int64_t startNs,
                              std::int64_t otherwise) {
    if (text.empty()) {
        return otherwise;
    }
    const auto sinceStart = parseDurationNs(text);
    return sinceStart ? Expected<std::int64_t>(startNs + *sinceStart) : sinceStart.error();
}

} // namespace

Expected<std::vector<std::shared_ptr<const HeapRecord>>>
heapsBetween(std::vector<std::shared_ptr<const HeapRecord>> records, const SessionView& view,
             const std::string& file, const std::string& from, const std::string& to) {
    if (from.empty() && to.empty()) {
        return records;
    }
    const std::int64_t startNs = view.provenance->startMonotonicNs;
    const auto fromNs = timeOf(from, startNs, 0);
    if (!fromNs) {
        return fromNs.error();
    }
    const auto toNs = timeOf(to, startNs, std::numeric_limits<std::int64_t>::max());
    if (!toNs) {
        return toNs.error();
    }
    if (*fromNs > *toNs) {
        return makeError(ErrorKind::usage, "--from " + from + " is after --to " + to);
    }
    // Of processes that ran in it.
    std::erase_if(records, [&](const std::shared_ptr<const HeapRecord>& record) {
        return *fromNs > record->profile.timeNs || *toNs < record->profile.startNs;
    });
    if (records.empty()) {
        return makeError(ErrorKind::usage, "no process of " + file +
                                               " with a heap profile ran in that time: it is "
                                               "counted from the session's start");
    }
    bool hasAny = false;
    for (auto& record : records) {
        const HeapMoments moments = momentsOf(view.heapMoments.get(), *record);
        hasAny = hasAny || !moments.empty();
        auto part = std::make_shared<HeapRecord>(*record);
        part->profile = profileBetween(record->profile, moments, *fromNs, *toNs);
        record = std::move(part);
    }
    if (!hasAny) {
        return makeError(ErrorKind::usage,
                         file + " has no readings of its heap profiles over time: they are kept "
                                "while a program is recorded that runs for longer than 250 ms");
    }
    return records;
}

} // namespace ringscope
