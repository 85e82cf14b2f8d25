// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/units.h"
#include "core/export/map_csv.h"
#include "core/memory/map_columns.h"

namespace ringscope {

// How tables of memory maps are printed.
struct MapTableOptions {
    MapRows rows = MapRows::type;
    ColumnNames names = ColumnNames::linuxNames;
    ByteScale scale = ByteScale::kib;
    std::optional<MemoryType> only;
};
// From the words of the command line. Errors (usage) list what there is.
[[nodiscard]] Expected<MapTableOptions> mapTableOptions(const std::string& by,
                                                        const std::string& names,
                                                        const std::string& unit,
                                                        const std::string& type);

// One printed row: what it is, then its numbers, which may be negative.
struct MapTableRow {
    std::vector<std::string> texts;
    std::function<std::int64_t(const MapColumn& column)> value;
};

// Zeros are blank, and a column that has nothing else is left out. Numbers stand in the unit of the
// scale without repeating it. told: the columns that there may be.
[[nodiscard]] std::string mapTable(const std::vector<std::string>& heads,
                                   const std::vector<MapTableRow>& rows,
                                   const MapTableOptions& options,
                                   const std::vector<const MapColumn*>& told, bool isSigned);
// "KiB", and "pages of 4 KiB".
[[nodiscard]] std::string unitWords(ByteScale scale);

[[nodiscard]] std::string hexRange(std::uint64_t start, std::uint64_t end);

} // namespace ringscope
