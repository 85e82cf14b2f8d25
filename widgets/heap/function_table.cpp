// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/function_table.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>

#include <utility>

#include "widgets/heap/function_table_model.h"
#include "widgets/heap/share_delegate.h"

namespace ringscope {

FunctionTable::FunctionTable(const Theme& theme, QWidget* parent)
    : QTreeView(parent)
    , m_model(new FunctionTableModel(this)) {
    setModel(m_model);
    setItemDelegate(new ShareDelegate(theme, {}, this));
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    setAccessibleName(tr("Functions"));
    setSortingEnabled(true);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(FunctionTableModel::functionColumn, QHeaderView::Stretch);
    sortByColumn(FunctionTableModel::totalColumn, Qt::DescendingOrder);
    const QFontMetrics metrics(font());
    for (int column = FunctionTableModel::shareColumn; column < FunctionTableModel::placeColumn;
         ++column) {
        header()->resizeSection(column, metrics.horizontalAdvance(QStringLiteral("8888.88 MiB")));
    }
    header()->resizeSection(FunctionTableModel::placeColumn, 28 * metrics.averageCharWidth());
    connect(this, &QTreeView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT aroundRequested(m_model->functionAt(index.row()), CallDirection::fromAllocation);
    });
}

void FunctionTable::setTree(std::shared_ptr<const CallTree> tree) {
    const int scrolled = verticalScrollBar()->value();
    const QModelIndex current = currentIndex();
    const std::string chosen =
        current.isValid() ? m_model->functionAt(current.row()).name : std::string();
    m_model->setTree(std::move(tree));
    for (int row = 0; !chosen.empty() && row < m_model->rowCount(); ++row) {
        if (m_model->functionAt(row).name == chosen) {
            setCurrentIndex(m_model->index(row, 0));
            break;
        }
    }
    verticalScrollBar()->setValue(scrolled);
}

void FunctionTable::setMeasure(HeapMeasure measure) {
    m_model->setMeasure(measure);
}

void FunctionTable::setByteScale(ByteScale scale) {
    m_model->setByteScale(scale);
}

void FunctionTable::setFindText(const QString& text) {
    m_model->setFindText(text);
}

void FunctionTable::copyRow() {
    const QModelIndex at = currentIndex();
    if (!at.isValid()) {
        return;
    }
    QStringList parts{QString::fromStdString(m_model->functionAt(at.row()).name)};
    for (int column = FunctionTableModel::shareColumn; column < FunctionTableModel::columns;
         ++column) {
        parts << at.siblingAtColumn(column).data().toString();
    }
    QApplication::clipboard()->setText(parts.join(QLatin1Char('\t')) + QLatin1Char('\n'));
}

void FunctionTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        copyRow();
        return;
    }
    QTreeView::keyPressEvent(event);
}

void FunctionTable::contextMenuEvent(QContextMenuEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (!index.isValid()) {
        return;
    }
    // A copy: the rows may be others when something is chosen.
    const CallFunction function = m_model->functionAt(index.row());
    QMenu menu;
    menu.addAction(tr("Show who calls it"), this, [this, &function] {
        Q_EMIT aroundRequested(function, CallDirection::fromAllocation);
    });
    menu.addAction(tr("Show what it calls"), this, [this, &function] {
        Q_EMIT aroundRequested(function, CallDirection::fromMain);
    });
    menu.addSeparator();
    menu.addAction(tr("Copy"), this, &FunctionTable::copyRow);
    menu.addAction(tr("Open the source"), this, [this, &function] {
        Q_EMIT sourceRequested(QString::fromStdString(function.file),
                               static_cast<int>(function.line));
    });
    menu.exec(event->globalPos());
}

} // namespace ringscope
