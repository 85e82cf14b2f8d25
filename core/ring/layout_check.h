// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/ring/ring_observer.h"

namespace ringscope {

// What the self-check of a segment's layout found. A value type.
struct LayoutCheck {
    std::uint32_t checks = 0;       // that were made
    std::uint64_t slots = 0;        // whose sequence and length were looked at
    std::vector<std::string> off;   // what contradicts docs/ring-abi.md, a sentence each
    std::vector<std::string> notes; // what is allowed and worth knowing

    [[nodiscard]] bool isSound() const noexcept { return off.empty(); }
};

constexpr std::uint64_t kSlotsToCheck = 4096;

// Checks the bytes of a segment that could be opened against docs/ring-abi.md: header, channel
// table, cursors, and up to slotsPerChannel slots of each channel from its head on, and the last
// one. Everybody may go on meanwhile. About 1 us a slot. Errors (damaged): cut short.
[[nodiscard]] Expected<LayoutCheck> checkLayout(const RingObserver& ring,
                                                std::uint64_t slotsPerChannel = kSlotsToCheck);

} // namespace ringscope
