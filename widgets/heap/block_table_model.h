// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/units.h"
#include "core/heap/heap_blocks.h"

namespace ringscope {

// The live blocks of a profile, each a row. GUI thread.
class BlockTableModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { addressColumn, sizeColumn, ageColumn, functionColumn, placeColumn, columns };

    explicit BlockTableModel(QObject* parent = nullptr);

    void setBlocks(std::shared_ptr<const HeapBlocks> blocks); // null: nothing to show
    void setByteScale(ByteScale scale);
    // Only blocks with it in function or file, or in the address: "0x7f12".
    void setFindText(const QString& text);

    [[nodiscard]] const HeapBlocks::Row& blockAt(int row) const;
    [[nodiscard]] const HeapBlocks::Site& siteAt(int row) const;
    // The row of the block at that address; -1: none.
    [[nodiscard]] int rowOf(std::uint64_t address) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    void arrange();
    void sortRows();
    [[nodiscard]] QString displayText(const HeapBlocks::Row& block, int column) const;

    std::shared_ptr<const HeapBlocks> m_blocks;
    ByteScale m_scale = ByteScale::automatic;
    QString m_text;
    int m_sortColumn = sizeColumn;
    Qt::SortOrder m_order = Qt::DescendingOrder;
    std::vector<std::uint32_t> m_rows; // HeapBlocks::rows()
};

} // namespace ringscope
