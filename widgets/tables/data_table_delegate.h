// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace ringscope {

class TableModel;
class Theme;

// Paints what a plain table cannot: the chip of a memory type, the bar of a share, a state's
// colour. GUI thread.
class DataTableDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    // Indices are of a proxy over model; both outlive this.
    DataTableDelegate(const Theme& theme, const TableModel& model, QObject* parent = nullptr);
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override;

private:
    const Theme& m_theme;
    const TableModel& m_model;
};

} // namespace ringscope
