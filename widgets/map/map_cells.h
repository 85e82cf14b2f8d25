// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include <QString>

#include "core/base/units.h"
#include "core/memory/map_columns.h"

namespace ringscope {

// How the numbers of a memory map are written, in every table of it.

[[nodiscard]] QString mapColumnTitle(const MapColumn& column, ColumnNames names);
// What the column is and where the kernel says it, for who asks "what is this?".
[[nodiscard]] QString mapColumnHelp(const MapColumn& column);
// Of a copied column: with the unit, "Size [bytes]".
[[nodiscard]] QString mapColumnHead(const MapColumn& column, ColumnNames names);
// Is shown when these names are chosen: what VMMap has, or what is asked for most.
[[nodiscard]] bool isInMapPreset(const MapColumn& column, ColumnNames names);

// For people: "4.21 MiB", "38 587" mappings; "" for 0 and for what is not known.
[[nodiscard]] QString mapAmountText(const MapColumn& column, std::optional<std::int64_t> amount,
                                    ByteScale scale);
// As mapAmountText, with the sign, a real minus (U+2212) where it shrank.
[[nodiscard]] QString mapChangeText(const MapColumn& column, std::optional<std::int64_t> change,
                                    ByteScale scale);
// As programs read it: every digit, "-" for less, 0 is "0"; empty for what is not known.
[[nodiscard]] QString mapExactText(std::optional<std::int64_t> amount);
// For people, every digit: "4 313 088 bytes". Empty for 0 and for what is not known.
[[nodiscard]] QString mapExactWords(const MapColumn& column, std::optional<std::int64_t> amount);
// "4 KiB before, 12 KiB after"; "0" where there was nothing.
[[nodiscard]] QString mapBeforeAfterText(const MapColumn& column, std::int64_t before,
                                         std::int64_t after, ByteScale scale);

// Hexadecimal, at least eight digits, as in smaps.
[[nodiscard]] QString addressText(std::uint64_t address);

} // namespace ringscope
