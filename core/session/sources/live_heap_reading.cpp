// SPDX-License-Identifier: MIT
#include "core/session/sources/live_heap_reading.h"

#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>

namespace ringscope {

namespace {

constexpr std::size_t kMostLiveBlocks = 100'000;

} // namespace

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
    {
        const std::lock_guard lock(m_mutex);
        if (m_isReading) {
            return;
        }
        m_isReading = true;
    }
    m_thread = Thread(
        "heap profiles",
        [this, readings = std::move(readings)](const std::stop_token& stop) mutable {
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
            const std::lock_guard lock(m_mutex);
            m_found = std::move(found);
            m_isReading = false;
        },
        [this](const Error&) { // no memory for it: what was read before stays
            const std::lock_guard lock(m_mutex);
            m_isReading = false;
        });
}

std::optional<LiveHeapReading::Records> LiveHeapReading::take() {
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_found, std::nullopt);
}

} // namespace ringscope
