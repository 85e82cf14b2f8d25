// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/base/expected.h"
#include "core/heap/heap_annotations.h"

namespace ringscope {

// Reads the annotations in a ledger, which somebody else's process writes: nothing in them is
// trusted. Counts and names may be any, but never more of them than a table holds, and no text is
// longer than its field. One thread at a time.
class AnnotationReader {
public:
    // Copies so many bytes of the ledger from an offset.
    using ReadAt = std::function<std::optional<Error>(void*, std::size_t, std::uint64_t)>;

    // offset: LedgerHeader::annotationsOffset; 0: there are none, and every reading is empty.
    explicit AnnotationReader(std::uint64_t offset = 0)
        : m_offset(offset) {}

    // Those that were used at least once, or hold something. Errors (damaged): as readAt has them.
    [[nodiscard]] Expected<HeapAnnotations> read(const ReadAt& readAt) const;
    // Those that came since the last call, oldest first.
    [[nodiscard]] std::vector<HeapMarker> newMarkers(const ReadAt& readAt);
    // Markers that newer ones overwrote before they were read.
    [[nodiscard]] std::uint64_t lostMarkers() const noexcept { return m_lostMarkers; }

private:
    std::uint64_t m_offset; // Constant after construction.
    std::uint64_t m_markersSeen = 0;
    std::uint64_t m_lostMarkers = 0;
};

} // namespace ringscope
