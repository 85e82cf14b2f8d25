// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QAbstractTableModel>

#include "core/base/units.h"
#include "core/memory/map_columns.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// The sums of a memory map: all mappings, then a row a type, then page tables and free address
// space, which are in no total. With a baseline the cells say how much each changed since. GUI
// thread.
class MapSummaryModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    static constexpr int kTypeColumn = 0; // then mapColumns()

    explicit MapSummaryModel(QObject* parent = nullptr);

    void setSnapshot(MapSnapshotPtr snapshot); // nullptr: nothing to show
    void setBaseline(MapSnapshotPtr baseline); // nullptr: amounts, not changes
    void setEmptyTypesShown(bool isShown);     // not at first
    void setByteScale(ByteScale scale);
    void setColumnNames(ColumnNames names);

    [[nodiscard]] ColumnNames columnNames() const noexcept { return m_names; }
    // Empty for the total.
    [[nodiscard]] std::optional<MemoryType> typeAt(int row) const;
    [[nodiscard]] int rowOf(std::optional<MemoryType> type) const; // -1: not shown
    // As it is copied: exact, sizes in bytes.
    [[nodiscard]] QString exactText(const QModelIndex& index) const;
    [[nodiscard]] QString copiedTitle(int column) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    void recompute();
    [[nodiscard]] static const MapColumn& columnAt(int column);
    [[nodiscard]] std::optional<std::int64_t> amountAt(int row, int column) const;
    [[nodiscard]] QString typeText(int row) const;
    [[nodiscard]] QString typeHelp(int row) const;
    [[nodiscard]] QString amountHelp(int row, int column) const;
    void redraw();

    MapSnapshotPtr m_snapshot;
    MapSnapshotPtr m_baseline;
    MemoryByType m_sums;
    MemoryByType m_sumsBefore;
    std::vector<std::optional<MemoryType>> m_rows;
    bool m_areEmptyTypesShown = false;
    ByteScale m_scale = ByteScale::automatic;
    ColumnNames m_names = ColumnNames::linuxNames;
};

} // namespace ringscope
