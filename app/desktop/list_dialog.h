// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QString>
#include <QStringList>

#include <functional>
#include <vector>

class QLabel;
class QPushButton;
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
    // More rows behind those that are there.
    void addRows(const QString& heading, const std::vector<QStringList>& rows,
                 const QString& remarks = {});
    // A button that asks for more, once; empty text: none.
    void offerMore(const QString& text, std::function<void()> more = {});
    [[nodiscard]] int rowCount() const; // that the filter leaves
    [[nodiscard]] int totalRows() const;
    [[nodiscard]] QString heading() const;
    // The selected rows, or all when none is; tabs between columns.
    [[nodiscard]] QString copied() const;

private:
    QString m_empty;
    QLabel* m_heading;
    QStandardItemModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    QPushButton* m_more;
    std::function<void()> m_askMore;
};

} // namespace ringscope
