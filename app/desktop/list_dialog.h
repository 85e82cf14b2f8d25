// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QString>
#include <QStringList>

#include <vector>

class QLabel;
class QSortFilterProxyModel;
class QStandardItemModel;
class QTableView;

namespace ringscope {

// A list to look at, filter and copy, which comes after the dialog is open. GUI thread.
class ListDialog : public QDialog {
    Q_OBJECT

public:
    struct Wording {
        QString title;
        QString waiting; // until the rows are there
        QStringList columns;
        QString empty; // when there are none
    };

    explicit ListDialog(const Wording& wording, QWidget* parent = nullptr);

    // Each row has a text a column. remarks stand behind the heading, also when there are no rows.
    void setRows(const QString& heading, const std::vector<QStringList>& rows,
                 const QString& remarks = {});
    [[nodiscard]] int rowCount() const; // that the filter leaves
    [[nodiscard]] QString heading() const;
    // The selected rows, or all when none is; tabs between columns.
    [[nodiscard]] QString copied() const;

private:
    QString m_empty;
    QLabel* m_heading;
    QStandardItemModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
};

} // namespace ringscope
