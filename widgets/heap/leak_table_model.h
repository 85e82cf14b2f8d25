// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "core/base/units.h"
#include "widgets/heap/leak_rows.h"

namespace ringscope {

// What a search for leaks has found, a row for each kind of a call stack. GUI thread.
class LeakTableModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        kindColumn,
        bytesColumn,
        blocksColumn,
        indirectColumn,
        ageColumn,
        functionColumn,
        placeColumn,
        callerColumn,
        columns
    };

    explicit LeakTableModel(QObject* parent = nullptr);

    void setRows(std::shared_ptr<const LeakRows> rows); // null: nothing to show
    // At first all but what is reachable.
    void setKindShown(LeakKind kind, bool isShown);
    [[nodiscard]] bool isKindShown(LeakKind kind) const;
    void setByteScale(ByteScale scale);
    // Only those with it in function, file or caller.
    void setFindText(const QString& text);

    [[nodiscard]] const LeakRow& rowAt(int row) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    void arrange();
    [[nodiscard]] bool isFound(const LeakRow& row) const;
    [[nodiscard]] bool isLess(const LeakRow& a, const LeakRow& b) const;
    [[nodiscard]] QString displayText(const LeakRow& row, int column) const;
    [[nodiscard]] QVariant helpText(const LeakRow& row, int column) const;

    std::shared_ptr<const LeakRows> m_found;
    std::array<bool, 4> m_isShown{}; // by LeakKind
    ByteScale m_scale = ByteScale::automatic;
    QString m_text;
    int m_sortColumn = kindColumn;
    Qt::SortOrder m_order = Qt::AscendingOrder;
    std::vector<std::size_t> m_rows; // of LeakRows::rows
};

} // namespace ringscope
