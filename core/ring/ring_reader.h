// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/expected.h"
#include "core/ring/segment_geometry.h"
#include "core/ring/slot_snapshot.h"

namespace ringscope {

// Cursors of a ring, whoever's it is: what fill and rates come from. One thread at a time.
class RingReader {
public:
    RingReader() = default;
    virtual ~RingReader() = default;

    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
    [[nodiscard]] virtual const SegmentGeometry& geometry() const noexcept = 0;
    // Grows with every change of geometry().
    [[nodiscard]] virtual std::uint64_t generation() const noexcept = 0;
    // Cursors of all channels in use, in the order of their index; valid until the next call. Error
    // (damaged): they cannot be what they should be.
    [[nodiscard]] virtual Expected<std::span<const ChannelCursors>> cursors() = 0;

protected:
    RingReader(RingReader&&) = default;
    RingReader& operator=(RingReader&&) = default;
};

} // namespace ringscope
