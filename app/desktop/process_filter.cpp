// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_filter.h"

#include <QGuiApplication>
#include <QPalette>

#include "app/desktop/process_tree_model.h"

namespace ringscope {

ProcessFilter::ProcessFilter(QObject* parent)
    : QSortFilterProxyModel(parent) {
    setSortRole(ProcessTreeModel::kSortRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
    setFilterRole(ProcessTreeModel::kSearchRole);
    setFilterKeyColumn(-1);
    setFilterCaseSensitivity(Qt::CaseInsensitive);
    setRecursiveFilteringEnabled(true);
}

void ProcessFilter::setSearch(const QString& text) {
    m_isSearching = !text.isEmpty();
    setFilterFixedString(text);
}

bool ProcessFilter::isMatch(const QModelIndex& index) const {
    const QModelIndex source = mapToSource(index);
    return filterAcceptsRow(source.row(), source.parent());
}

QVariant ProcessFilter::data(const QModelIndex& index, int role) const {
    const QVariant own = QSortFilterProxyModel::data(index, role);
    if (role == Qt::ForegroundRole && !own.isValid() && m_isSearching && !isMatch(index)) {
        return QGuiApplication::palette().brush(QPalette::PlaceholderText);
    }
    return own;
}

} // namespace ringscope
