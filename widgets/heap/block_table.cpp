// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/block_table.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>

#include <utility>

#include "widgets/heap/block_table_model.h"

namespace ringscope {

BlockTable::BlockTable(QWidget* parent)
    : QTreeView(parent)
    , m_model(new BlockTableModel(this)) {
    setModel(m_model);
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setAccessibleName(tr("Live blocks"));
    setSortingEnabled(true);
    sortByColumn(BlockTableModel::sizeColumn, Qt::DescendingOrder);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(BlockTableModel::functionColumn, QHeaderView::Stretch);
    const QFontMetrics metrics(font());
    header()->resizeSection(BlockTableModel::addressColumn,
                            metrics.horizontalAdvance(QStringLiteral("0x7f0000000000000")));
    for (const int column : {BlockTableModel::sizeColumn, BlockTableModel::ageColumn}) {
        header()->resizeSection(column, metrics.horizontalAdvance(QStringLiteral("8888.88 MiB")));
    }
    header()->resizeSection(BlockTableModel::placeColumn, 28 * metrics.averageCharWidth());
    connect(this, &QTreeView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT stackRequested(m_model->siteAt(index.row()).stack);
    });
}

void BlockTable::setBlocks(std::shared_ptr<const HeapBlocks> blocks) {
    const int scrolled = verticalScrollBar()->value();
    const QModelIndex current = currentIndex();
    const std::uint64_t chosen = current.isValid() ? m_model->blockAt(current.row()).address : 0;
    m_model->setBlocks(std::move(blocks));
    if (const int row = chosen != 0 ? m_model->rowOf(chosen) : -1; row >= 0) {
        setCurrentIndex(m_model->index(row, 0));
    }
    verticalScrollBar()->setValue(scrolled);
}

void BlockTable::setByteScale(ByteScale scale) {
    m_model->setByteScale(scale);
}

void BlockTable::setFindText(const QString& text) {
    m_model->setFindText(text);
}

void BlockTable::copyRows() {
    QString text;
    for (const QModelIndex& index : selectionModel()->selectedRows()) {
        QStringList parts;
        for (int column = 0; column < BlockTableModel::columns; ++column) {
            parts << (column == BlockTableModel::functionColumn
                          ? QString::fromStdString(m_model->siteAt(index.row()).function)
                          : index.siblingAtColumn(column).data().toString());
        }
        text += parts.join(QLatin1Char('\t')) + QLatin1Char('\n');
    }
    if (!text.isEmpty()) {
        QApplication::clipboard()->setText(text);
    }
}

void BlockTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        copyRows();
        return;
    }
    QTreeView::keyPressEvent(event);
}

void BlockTable::contextMenuEvent(QContextMenuEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (!index.isValid()) {
        return;
    }
    const std::uint32_t stack = m_model->siteAt(index.row()).stack;
    QMenu menu;
    menu.addAction(tr("Show its call stack"), this,
                   [this, stack] { Q_EMIT stackRequested(stack); });
    menu.addAction(tr("Copy"), this, &BlockTable::copyRows);
    menu.exec(event->globalPos());
}

} // namespace ringscope
