// SPDX-License-Identifier: MIT
#include "app/cli/annotation_text.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "app/cli/console.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"

namespace ringscope {

namespace {

constexpr std::size_t kMostLines = 6; // of each kind, in a summary

std::string countText(std::uint64_t count) {
    return formatCount(static_cast<double>(count));
}
std::string bytesText(std::uint64_t bytes) {
    return formatBytes(static_cast<double>(bytes));
}

// "2", "2.25", "0.00013": of rare allocations the first digits count.
std::string meanText(double mean) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.3g", mean);
    return mean >= 1000 ? formatCount(mean) : text;
}

std::string nameOf(const std::string& name) {
    return name.empty() ? "[more than there is room for]" : printableName(name);
}

std::string placeOf(const HeapExpectationCounters& expectation) {
    return expectation.file.empty()
               ? std::string()
               : printableName(expectation.file) + ":" + std::to_string(expectation.line);
}

// "1 block", "6 blocks".
std::string numberOf(std::uint64_t count, const std::string& thing) {
    return countText(count) + " " + thing + (count == 1 ? "" : "s");
}

// "no allocation", "2 allocations", "64 B in any number of allocations".
std::string allowanceText(const HeapExpectationCounters& expectation) {
    constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t allowed = expectation.allowedAllocations;
    std::string text = allowed == 0      ? "no allocation"
                       : allowed == kAny ? "any number of allocations"
                                         : numberOf(allowed, "allocation");
    if (allowed != 0 && expectation.allowedBytes != kAny) {
        text += " of " + bytesText(expectation.allowedBytes);
    }
    return text;
}

// One kind of annotation of all programs, with the program that each is of.
template <typename Counters>
using Found = std::vector<std::pair<const HeapAnnotationRecord*, const Counters*>>;

template <typename Counters, typename Value>
Found<Counters> largest(const std::vector<HeapAnnotationRecord>& records,
                        std::vector<Counters> HeapAnnotations::*list, Value value,
                        std::size_t most) {
    Found<Counters> found;
    for (const HeapAnnotationRecord& record : records) {
        for (const Counters& counters : record.annotations.*list) {
            found.emplace_back(&record, &counters);
        }
    }
    std::stable_sort(found.begin(), found.end(), [value](const auto& a, const auto& b) {
        return value(*a.second) > value(*b.second);
    });
    found.resize(std::min(found.size(), most));
    return found;
}

Found<HeapRegionCounters> regionsOf(const std::vector<HeapAnnotationRecord>& records,
                                    std::size_t most) {
    return largest(
        records, &HeapAnnotations::regions,
        [](const HeapRegionCounters& region) { return region.allocations; }, most);
}
Found<HeapPoolCounters> poolsOf(const std::vector<HeapAnnotationRecord>& records,
                                std::size_t most) {
    return largest(
        records, &HeapAnnotations::pools,
        [](const HeapPoolCounters& pool) { return pool.peakBytes; }, most);
}
Found<HeapExpectationCounters> expectationsOf(const std::vector<HeapAnnotationRecord>& records,
                                              std::size_t most) {
    return largest(
        records, &HeapAnnotations::expectations,
        [](const HeapExpectationCounters& one) { return one.violations; }, most);
}

std::string line(const char* head, const std::string& text) {
    return std::string(head) + text + '\n';
}

} // namespace

std::string annotationLines(const std::vector<HeapAnnotationRecord>& records) {
    std::string text;
    for (const auto& [record, region] : regionsOf(records, kMostLines)) {
        text +=
            line("region     ",
                 nameOf(region->name) + " (" + record->label + "): " + countText(region->entries) +
                     (region->entries == 1 ? " entry, " : " entries, ") +
                     meanText(region->allocationsPerEntry()) + " allocations and " +
                     bytesText(static_cast<std::uint64_t>(region->bytesPerEntry())) + " an entry");
    }
    for (const auto& [record, pool] : poolsOf(records, kMostLines)) {
        text += line("pool       ", nameOf(pool->name) + " (" + record->label + "): live " +
                                        bytesText(pool->liveBytes) + " in " +
                                        numberOf(pool->liveBlocks, "block") + ", peak " +
                                        bytesText(pool->peakBytes));
    }
    std::uint64_t scopes = 0;
    for (const auto& [record, one] :
         expectationsOf(records, std::numeric_limits<std::size_t>::max())) {
        scopes += one->scopes;
    }
    if (scopes != 0) {
        const std::uint64_t violations = violationsOf(records);
        text += line("expected   ", violations == 0 ? "all kept to, " + countText(scopes) + " times"
                                                    : "violated " + countText(violations) + " of " +
                                                          countText(scopes) + " times");
    }
    for (const auto& [record, one] : expectationsOf(records, kMostLines)) {
        if (one->violations != 0) {
            const std::string place = placeOf(*one);
            text +=
                line("           ",
                     nameOf(one->name) + " (" + record->label + ")" +
                         (place.empty() ? "" : " at " + place) + ": " + countText(one->violations) +
                         " of " + countText(one->scopes) + " times, " +
                         numberOf(one->allocations, "allocation") + " of " +
                         bytesText(one->allocatedBytes) + "; " + allowanceText(*one) + " expected");
        }
    }
    return text;
}

std::string regionTable(const std::vector<HeapAnnotationRecord>& records, std::size_t most) {
    std::vector<std::vector<std::string>> rows = {{"REGION", "PROCESS", "ENTRIES", "ALLOCATIONS",
                                                   "AN ENTRY", "MOST", "BYTES", "AN ENTRY", "FREED",
                                                   "TIME AN ENTRY", "WITHOUT"}};
    for (const auto& [record, region] : regionsOf(records, most)) {
        const std::uint64_t known =
            region->entries - std::min(region->entries, region->unattributed);
        rows.push_back({nameOf(region->name), record->label, countText(region->entries),
                        countText(region->allocations), meanText(region->allocationsPerEntry()),
                        countText(region->mostAllocations), bytesText(region->allocatedBytes),
                        bytesText(static_cast<std::uint64_t>(region->bytesPerEntry())),
                        countText(region->frees),
                        formatDuration(static_cast<std::int64_t>(region->timeNsPerEntry())),
                        countText(known - std::min(known, region->allocating))});
    }
    return alignedTable(rows, 2);
}

std::string poolTable(const std::vector<HeapAnnotationRecord>& records, std::size_t most) {
    std::vector<std::vector<std::string>> rows = {
        {"POOL", "PROCESS", "POOLS", "LIVE", "BLOCKS", "PEAK", "ALLOCATIONS", "FREES", "IN ALL"}};
    for (const auto& [record, pool] : poolsOf(records, most)) {
        rows.push_back({nameOf(pool->name), record->label, countText(pool->pools),
                        bytesText(pool->liveBytes), countText(pool->liveBlocks),
                        bytesText(pool->peakBytes), countText(pool->allocations),
                        countText(pool->frees), bytesText(pool->allocatedBytes)});
    }
    return alignedTable(rows, 2);
}

std::string expectationTable(const std::vector<HeapAnnotationRecord>& records, std::size_t most) {
    std::vector<std::vector<std::string>> rows = {{"EXPECTATION", "PROCESS", "FIRST AT", "EXPECTED",
                                                   "SCOPES", "VIOLATED", "ALLOCATIONS", "BYTES",
                                                   "MOST"}};
    for (const auto& [record, one] : expectationsOf(records, most)) {
        const bool isViolated = one->violations != 0;
        rows.push_back({nameOf(one->name), record->label, isViolated ? placeOf(*one) : "",
                        isViolated ? allowanceText(*one) : "", countText(one->scopes),
                        countText(one->violations), countText(one->allocations),
                        bytesText(one->allocatedBytes), countText(one->mostAllocations)});
    }
    return alignedTable(rows, 4);
}

} // namespace ringscope
