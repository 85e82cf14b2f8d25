// SPDX-License-Identifier: MIT
#include "core/heap/annotation_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>

#include "core/heap/annotation_layout.h"

namespace ringscope {

namespace {

// One entry of a table, copied as words.
class Words {
public:
    explicit Words(const std::uint64_t* words)
        : m_words(words) {}

    [[nodiscard]] std::uint64_t at(std::size_t offset) const { return m_words[offset / 8]; }
    [[nodiscard]] std::string text(std::size_t offset, std::size_t words) const {
        std::string text(reinterpret_cast<const char*>(m_words + offset / 8), words * 8);
        text.resize(std::min(text.find('\0'), text.size() - 1));
        return text;
    }

private:
    const std::uint64_t* m_words;
};

// What the other side wrote may be any number: negative times and amounts are none.
std::uint64_t atLeastZero(std::uint64_t value) {
    return value >> 63U == 0 ? value : 0;
}
std::int64_t timeOf(std::uint64_t value) {
    return static_cast<std::int64_t>(atLeastZero(value));
}

HeapRegionCounters regionOf(const Words& words) {
    using Entry = LedgerRegion;
    HeapRegionCounters region;
    region.name = words.text(offsetof(Entry, name), kNameWords);
    region.entries = words.at(offsetof(Entry, entries));
    region.unattributed = words.at(offsetof(Entry, unattributed));
    region.allocating = words.at(offsetof(Entry, allocating));
    region.allocations = words.at(offsetof(Entry, allocations));
    region.frees = words.at(offsetof(Entry, frees));
    region.allocatedBytes = words.at(offsetof(Entry, allocatedBytes));
    region.freedBytes = words.at(offsetof(Entry, freedBytes));
    region.timeNs = words.at(offsetof(Entry, timeNs));
    region.mostAllocations = words.at(offsetof(Entry, mostAllocations));
    return region;
}

HeapPoolCounters poolOf(const Words& words) {
    using Entry = LedgerPool;
    HeapPoolCounters pool;
    pool.name = words.text(offsetof(Entry, name), kNameWords);
    pool.pools = atLeastZero(words.at(offsetof(Entry, pools)));
    pool.allocations = words.at(offsetof(Entry, allocations));
    pool.frees = words.at(offsetof(Entry, frees));
    pool.allocatedBytes = words.at(offsetof(Entry, allocatedBytes));
    pool.liveBlocks = atLeastZero(words.at(offsetof(Entry, liveBlocks)));
    pool.liveBytes = atLeastZero(words.at(offsetof(Entry, liveBytes)));
    pool.peakBytes = words.at(offsetof(Entry, peakBytes));
    return pool;
}

HeapExpectationCounters expectationOf(const Words& words) {
    using Entry = LedgerExpectation;
    HeapExpectationCounters expectation;
    expectation.name = words.text(offsetof(Entry, name), kNameWords);
    expectation.scopes = words.at(offsetof(Entry, scopes));
    expectation.unattributed = words.at(offsetof(Entry, unattributed));
    expectation.violations = words.at(offsetof(Entry, violations));
    expectation.allocations = words.at(offsetof(Entry, allocations));
    expectation.allocatedBytes = words.at(offsetof(Entry, allocatedBytes));
    expectation.mostAllocations = words.at(offsetof(Entry, mostAllocations));
    if (words.at(offsetof(Entry, hasFirst)) == 1) {
        expectation.firstNs = timeOf(words.at(offsetof(Entry, firstNs)));
        expectation.firstTid = static_cast<std::int32_t>(words.at(offsetof(Entry, firstTid)));
        expectation.file = words.text(offsetof(Entry, file), kFileWords);
        expectation.line = static_cast<std::uint32_t>(words.at(offsetof(Entry, line)));
        expectation.allowedAllocations = words.at(offsetof(Entry, allowedAllocations));
        expectation.allowedBytes = words.at(offsetof(Entry, allowedBytes));
    }
    return expectation;
}

bool isUsed(const HeapRegionCounters& region) {
    return region.entries != 0;
}
bool isUsed(const HeapPoolCounters& pool) {
    return pool.pools != 0 || pool.allocations != 0 || pool.liveBlocks != 0;
}
bool isUsed(const HeapExpectationCounters& expectation) {
    return expectation.scopes != 0;
}

// Entries of one table, of which `used` are claimed to be in use.
template <typename Entry, typename Counters>
std::optional<Error> readTable(const AnnotationReader::ReadAt& readAt, std::uint64_t offset,
                               std::uint32_t used, Counters (*counters)(const Words&),
                               std::vector<Counters>& to) {
    constexpr std::size_t kWords = sizeof(Entry) / 8;
    std::vector<std::uint64_t> words(kWords * std::min(used, kMostAnnotations));
    if (words.empty()) {
        return std::nullopt;
    }
    if (auto error = readAt(words.data(), words.size() * 8, offset)) {
        return error;
    }
    for (std::size_t at = 0; at < words.size(); at += kWords) {
        const Words entry(words.data() + at);
        // Entry 0, of what found no place, has no name.
        if (at == 0 || entry.at(offsetof(Entry, isNamed)) == 1) {
            Counters found = counters(entry);
            if (isUsed(found)) {
                to.push_back(std::move(found));
            }
        }
    }
    return std::nullopt;
}

constexpr std::size_t kHeadBytes = offsetof(LedgerAnnotations, region);

} // namespace

Expected<HeapAnnotations> AnnotationReader::read(const ReadAt& readAt) const {
    HeapAnnotations annotations;
    if (m_offset == 0) {
        return annotations;
    }
    std::array<std::uint32_t, kHeadBytes / 4> head{};
    if (auto error = readAt(head.data(), kHeadBytes, m_offset)) {
        return *error;
    }
    using All = LedgerAnnotations;
    if (auto error = readTable<LedgerRegion>(readAt, m_offset + offsetof(All, region),
                                             head[offsetof(All, regions) / 4], regionOf,
                                             annotations.regions)) {
        return *error;
    }
    if (auto error =
            readTable<LedgerPool>(readAt, m_offset + offsetof(All, pool),
                                  head[offsetof(All, pools) / 4], poolOf, annotations.pools)) {
        return *error;
    }
    if (auto error = readTable<LedgerExpectation>(readAt, m_offset + offsetof(All, expectation),
                                                  head[offsetof(All, expectations) / 4],
                                                  expectationOf, annotations.expectations)) {
        return *error;
    }
    return annotations;
}

std::vector<HeapMarker> AnnotationReader::newMarkers(const ReadAt& readAt) {
    std::vector<HeapMarker> markers;
    std::uint64_t begun = 0;
    if (m_offset == 0 ||
        readAt(&begun, sizeof(begun), m_offset + offsetof(LedgerAnnotations, markers)) ||
        begun <= m_markersSeen) {
        return markers;
    }
    if (begun - m_markersSeen > kMarkerPlaces) {
        m_lostMarkers += begun - m_markersSeen - kMarkerPlaces;
        m_markersSeen = begun - kMarkerPlaces;
    }
    while (m_markersSeen < begun) {
        const std::uint64_t place = m_offset + offsetof(LedgerAnnotations, marker) +
                                    m_markersSeen % kMarkerPlaces * sizeof(LedgerMarker);
        std::array<std::uint64_t, sizeof(LedgerMarker) / 8> words{};
        std::uint64_t after = 0;
        if (readAt(words.data(), sizeof(words), place) || readAt(&after, sizeof(after), place)) {
            break;
        }
        const std::uint64_t sequence = m_markersSeen + 1;
        const Words entry(words.data());
        if (words[0] == sequence && after == sequence) {
            markers.push_back({timeOf(entry.at(offsetof(LedgerMarker, timeNs))),
                               static_cast<std::int32_t>(entry.at(offsetof(LedgerMarker, tid))),
                               entry.text(offsetof(LedgerMarker, text), kMarkerTextWords)});
        } else if (after < sequence && begun - sequence < kMarkerPlaces / 2) {
            break; // about to be written; one whose thread died there is given up later
        } else {
            ++m_lostMarkers;
        }
        ++m_markersSeen;
    }
    return markers;
}

} // namespace ringscope
