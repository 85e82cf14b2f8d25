// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include "widgets/tables/table_contents.h"

namespace ringscope {

// As people read it: "4.21 MiB", "38 587", "" for 0 and for nothing.
[[nodiscard]] QString cellText(const TableColumn& column, const TableCell& cell, ByteScale scale);
// As programs read it: every digit, C locale, no unit, 0 is "0"; empty for nothing.
[[nodiscard]] QString cellValueText(const TableColumn& column, const TableCell& cell);

enum class CopyFormat { tsv, csv, markdown };

// One line of a copied table with its end: TSV without tabs in its cells, CSV after RFC 4180.
[[nodiscard]] QString copyLine(const QStringList& cells, CopyFormat format);

// Rows in the order given, the columns of the given indices. Spreadsheets (TSV, CSV after RFC 4180)
// get exact values with the unit in the head of the column, Markdown what is on the screen.
[[nodiscard]] QString copyText(const std::vector<TableColumn>& columns,
                               const std::vector<int>& shownColumns,
                               const std::vector<const TableRow*>& rows, CopyFormat format,
                               ByteScale scale);

} // namespace ringscope
