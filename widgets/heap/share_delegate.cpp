// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/share_delegate.h"

#include <QPainter>

#include "widgets/theme/theme.h"

namespace ringscope {

ShareDelegate::ShareDelegate(const Theme& theme, const Roles& roles, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
    , m_roles(roles) {}

void ShareDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
    const ThemeTokens& tokens = m_theme.tokens();
    if (index.column() == m_roles.shareColumn) {
        const double share = index.data(m_roles.share).toDouble();
        QRectF bar = QRectF(option.rect).adjusted(2, 3, -2, -3);
        bar.setLeft(bar.right() - bar.width() * share);
        QColor color = tokens.accent;
        color.setAlphaF(0.25F);
        painter->fillRect(bar, color);
    }
    QStyleOptionViewItem styled(option);
    if (index.data(m_roles.match).toBool()) {
        styled.font.setBold(true);
        styled.palette.setColor(QPalette::Text, tokens.accent);
    }
    QStyledItemDelegate::paint(painter, styled, index);
}

} // namespace ringscope
