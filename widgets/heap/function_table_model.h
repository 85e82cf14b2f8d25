// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/units.h"
#include "core/heap/call_tree.h"

namespace ringscope {

// The functions of a call tree, each once, with what was allocated in all stacks through it and by
// itself; those that the measure has nothing of are left out. GUI thread.
class FunctionTableModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { functionColumn, shareColumn, totalColumn, selfColumn, placeColumn, columns };
    enum Role { shareRole = Qt::UserRole }; // double, 0 to 1: what shareColumn shows

    explicit FunctionTableModel(QObject* parent = nullptr);

    void setTree(std::shared_ptr<const CallTree> tree); // null: nothing to show
    void setMeasure(HeapMeasure measure);
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text); // only functions with it in name, file or module

    [[nodiscard]] const CallFunction& functionAt(int row) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    void arrange();
    void sortRows();
    [[nodiscard]] QString displayText(const CallFunction& function, int column) const;

    std::shared_ptr<const CallTree> m_tree;
    HeapMeasure m_measure = HeapMeasure::peak;
    ByteScale m_scale = ByteScale::automatic;
    QString m_text;
    int m_sortColumn = totalColumn;
    Qt::SortOrder m_order = Qt::DescendingOrder;
    std::vector<std::uint32_t> m_rows; // CallTree::functions()
};

} // namespace ringscope
