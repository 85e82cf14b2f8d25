// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <QByteArray>
#include <QPersistentModelIndex>
#include <QWidget>

#include "core/base/units.h"
#include "core/memory/map_columns.h"
#include "core/memory/map_difference.h"
#include "core/memory/map_snapshot.h"
#include "widgets/map/map_page_rows.h"
#include "widgets/tables/cell_text.h"

class QMenu;
class QModelIndex;
class QTreeView;

namespace ringscope {

class EmptySentence;
class MapTreeModel;
class Theme;

// The objects and mappings of a process as a tree, or what became of them, with a menu on each row.
// Copies with Ctrl+C; who owns it has the box for the text to find. GUI thread.
class MapTree final : public QWidget {
    Q_OBJECT
public:
    // All: whatever is shown now, whether selected or not.
    enum class CopiedRows { selected, all };

    explicit MapTree(const Theme& theme, QWidget* parent = nullptr);

    void setSnapshot(MapSnapshotPtr snapshot); // nullptr: nothing to show
    void setDifference(std::shared_ptr<const MapDifference> difference, MapSnapshotPtr before,
                       MapSnapshotPtr after);
    void setShownType(std::optional<MemoryType> type); // empty: all
    void setFindText(const QString& text);             // see MapRowFilter; opens what was found
    void setOnlyChanged(bool isOnlyChanged);           // of a difference; so at first
    void setByteScale(ByteScale scale);
    // As MapTreeModel's: from the next map on, and below the mapping that has the range.
    void setPagesOffered(bool areOffered);
    void setPages(MapPageRows pages);
    void setColumnNames(ColumnNames names);
    void usePreset(ColumnNames names); // the names, and the columns that go with them
    void setColumnShown(int column, bool isShown);
    [[nodiscard]] QByteArray columnState() const;
    void restoreColumns(const QByteArray& state);
    void resetColumns();
    // On which nodes of the machine pages are, which is not read with every map.
    [[nodiscard]] bool areNodesShown() const;

    // Rows in the order on the screen, mappings of objects that are open too; the first column says
    // what a row is, so that sums count nothing twice. Exact, sizes in bytes.
    [[nodiscard]] QString copied(CopiedRows rows, CopyFormat format) const;
    // What the row at the index offers, for its menu.
    void fillMenu(QMenu* menu, const QModelIndex& index);
    [[nodiscard]] MapTreeModel& model() const noexcept { return *m_model; }
    [[nodiscard]] QTreeView& view() const noexcept { return *m_view; }

public Q_SLOTS:
    // Selects the mapping that contains it, and opens its object; nothing if none does or it is
    // filtered away.
    // False when it has no row, also because of what is shown.
    bool selectAddress(quint64 address);

Q_SIGNALS:
    // By the user, or selectAddress(); an object that is scattered gives its first mapping. Both 0:
    // nothing is selected.
    void regionSelected(quint64 start, quint64 end);
    void folderRequested(const QString& folder); // that the object's file is in
    void mappersRequested(const QString& objectName, const ringscope::MemoryRegion& region);
    void stringsRequested(quint64 start, quint64 end);
    void pagesRequested(quint64 start, quint64 end);       // as a list
    void pagesWanted(quint64 start, quint64 end);          // for setPages()
    void columnNamesChanged(ringscope::ColumnNames names); // chosen in the menu
    void nodesShownChanged(bool areShown);                 // by the user or resetColumns()

private:
    void makeView();
    void showMenu(QPoint at);
    void addProcessActions(QMenu* menu, const QModelIndex& index);
    void addCopyActions(QMenu* menu);
    void fillColumnMenu(QMenu* menu);
    void keepExpansion(const QModelIndex& index, bool isExpanded);
    void refreshed();
    void renewPages();
    void askForPages(const QModelIndex& index);
    void reexpand();
    void openFound();
    void closeFound();
    void updateSentence();
    void reportSelection();
    [[nodiscard]] AddressRange selectedRange() const;
    void fitColumns();
    void updateColumns();
    void reportNodes();
    void showNumbersOf(ColumnNames names);

    MapTreeModel* m_model;
    QTreeView* m_view;
    EmptySentence* m_empty;
    std::vector<QPersistentModelIndex> m_found; // opened by openFound()
    std::set<std::string> m_expanded; // keys of objects, also of those that are filtered away
    QByteArray m_firstColumns;        // Constant after construction.
    AddressRange m_reported;          // what was said last to be selected
    bool m_areNodesShown = false;
    bool m_isFitted = false; // column widths were set once
};

} // namespace ringscope
