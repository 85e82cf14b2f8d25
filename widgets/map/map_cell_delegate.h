// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFontMetrics>
#include <QString>
#include <QStyledItemDelegate>

namespace ringscope {

class Theme;

// What a model of a memory map says of a cell beyond Qt's own roles.
enum MapCellRole {
    kMapTypeRole = Qt::UserRole + 1, // int(MemoryType): the cell has a chip of its colour
    kMapSignRole,                    // int: 1 grew, -1 shrank; missing or 0: no difference
};

// What there is room for of a path: its end with the whole name of the file, or else both ends of
// that name. Of any other text both ends.
[[nodiscard]] QString elidedPath(const QString& text, const QFontMetrics& metrics, int width);

// Paints chips of memory types and the colours of differences; rows as high as the font asks for.
// GUI thread.
class MapCellDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    // theme outlives this. Texts of pathColumn keep the names of their files where there is no
    // room for all of it; -1: none.
    explicit MapCellDelegate(const Theme& theme, int pathColumn, QObject* parent = nullptr);
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    const Theme& m_theme;
    int m_pathColumn;
};

} // namespace ringscope
