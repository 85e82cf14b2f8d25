// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <QString>

#include "widgets/map/map_items.h"

namespace ringscope {

// The columns of the tree: these, then mapColumns(), then protection, NUMA nodes and details.
inline constexpr int kMapAddressColumn = 0;
inline constexpr int kMapTypeColumn = 1;
inline constexpr int kMapChangeColumn = 2; // of a difference only
inline constexpr int kMapFirstNumberColumn = 3;
[[nodiscard]] int mapProtectionColumn();
[[nodiscard]] int mapNodesColumn();
[[nodiscard]] int mapDetailsColumn();
[[nodiscard]] int mapTreeColumnCount();
// Of a MapColumn by its key; -1: there is none.
[[nodiscard]] int mapColumnIndex(std::string_view key);
// nullptr for the columns that are no number.
[[nodiscard]] const MapColumn* mapNumberColumn(int column);

struct MapRowFilter {
    std::optional<MemoryType> type;
    // Of a name or of details, in any case; or an address (hexadecimal, with or without 0x), which
    // finds the mapping that contains it and, from four digits on, those that start with it.
    QString text;
    bool isOnlyChanged = true; // of a difference
};

struct MapRowSort {
    int column = -1; // by type, then by address
    bool isDescending = false;
};

// Which items are shown, in which order; all in a few vectors, however many there are.
struct MapRows {
    struct Top {
        std::uint32_t object = 0;
        std::uint32_t firstChild = 0; // index into children
        std::uint32_t childCount = 0; // 0 for an object with one region, which is one row
    };
    std::vector<Top> tops;
    std::vector<std::uint32_t> children; // regions
    std::vector<std::int32_t> topOf;     // by object: its row, or -1
    std::vector<std::int32_t> childOf;   // by region: its row below its object, or -1
};

[[nodiscard]] MapRows arrangeMapRows(const MapItems& items, const MapRowFilter& filter,
                                     const MapRowSort& sort);

} // namespace ringscope
