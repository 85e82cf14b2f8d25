// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "core/heap/call_tree.h"

namespace ringscope {

// A call in a flame graph: a share of the width, in the row of its depth.
struct FlameBox {
    std::uint32_t node = 0;
    std::uint32_t row = 0;
    double left = 0; // of a width of 1
    double width = 0;
};

// The callers of focus over the whole width, focus, and below it what it calls, largest first;
// what is narrower than least is left out, with all below it. The root is row 0. By rows, from left
// to right.
[[nodiscard]] std::vector<FlameBox> flameBoxes(const CallTree& tree, HeapMeasure measure,
                                               std::uint32_t focus, double least);

} // namespace ringscope
