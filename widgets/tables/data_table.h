// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QByteArray>
#include <QWidget>

#include "widgets/tables/cell_text.h"
#include "widgets/tables/table_contents.h"

class QAction;
class QLabel;
class QLineEdit;
class QMenu;
class QSortFilterProxyModel;
class QTableView;
class QToolButton;

namespace ringscope {

class TableModel;
class Theme;

// The table of every pane: filter box (Ctrl+F), sorting by a click on a head, columns that can be
// hidden, rows as high as the font asks for, copying as TSV (Ctrl+C), CSV or Markdown. GUI thread.
class DataTable final : public QWidget {
    Q_OBJECT
public:
    // name is for screen readers; whenEmpty is the sentence that is shown instead of no rows.
    DataTable(const Theme& theme, const QString& name, std::vector<TableColumn> columns,
              const QString& whenEmpty, QWidget* parent = nullptr);

    void setRows(std::vector<TableRow> rows);
    void setByteScale(ByteScale scale);
    void setFilter(const QString& text);
    void sortBy(int column, Qt::SortOrder order);
    // One more thing in the menu of a row, which a double click or Enter does too.
    void setRowAction(const QString& text);
    void setColumnShown(int column, bool isShown);
    // Which columns are shown, how wide, in which order, and what is sorted by.
    [[nodiscard]] QByteArray columnState() const;
    // Of another version of the table, or damaged: changes nothing.
    void restoreColumns(const QByteArray& state);
    // As at first.
    void resetColumns();
    // The selected rows, or all that pass the filter when none is; in the order on the screen.
    [[nodiscard]] QString copied(CopyFormat format) const;
    [[nodiscard]] TableModel& model() const noexcept { return *m_model; }
    [[nodiscard]] QTableView& view() const noexcept { return *m_view; }
    // The keys of the rows that pass the filter, in the order on the screen.
    [[nodiscard]] std::vector<QString> shownKeys() const;

Q_SIGNALS:
    void rowActivated(const QString& key, qint64 value); // double click, Enter or the row's action

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makeView(const QString& name);
    void makeMenu();
    void fillColumnMenu(QMenu* menu);
    void copyToClipboard(CopyFormat format) const;
    void fitRowHeight();
    void fitColumns();
    [[nodiscard]] QByteArray stateHead(bool isFitted) const;
    void updateEmpty();
    [[nodiscard]] const TableRow& rowAt(int proxyRow) const;

    TableModel* m_model;
    QSortFilterProxyModel* m_proxy;
    QTableView* m_view;
    QLineEdit* m_filter;
    QToolButton* m_menuButton;
    QAction* m_rowAction = nullptr; // null: there is none
    QLabel* m_empty;
    QString m_whenEmpty;       // Constant after construction.
    QByteArray m_firstColumns; // Constant after construction.
    bool m_isFitted = false;   // column widths were set once
};

} // namespace ringscope
