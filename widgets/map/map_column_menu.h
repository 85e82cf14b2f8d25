// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>

#include <QByteArray>

#include "core/memory/map_columns.h"

class QHeaderView;
class QMenu;

namespace ringscope {

// What the tables of a memory map share: which columns are shown, by which names, and how that is
// kept.

// Adds a check box for each column from the first one that may be hidden.
void addMapColumnActions(QMenu* menu, QHeaderView* header, int firstHideable);
// Adds the choice of names.
void addMapNameActions(QMenu* menu, ColumnNames now,
                       const std::function<void(ColumnNames)>& choose);

// Names, widths, order, what is hidden and sorted by.
[[nodiscard]] QByteArray mapColumnState(const QHeaderView& header, ColumnNames names);
// Of another version of the table, or damaged: changes nothing and gives nothing.
[[nodiscard]] std::optional<ColumnNames> restoreMapColumnState(QHeaderView* header,
                                                               const QByteArray& state);

} // namespace ringscope
