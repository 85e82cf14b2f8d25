// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <QString>

#include "core/base/units.h"
#include "core/memory/memory_type.h"

namespace ringscope {

enum class ColumnKind {
    text,       // left-aligned, sorted so that P2 is before P10
    quantity,   // a number in its unit, rounded to be read
    exact,      // every digit, in groups of three
    identifier, // a pid: digits without groups
    share,      // 0 to 1 as a bar with per cent
};

struct TableColumn {
    QString title;
    ColumnKind kind = ColumnKind::text;
    Unit unit = Unit::none; // of quantity and exact columns; a cell may have its own
    QString help;
    bool isHiddenAtFirst = false;
};

[[nodiscard]] inline TableColumn tableColumn(QString title, ColumnKind kind, Unit unit = Unit::none,
                                             QString help = {}) {
    TableColumn column;
    column.title = std::move(title);
    column.kind = kind;
    column.unit = unit;
    column.help = std::move(help);
    return column;
}
[[nodiscard]] inline TableColumn hiddenAtFirst(TableColumn column) {
    column.isHiddenAtFirst = true;
    return column;
}

enum class CellTone { normal, secondary, good, warning, error };

// One cell as a value: how it is written is the model's, how it looks the delegate's.
struct TableCell {
    QString text;                                             // of text columns
    double number = std::numeric_limits<double>::quiet_NaN(); // NaN and 0 are blank
    std::optional<Unit> unit;                                 // instead of the column's
    std::optional<MemoryType> chip;                           // a square of the type's colour
    CellTone tone = CellTone::normal;
    QString help;
};
[[nodiscard]] inline bool operator==(const TableCell& a, const TableCell& b) {
    const bool isSameNumber =
        a.number == b.number || (std::isnan(a.number) && std::isnan(b.number));
    return isSameNumber && a.text == b.text && a.unit == b.unit && a.chip == b.chip &&
           a.tone == b.tone && a.help == b.help;
}

struct TableRow {
    QString key;            // which thing it is, the same from update to update; unique in a table
    std::int64_t value = 0; // given back when the row is activated: the time of a marker
    std::vector<TableCell> cells;
    bool operator==(const TableRow&) const = default;
};

[[nodiscard]] inline TableCell textCell(QString text, CellTone tone = CellTone::normal) {
    TableCell cell;
    cell.text = std::move(text);
    cell.tone = tone;
    return cell;
}
[[nodiscard]] inline TableCell numberCell(double number, CellTone tone = CellTone::normal) {
    TableCell cell;
    cell.number = number;
    cell.tone = tone;
    return cell;
}
[[nodiscard]] inline TableCell numberCell(double number, Unit unit) {
    TableCell cell;
    cell.number = number;
    cell.unit = unit;
    return cell;
}

} // namespace ringscope
