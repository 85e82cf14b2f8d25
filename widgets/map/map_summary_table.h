// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include <QByteArray>
#include <QWidget>

#include "core/base/units.h"
#include "core/memory/map_columns.h"
#include "core/memory/map_snapshot.h"
#include "widgets/tables/cell_text.h"

class QMenu;
class QTableView;

namespace ringscope {

class EmptySentence;
class MapSummaryModel;
class Theme;

// The sums of a memory map, a row a type; the selected row says what the tree shows. Copies with
// Ctrl+C; a menu on the table and on its head chooses columns. GUI thread.
class MapSummaryTable final : public QWidget {
    Q_OBJECT
public:
    explicit MapSummaryTable(const Theme& theme, QWidget* parent = nullptr);

    void setSnapshot(MapSnapshotPtr snapshot); // nullptr: nothing to show
    // Shows what changed since; nullptr: amounts again.
    void setBaseline(MapSnapshotPtr baseline);
    void setEmptyTypesShown(bool isShown);
    void setByteScale(ByteScale scale);
    void setColumnNames(ColumnNames names);
    void usePreset(ColumnNames names); // the names, and the columns that go with them
    // Selects without a signal; empty is the total.
    void selectType(std::optional<MemoryType> type);
    [[nodiscard]] std::optional<MemoryType> selectedType() const noexcept { return m_selected; }
    void setColumnShown(int column, bool isShown);
    [[nodiscard]] QByteArray columnState() const;
    void restoreColumns(const QByteArray& state);
    // All rows, the shown columns as they are on the screen.
    [[nodiscard]] QString copied(CopyFormat format) const;
    [[nodiscard]] MapSummaryModel& model() const noexcept { return *m_model; }
    [[nodiscard]] QTableView& view() const noexcept { return *m_view; }
    // Tall enough for every row.
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void typeSelected(std::optional<ringscope::MemoryType> type); // empty: all
    void columnNamesChanged(ringscope::ColumnNames names);        // chosen in the menu

protected:
    void changeEvent(QEvent* event) override;

private:
    void makeView();
    void showMenu(QPoint at);
    void fillMenu(QMenu* menu);
    void takeSelection();
    void refreshed();
    void fitRowHeight();
    void fitColumns();

    MapSummaryModel* m_model;
    QTableView* m_view;
    EmptySentence* m_empty;
    std::optional<MemoryType> m_selected;
    bool m_areEmptyTypesShown = false;
    bool m_isFitted = false; // column widths were set once
};

} // namespace ringscope
