// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/heap/ledger_reader.h"
#include "core/heap/profile_reader.h"
#include "core/session/heap_record.h"
#include "core/session/sources/side_reading.h"

namespace ringscope {

// A heap profile that is to be read.
struct HeapReading {
    HeapRecord head; // whose it is
    std::int64_t programStartNs = 0;
    std::vector<HeapSizeClass> sizes;
    std::vector<HeapThreadCounters> threads;
    std::shared_ptr<const ProfileReader> profile;
};
// Of a process with a profile; with what its ledger says of sizes and threads.
[[nodiscard]] HeapReading heapReadingOf(LedgerReader& ledger, std::string label, std::string name);
// With its live blocks, without the names of its code; empty if it cannot be read. Of more than
// `most` blocks it has the largest.
[[nodiscard]] std::optional<HeapRecord> readHeap(HeapReading reading, std::size_t most);

// Reads the profiles of running processes on a thread of its own: 400,000 live blocks take some
// 50 ms, in which nothing else would be sampled. Used by one thread.
class LiveHeapReading {
public:
    using Records = std::vector<std::shared_ptr<const HeapRecord>>;

    // Does nothing while a reading is under way: what that finds is new enough.
    void start(std::vector<HeapReading> readings);
    // What a reading found: once, when it has ended.
    [[nodiscard]] std::optional<Records> take() { return m_reading.take(); }

private:
    SideReading<Records> m_reading{"heap profiles"};
};

} // namespace ringscope
