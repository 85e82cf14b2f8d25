// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/call_tree_view.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>

#include "widgets/heap/call_tree_model.h"
#include "widgets/heap/heap_text.h"
#include "widgets/heap/share_delegate.h"

namespace ringscope {

CallTreeView::CallTreeView(const Theme& theme, QWidget* parent)
    : QTreeView(parent)
    , m_model(new CallTreeModel(this)) {
    setModel(m_model);
    setItemDelegate(new ShareDelegate(
        theme, {CallTreeModel::shareColumn, CallTreeModel::shareRole, CallTreeModel::matchRole},
        this));
    setUniformRowHeights(true);
    setAlternatingRowColors(false);
    setAllColumnsShowFocus(true);
    setAccessibleName(tr("Call tree"));
    setSortingEnabled(true);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(QHeaderView::Interactive);
    header()->setSectionResizeMode(CallTreeModel::functionColumn, QHeaderView::Stretch);
    setIndentation(12);
    sortByColumn(CallTreeModel::shareColumn, Qt::DescendingOrder);
    const QFontMetrics metrics(font());
    for (int column = CallTreeModel::shareColumn; column < CallTreeModel::placeColumn; ++column) {
        header()->resizeSection(column, metrics.horizontalAdvance(QStringLiteral("8888.88 MiB")));
    }
    header()->resizeSection(CallTreeModel::placeColumn, 28 * metrics.averageCharWidth());
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (!m_isSelecting) {
                    Q_EMIT nodeSelected(m_model->nodeAt(current));
                }
            });
    connect(this, &QTreeView::activated, this, &CallTreeView::requestSource);
}

void CallTreeView::setTree(std::shared_ptr<const CallTree> tree) {
    m_isSelecting = true;
    m_model->setTree(std::move(tree));
    m_isSelecting = false;
    openHeaviest();
}

std::vector<std::vector<std::string>> CallTreeView::openPaths() const {
    std::vector<std::vector<std::string>> paths;
    std::vector<QModelIndex> left{QModelIndex()};
    while (!left.empty()) {
        const QModelIndex at = left.back();
        left.pop_back();
        if (at.isValid()) {
            paths.push_back(pathOf(*m_model->tree(), m_model->nodeAt(at)));
        }
        for (int row = 0; row < m_model->rowCount(at); ++row) {
            const QModelIndex below = m_model->index(row, 0, at);
            if (isExpanded(below)) {
                left.push_back(below);
            }
        }
    }
    return paths;
}

void CallTreeView::updateTree(std::shared_ptr<const CallTree> tree) {
    if (m_model->tree() == nullptr || tree == nullptr) {
        setTree(std::move(tree));
        return;
    }
    const auto paths = openPaths();
    const int scrolled = verticalScrollBar()->value();
    m_isSelecting = true;
    m_model->setTree(std::move(tree));
    for (const auto& path : paths) {
        const std::uint32_t node = nodeOfPath(*m_model->tree(), path);
        if (node != 0) {
            expand(m_model->indexOf(node));
        }
    }
    m_isSelecting = false;
    verticalScrollBar()->setValue(scrolled);
}

void CallTreeView::setMeasure(HeapMeasure measure) {
    m_model->setMeasure(measure);
}

void CallTreeView::setByteScale(ByteScale scale) {
    m_model->setByteScale(scale);
}

void CallTreeView::setFindText(const QString& text) {
    m_model->setFindText(text);
}

void CallTreeView::findNext() {
    if (const std::uint32_t node = m_model->nextMatch(m_model->nodeAt(currentIndex()))) {
        select(node);
        Q_EMIT nodeSelected(node);
    }
}

void CallTreeView::select(std::uint32_t node) {
    const QModelIndex index = m_model->indexOf(node);
    m_isSelecting = true;
    if (index.isValid()) {
        for (QModelIndex above = index.parent(); above.isValid(); above = above.parent()) {
            expand(above);
        }
        setCurrentIndex(index);
        scrollTo(index);
    } else {
        clearSelection();
        setCurrentIndex({});
    }
    m_isSelecting = false;
}

// Down the first rows, as long as they are most of what is above them.
void CallTreeView::openHeaviest() {
    QModelIndex at;
    double share = 1;
    for (int depth = 0; depth < 64; ++depth) {
        const QModelIndex first = m_model->index(0, 0, at);
        const double below = first.data(CallTreeModel::shareRole).toDouble();
        if (!first.isValid() || below < share * 0.5) {
            return;
        }
        share = below;
        expand(first);
        at = first;
    }
}

QString CallTreeView::selectedText() const {
    QString text;
    const auto& tree = m_model->tree();
    for (QModelIndex at = currentIndex().siblingAtColumn(0); at.isValid(); at = at.parent()) {
        const std::uint32_t node = m_model->nodeAt(at);
        const CallFunction& function = tree->functionOf(node);
        QStringList parts{QString::fromStdString(function.name)};
        for (int column = CallTreeModel::shareColumn; column < CallTreeModel::columns; ++column) {
            parts << at.siblingAtColumn(column).data().toString();
        }
        text += parts.join(QLatin1Char('\t')) + QLatin1Char('\n');
    }
    return text;
}

void CallTreeView::requestSource(const QModelIndex& index) {
    const std::uint32_t node = m_model->nodeAt(index);
    if (node == 0) {
        return;
    }
    const CallFunction& function = m_model->tree()->functionOf(node);
    const std::uint32_t line = m_model->tree()->nodes()[node].line;
    Q_EMIT sourceRequested(QString::fromStdString(function.file),
                           static_cast<int>(line != 0 ? line : function.line));
}

void CallTreeView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        QApplication::clipboard()->setText(selectedText());
        return;
    }
    QTreeView::keyPressEvent(event);
}

void CallTreeView::contextMenuEvent(QContextMenuEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (!index.isValid()) {
        return;
    }
    QMenu menu;
    menu.addAction(tr("Copy with what is above it"), this,
                   [this] { QApplication::clipboard()->setText(selectedText()); });
    menu.addAction(tr("Open all below"), this, [this, index] { expandRecursively(index, 24); });
    const CallFunction function = m_model->tree()->functionOf(m_model->nodeAt(index));
    menu.addAction(tr("Show who calls it"), this, [this, &function] {
        Q_EMIT aroundRequested(function, CallDirection::fromAllocation);
    });
    menu.addAction(tr("Show what it calls"), this, [this, &function] {
        Q_EMIT aroundRequested(function, CallDirection::fromMain);
    });
    menu.addAction(tr("Open the source"), this, [this, index] { requestSource(index); });
    menu.exec(event->globalPos());
}

} // namespace ringscope
