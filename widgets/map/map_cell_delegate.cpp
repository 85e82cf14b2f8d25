// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_cell_delegate.h"

#include <QApplication>
#include <QIcon>
#include <QPainter>
#include <QPixmap>

#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kRowPadding = 6;  // above and below the text together
constexpr int kCellPadding = 6; // left and right of the text, each
constexpr int kChipPx = 10;

QIcon chip(const QColor& color) {
    QPixmap square(kChipPx, kChipPx);
    square.fill(color);
    QIcon icon(square);
    icon.addPixmap(square, QIcon::Selected); // or the style tints it
    return icon;
}

// Left and right of a text together, as styles draw it.
constexpr int kTextMargin = 2 * 3 + 2;

} // namespace

QString elidedPath(const QString& text, const QFontMetrics& metrics, int width) {
    if (metrics.horizontalAdvance(text) <= width) {
        return text;
    }
    const qsizetype slash = text.lastIndexOf(u'/');
    const QString fromName = slash > 0 ? QStringLiteral("…") + text.mid(slash) : text;
    return metrics.horizontalAdvance(fromName) <= width
               ? metrics.elidedText(text, Qt::ElideLeft, width)
               : metrics.elidedText(fromName, Qt::ElideMiddle, width);
}

MapCellDelegate::MapCellDelegate(const Theme& theme, int pathColumn, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
    , m_pathColumn(pathColumn) {}

// A number and the text in the next column do not touch: the background is as wide as the cell,
// what is in it is not.
void MapCellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const {
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QStyle* style = cell.widget != nullptr ? cell.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, cell.widget);
    cell.rect.adjust(kCellPadding, 0, -kCellPadding, 0);
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
}

QSize MapCellDelegate::sizeHint(const QStyleOptionViewItem& option,
                                const QModelIndex& index) const {
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.rwidth() += 2 * kCellPadding;
    size.setHeight(option.fontMetrics.height() + kRowPadding);
    return size;
}

void MapCellDelegate::initStyleOption(QStyleOptionViewItem* option,
                                      const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    option->state &= ~QStyle::State_HasFocus; // rows are selected, not cells
    const ThemeTokens& tokens = m_theme.tokens();
    const QVariant type = index.data(kMapTypeRole);
    if (type.isValid()) {
        option->icon = chip(tokens.memoryTypeColor(static_cast<MemoryType>(type.toInt())));
        option->features |= QStyleOptionViewItem::HasDecoration;
        option->decorationSize = QSize(kChipPx, kChipPx);
    }
    const int sign = index.data(kMapSignRole).toInt();
    if (sign != 0) {
        option->palette.setColor(QPalette::Text, sign > 0 ? tokens.grown : tokens.shrunk);
    }
    if (index.column() == m_pathColumn && option->rect.isValid()) {
        const int room = option->rect.width() - 2 * kCellPadding - kTextMargin;
        option->text = elidedPath(option->text, option->fontMetrics, room);
    }
}

} // namespace ringscope
