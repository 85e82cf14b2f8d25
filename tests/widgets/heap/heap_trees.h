// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "core/heap/call_tree.h"
#include "tests/support/heap_records.h"

namespace ringscope::testing {

inline std::shared_ptr<const CallTree> callTree(CallDirection direction = CallDirection::fromMain) {
    const HeapRecord record = heapRecord();
    return std::make_shared<const CallTree>(record.profile, record.symbols, direction);
}

// The first node of a function of that name; 0: none.
inline std::uint32_t nodeNamed(const CallTree& tree, const std::string& name) {
    for (std::uint32_t i = 1; i < tree.nodes().size(); ++i) {
        if (tree.functionOf(i).name == name) {
            return i;
        }
    }
    return 0;
}

} // namespace ringscope::testing
