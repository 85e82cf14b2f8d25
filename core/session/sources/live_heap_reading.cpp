// SPDX-License-Identifier: MIT
#include "core/session/sources/live_heap_reading.h"

#include "core/heap/ledger_layout.h"

#include <algorithm>
#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {

namespace {

constexpr std::size_t kMostLiveBlocks = 100'000;

std::vector<HeapSizeClass> sizesOf(const HeapCounters& counters) {
    std::vector<HeapSizeClass> sizes;
    for (std::uint32_t c = 0; c < kSizeClassCount; ++c) {
        const HeapClassCounters& entry = counters.classes[c];
        if (entry.allocations != 0 || entry.liveBlocks != 0) {
            sizes.push_back(
                {sizeClassFloor(c), sizeClassFloor(c + 1), entry.allocations, entry.liveBlocks});
        }
    }
    return sizes;
}

std::vector<HeapThreadCounters> threadsOf(const HeapCounters& counters) {
    std::vector<HeapThreadCounters> threads;
    HeapThreadCounters earlier; // threads that ended, and whose slots others have
    earlier.allocations = counters.allocations;
    earlier.frees = counters.frees;
    earlier.reallocations = counters.reallocations;
    earlier.allocatedBytes = counters.allocatedBytes;
    earlier.freedBytes = counters.freedBytes;
    const auto take = [](std::uint64_t& from, std::uint64_t part) { from -= std::min(from, part); };
    for (const HeapThreadCounters& thread : counters.threads) {
        take(earlier.allocations, thread.allocations);
        take(earlier.frees, thread.frees);
        take(earlier.reallocations, thread.reallocations);
        take(earlier.allocatedBytes, thread.allocatedBytes);
        take(earlier.freedBytes, thread.freedBytes);
        if (thread.allocations != 0 || thread.frees != 0) {
            threads.push_back(thread);
        }
    }
    if (earlier.allocations != 0 || earlier.frees != 0) {
        threads.push_back(earlier);
    }
    return threads;
}

} // namespace

HeapReading heapReadingOf(LedgerReader& ledger, std::string label, std::string name) {
    HeapReading reading;
    reading.head.label = std::move(label);
    reading.head.process = ledger.process();
    reading.head.name = std::move(name);
    reading.programStartNs = ledger.startedNs();
    if (const auto counters = ledger.read()) {
        reading.sizes = sizesOf(*counters);
        reading.threads = threadsOf(*counters);
    }
    reading.profile = ledger.profile();
    return reading;
}

std::optional<HeapRecord> readHeap(HeapReading reading, std::size_t most) {
    auto profile = reading.profile->read();
    if (!profile) {
        return std::nullopt;
    }
    if (auto blocks = reading.profile->readBlocks()) {
        keepBlocks(*profile, std::move(*blocks), most);
    }
    profile->programStartNs = reading.programStartNs;
    profile->sizes = std::move(reading.sizes);
    profile->threads = std::move(reading.threads);
    HeapRecord record = std::move(reading.head);
    record.timeNs = profile->timeNs;
    const std::string program = std::filesystem::path(profile->program).filename();
    if (!program.empty()) {
        record.name = program;
    }
    record.profile = std::move(*profile);
    return record;
}

void LiveHeapReading::start(std::vector<HeapReading> readings) {
    m_reading.start([readings = std::move(readings)](const std::stop_token& stop) mutable {
        Records found;
        for (HeapReading& reading : readings) {
            if (stop.stop_requested()) {
                break;
            }
            // Moved: a profile holds the memory of its process, which may end meanwhile.
            if (auto record = readHeap(std::move(reading), kMostLiveBlocks)) {
                found.push_back(std::make_shared<const HeapRecord>(std::move(*record)));
            }
        }
        return found;
    });
}

} // namespace ringscope
