// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/heap_figures.h"
#include "core/base/process_end_watch.h"
#include "core/base/process_identity.h"

namespace ringscope {

// started: by Ringscope, or a child of such a process, so that its counters count from 0 for us.
// attached: it ran before, and what it counted before is not ours.
enum class TargetOrigin : std::uint8_t { started, attached };

constexpr std::size_t kMaxProcessesWithTracks = 64;

struct TargetProcess {
    std::string label; // in front of its tracks: "P0", "C1"; unique within the session
    ProcessIdentity identity;
    TargetOrigin origin = TargetOrigin::attached;
    bool isAlive = true;
    // Tracks of its own; false beyond kMaxProcessesWithTracks, which count in the sums only.
    bool hasTracks = true;
    // As the memory source read them last.
    std::uint64_t rssBytes = 0;
    std::optional<std::uint64_t> pageTableBytes;
    // As the heap source read it last; empty: runs without the tracker.
    std::optional<HeapFigures> heap;
};

// The processes that a session observes, shared by its sources. Only grows, so an index stays what
// it is: who ended is marked, its tracks and the counters it reached remain. Recorder's thread
// only.
class TargetProcesses {
public:
    // Adds nothing, and says false, when that process is in already. An empty label becomes the
    // next free one of "P0", "P1", ...
    bool add(std::string label, const ProcessIdentity& identity, TargetOrigin origin);
    // Index of that process, which is added (without a label of its own) when it is new.
    std::size_t findOrAdd(const ProcessIdentity& identity, TargetOrigin origin);
    // Looks which ones ended since the last call; their indices.
    std::vector<std::size_t> findEnded();
    void setSizes(std::size_t index, std::uint64_t rssBytes,
                  std::optional<std::uint64_t> pageTableBytes) {
        m_all[index].rssBytes = rssBytes;
        m_all[index].pageTableBytes = pageTableBytes;
    }
    void setHeap(std::size_t index, const HeapFigures& heap) { m_all[index].heap = heap; }
    [[nodiscard]] std::optional<HeapFigures> heapOf(const ProcessIdentity& identity) const;
    // 0 for a process that is not in.
    [[nodiscard]] std::uint64_t rssOf(const ProcessIdentity& identity) const;

    [[nodiscard]] const std::vector<TargetProcess>& all() const noexcept { return m_all; }
    [[nodiscard]] std::size_t aliveCount() const noexcept;

private:
    [[nodiscard]] std::optional<std::size_t> indexOf(const ProcessIdentity& identity) const;

    std::vector<TargetProcess> m_all;
    ProcessEndWatch m_endWatch; // of m_all, in its order
};

} // namespace ringscope
