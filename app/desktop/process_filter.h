// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QModelIndex>
#include <QSortFilterProxyModel>
#include <QString>

namespace ringscope {

// Processes in the order of a column and, while a search stands, only those that match, with the
// processes they descend from, which are grey. Over a ProcessTreeModel; GUI thread.
class ProcessFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit ProcessFilter(QObject* parent = nullptr);

    void setSearch(const QString& text);
    [[nodiscard]] bool isSearching() const { return m_isSearching; }
    // Itself, and not only one of its descendants.
    [[nodiscard]] bool isMatch(const QModelIndex& index) const;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

private:
    bool m_isSearching = false;
};

} // namespace ringscope
