// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/data_table_delegate.h"

#include <algorithm>

#include <QAbstractProxyModel>
#include <QApplication>
#include <QPainter>

#include "widgets/tables/table_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kPadding = 6;
constexpr int kChipPx = 10;

QColor toneColor(const ThemeTokens& tokens, CellTone tone) {
    switch (tone) {
    case CellTone::secondary:
        return tokens.textSecondary;
    case CellTone::good:
        return tokens.slotColor(SlotState::reading);
    case CellTone::warning:
        return tokens.warning;
    case CellTone::error:
        return tokens.error;
    case CellTone::normal:
        break;
    }
    return tokens.text;
}

} // namespace

DataTableDelegate::DataTableDelegate(const Theme& theme, const TableModel& model, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
    , m_model(model) {}

void DataTableDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const {
    const auto* proxy = qobject_cast<const QAbstractProxyModel*>(index.model());
    const QModelIndex source = proxy != nullptr ? proxy->mapToSource(index) : index;
    const TableColumn& column = m_model.columns()[static_cast<std::size_t>(source.column())];
    const TableCell& cell = m_model.rows()[static_cast<std::size_t>(source.row())]
                                .cells[static_cast<std::size_t>(source.column())];
    const ThemeTokens& tokens = m_theme.tokens();
    QStyleOptionViewItem background = option;
    initStyleOption(&background, index);
    const QString text = background.text;
    background.text.clear();
    background.state &= ~QStyle::State_HasFocus; // rows are selected, not cells
    const QStyle* style =
        background.widget != nullptr ? background.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &background, painter, background.widget);

    painter->save();
    const bool isSelected = (option.state & QStyle::State_Selected) != 0;
    QRect rect = option.rect.adjusted(kPadding, 0, -kPadding, 0);
    if (column.kind == ColumnKind::share && cell.number > 0) {
        const int textWidth = option.fontMetrics.horizontalAdvance(QStringLiteral("100.0 %"));
        const QRect track =
            rect.adjusted(0, rect.height() / 4, -textWidth - kPadding, -rect.height() / 4);
        QRect bar = track;
        bar.setWidth(std::max(1, static_cast<int>(track.width() * std::min(1.0, cell.number))));
        painter->fillRect(track, tokens.grid);
        painter->fillRect(bar, cell.chip ? tokens.memoryTypeColor(*cell.chip) : tokens.accent);
        rect.setLeft(track.right() + 1);
    } else if (cell.chip) {
        const QRect chip(rect.left(), rect.center().y() - kChipPx / 2 + 1, kChipPx, kChipPx);
        painter->fillRect(chip, tokens.memoryTypeColor(*cell.chip));
        rect.setLeft(chip.right() + kPadding);
    }
    painter->setFont(option.font);
    painter->setPen(isSelected ? option.palette.color(QPalette::HighlightedText)
                               : toneColor(tokens, cell.tone));
    painter->drawText(rect, static_cast<int>(background.displayAlignment),
                      option.fontMetrics.elidedText(text, Qt::ElideRight, rect.width()));
    painter->restore();
}

QSize DataTableDelegate::sizeHint(const QStyleOptionViewItem& option,
                                  const QModelIndex& index) const {
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    const TableColumn& column = m_model.columns()[static_cast<std::size_t>(index.column())];
    size.rwidth() += 2 * kPadding;
    if (column.kind == ColumnKind::share) {
        size.setWidth(option.fontMetrics.horizontalAdvance(QStringLiteral("100.0 %")) + 80);
    } else if (index.column() == 0) {
        size.rwidth() += kChipPx + kPadding;
    }
    return size;
}

} // namespace ringscope
