// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QString>
#include <QStringList>
#include <QVariant>

#include <vector>

class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStandardItemModel;
class QTableView;

namespace ringscope {

// One thing to pick from a list.
struct PickRow {
    struct Cell {
        QString text;
        QVariant sortKey; // a number sorts as one; invalid = by text
    };
    std::vector<Cell> cells;
    QString whyNot; // why it cannot be picked, one sentence; empty = it can
    QVariant value; // what is picked
};

// A searchable, sortable list of which one row is picked: processes, rings. It reads nothing
// itself: whoever opens it brings the rows, and again at refreshRequested(). GUI thread.
class PickDialog : public QDialog {
    Q_OBJECT

public:
    struct Wording {
        QString title;
        QString heading; // what happens when one is picked
        QString pick;    // on the button
        QString empty;   // what to do when there is none
        QStringList columns;
        int stretchedColumn = 0;
        QString other = {}; // on a button for what is not in the list; empty = there is none
    };

    explicit PickDialog(const Wording& wording, QWidget* parent = nullptr);

    void setRows(const std::vector<PickRow>& rows);
    [[nodiscard]] int rowCount() const;   // that the filter leaves
    [[nodiscard]] QString reason() const; // why the current row cannot be picked

Q_SIGNALS:
    void refreshRequested();
    void picked(const QVariant& value);
    void otherRequested(); // and the dialog is closed

private:
    void pickCurrent();
    void showCurrent();

    QString m_emptyText;
    QStandardItemModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QLineEdit* m_filter;
    QTableView* m_table;
    QLabel* m_reason;
    QPushButton* m_pick;
};

} // namespace ringscope
