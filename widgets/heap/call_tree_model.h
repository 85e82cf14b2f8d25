// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QString>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/base/units.h"
#include "core/heap/call_tree.h"

namespace ringscope {

// A call tree as rows. Those of a call are put in order when they are first asked for, so that a
// tree of a million calls opens at once. GUI thread.
class CallTreeModel final : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { functionColumn, shareColumn, firstValueColumn, placeColumn = 7, columns = 8 };
    // In the order of their columns.
    static constexpr std::array<HeapMeasure, 5> kMeasures = {HeapMeasure::peak, HeapMeasure::live,
                                                             HeapMeasure::total, HeapMeasure::count,
                                                             HeapMeasure::temporary};
    // double, 0 to 1: the share that shareColumn shows. bool: the text to find is in it.
    enum Role { shareRole = Qt::UserRole, matchRole };

    explicit CallTreeModel(QObject* parent = nullptr);

    void setTree(std::shared_ptr<const CallTree> tree); // null: nothing to show
    void setMeasure(HeapMeasure measure);               // what shareColumn is of
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text);

    [[nodiscard]] const std::shared_ptr<const CallTree>& tree() const { return m_tree; }
    [[nodiscard]] std::uint32_t nodeAt(const QModelIndex& index) const; // invalid: 0
    [[nodiscard]] QModelIndex indexOf(std::uint32_t node, int column = 0) const;
    // The first call behind that one, or from the start, that the text to find is in; 0: none.
    [[nodiscard]] std::uint32_t nextMatch(std::uint32_t behind) const;
    [[nodiscard]] bool isMatch(std::uint32_t node) const;

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    [[nodiscard]] const std::vector<std::uint32_t>& rowsOf(std::uint32_t node) const;
    [[nodiscard]] QString displayText(std::uint32_t node, int column) const;
    [[nodiscard]] bool isBefore(std::uint32_t a, std::uint32_t b) const;

    std::shared_ptr<const CallTree> m_tree;
    HeapMeasure m_measure = HeapMeasure::peak;
    ByteScale m_scale = ByteScale::automatic;
    int m_sortColumn = shareColumn;
    Qt::SortOrder m_order = Qt::DescendingOrder;
    QString m_text;
    std::vector<char> m_isMatch; // by function
    // Filled in as they are asked for.
    mutable std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> m_rows;
    mutable std::unordered_map<std::uint32_t, int> m_rowOf;
};

} // namespace ringscope
