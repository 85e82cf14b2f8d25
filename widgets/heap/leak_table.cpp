// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/leak_table.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>

#include <utility>

#include "widgets/heap/leak_table_model.h"

namespace ringscope {

LeakTable::LeakTable(QWidget* parent)
    : QTreeView(parent)
    , m_model(new LeakTableModel(this)) {
    setModel(m_model);
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setAccessibleName(tr("Leaks"));
    setSortingEnabled(true);
    sortByColumn(LeakTableModel::kindColumn, Qt::AscendingOrder);
    header()->setStretchLastSection(false);
    for (const int column : {LeakTableModel::functionColumn, LeakTableModel::callerColumn}) {
        header()->setSectionResizeMode(column, QHeaderView::Stretch);
    }
    const QFontMetrics metrics(font());
    const auto resizeTo = [&](int column, const QString& text) {
        header()->resizeSection(column, metrics.horizontalAdvance(text));
    };
    resizeTo(LeakTableModel::kindColumn, leakKindName(LeakKind::definite) + QStringLiteral("   "));
    resizeTo(LeakTableModel::bytesColumn, QStringLiteral("8888.88 MiB"));
    resizeTo(LeakTableModel::blocksColumn, QStringLiteral("8,888,888"));
    resizeTo(LeakTableModel::indirectColumn, QStringLiteral("888 MiB in 8,888"));
    resizeTo(LeakTableModel::ageColumn, QStringLiteral("8888.88 ms"));
    header()->resizeSection(LeakTableModel::placeColumn, 22 * metrics.averageCharWidth());
    connect(this, &QTreeView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT stackRequested(m_model->rowAt(index.row()).group.stack);
    });
}

void LeakTable::setRows(std::shared_ptr<const LeakRows> rows) {
    m_model->setRows(std::move(rows));
}

void LeakTable::setKindShown(LeakKind kind, bool isShown) {
    m_model->setKindShown(kind, isShown);
}

void LeakTable::setByteScale(ByteScale scale) {
    m_model->setByteScale(scale);
}

void LeakTable::setFindText(const QString& text) {
    m_model->setFindText(text);
}

void LeakTable::copyRows() {
    QString text;
    for (const QModelIndex& index : selectionModel()->selectedRows()) {
        QStringList parts;
        for (int column = 0; column < LeakTableModel::columns; ++column) {
            const std::string& function = m_model->rowAt(index.row()).frame.function;
            parts << (column == LeakTableModel::functionColumn && !function.empty()
                          ? QString::fromStdString(function)
                          : index.siblingAtColumn(column).data().toString());
        }
        text += parts.join(QLatin1Char('\t')) + QLatin1Char('\n');
    }
    if (!text.isEmpty()) {
        QApplication::clipboard()->setText(text);
    }
}

void LeakTable::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QTreeView::currentChanged(current, previous);
    if (current.isValid() && current.row() != previous.row()) {
        Q_EMIT stackChosen(m_model->rowAt(current.row()).group.stack);
    }
}

void LeakTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        copyRows();
        return;
    }
    QTreeView::keyPressEvent(event);
}

void LeakTable::contextMenuEvent(QContextMenuEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (!index.isValid()) {
        return;
    }
    const std::uint32_t stack = m_model->rowAt(index.row()).group.stack;
    QMenu menu;
    menu.addAction(tr("Show its call stack"), this,
                   [this, stack] { Q_EMIT stackRequested(stack); });
    menu.addAction(tr("Copy"), this, &LeakTable::copyRows);
    menu.exec(event->globalPos());
}

} // namespace ringscope
