// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QAbstractTableModel>

#include "widgets/tables/table_contents.h"

namespace ringscope {

// The rows of one table as they are now; no history. New rows are compared with the old ones by
// key, so that selection and scroll position stay and only changed cells are painted. GUI thread.
class TableModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { kSortRole = Qt::UserRole + 1 }; // a number or a text

    explicit TableModel(std::vector<TableColumn> columns, QObject* parent = nullptr);

    // Each row has a cell for each column; keys are unique.
    void setRows(std::vector<TableRow> rows);
    void setByteScale(ByteScale scale);
    [[nodiscard]] const std::vector<TableColumn>& columns() const noexcept { return m_columns; }
    [[nodiscard]] const std::vector<TableRow>& rows() const noexcept { return m_rows; }
    [[nodiscard]] ByteScale byteScale() const noexcept { return m_scale; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    void removeMissing(const std::vector<TableRow>& rows);
    [[nodiscard]] bool keepsOrder(const std::vector<TableRow>& rows) const;
    void insertNew(const std::vector<TableRow>& rows);
    void replaceChanged(std::vector<TableRow> rows);

    std::vector<TableColumn> m_columns; // Constant after construction.
    std::vector<TableRow> m_rows;
    ByteScale m_scale = ByteScale::automatic;
};

} // namespace ringscope
