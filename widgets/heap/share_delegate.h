// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace ringscope {

class Theme;

// Cells of heap tables: a bar behind a share, and the mark of what was found.
class ShareDelegate final : public QStyledItemDelegate {
public:
    // Of the column; the roles give a double, 0 to 1, and a bool.
    struct Roles {
        int shareColumn = 1;
        int share = Qt::UserRole;
        int match = Qt::UserRole + 1;
    };
    ShareDelegate(const Theme& theme, const Roles& roles, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

private:
    const Theme& m_theme;
    Roles m_roles;
};

} // namespace ringscope
