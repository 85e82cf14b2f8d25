// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/memory/memory_sums.h"

namespace ringscope {

// Which of the two sets of names columns go by. ("linux" alone is a macro of GCC.)
enum class ColumnNames : std::uint8_t { linuxNames, vmmapNames };

// One number of a row of a memory map, as every table, file and comparison shows it.
struct MapColumn {
    std::string_view key; // in JSON and CSV
    std::string_view linuxName;
    std::string_view vmmapName; // empty: VMMap has no such column
    std::string_view meaning;   // one sentence
    std::string_view source;    // where the kernel says it
    bool isCount = false;       // of regions; otherwise bytes
    bool needsResidency = true; // not known of a core dump
    std::uint64_t (*value)(const MemorySums& sums) = nullptr;

    [[nodiscard]] std::string_view name(ColumnNames names) const {
        return names == ColumnNames::vmmapNames && !vmmapName.empty() ? vmmapName : linuxName;
    }
};

// In the order of tables and files.
[[nodiscard]] std::span<const MapColumn> mapColumns();
// nullptr when there is none.
[[nodiscard]] const MapColumn* findMapColumn(std::string_view key);

} // namespace ringscope
