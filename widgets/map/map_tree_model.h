// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <QAbstractItemModel>

#include "core/base/units.h"
#include "widgets/map/map_page_rows.h"
#include "widgets/map/map_row_order.h"

namespace ringscope {

// The objects of a memory map with their mappings below them and the pages of these, or what became
// of objects and mappings between two maps. An object with one mapping is one row. Pages are read
// for whoever opens a mapping: pagesWanted(), setPages(). Rows of the same process keep their
// indices (selection, expansion) from one map to the next, by MapObject::key and by start. Cells
// are written when they are asked for, so that 100,000 mappings open at once. GUI thread.
class MapTreeModel final : public QAbstractItemModel {
    Q_OBJECT
public:
    explicit MapTreeModel(QObject* parent = nullptr);

    void setSnapshot(MapSnapshotPtr snapshot); // nullptr: nothing to show
    // What became of before until after; until the next setSnapshot().
    void setDifference(std::shared_ptr<const MapDifference> difference, MapSnapshotPtr before,
                       MapSnapshotPtr after);
    void setFilter(const MapRowFilter& filter);
    void setByteScale(ByteScale scale);
    void setColumnNames(ColumnNames names);
    // Whether there is somebody whose pages can be read: only then can mappings be opened. Counts
    // from the next map on.
    void setPagesOffered(bool areOffered) { m_arePagesOffered = areOffered; }
    // Below the mapping of just that range; nothing if there is none. Rows stay until the next ones
    // come; without any: they could not be read.
    void setPages(MapPageRows pages);

    [[nodiscard]] const MapItems& items() const noexcept { return m_items; }
    [[nodiscard]] const MapRows& rows() const noexcept { return m_rows; }
    [[nodiscard]] const MapRowFilter& filter() const noexcept { return m_filter; }
    [[nodiscard]] ByteScale byteScale() const noexcept { return m_scale; }
    [[nodiscard]] ColumnNames columnNames() const noexcept { return m_names; }
    // Of pages: their mapping.
    [[nodiscard]] MapItem itemAt(const QModelIndex& index) const;
    [[nodiscard]] static bool arePages(const QModelIndex& index);
    // The region that the row stands for alone; empty for an object with several.
    [[nodiscard]] std::optional<std::uint32_t> regionOf(const QModelIndex& index) const;
    // The row of the region; invalid when it is not shown.
    [[nodiscard]] QModelIndex indexOfRegion(std::uint32_t region, int column = 0) const;
    // As it is copied: exact, sizes in bytes.
    [[nodiscard]] QString exactText(const QModelIndex& index) const;
    [[nodiscard]] QString copiedTitle(int column) const;

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] bool hasChildren(const QModelIndex& parent = {}) const override;
    [[nodiscard]] bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    void sort(int column, Qt::SortOrder order) override;

Q_SIGNALS:
    void pagesWanted(quint64 start, quint64 end); // of a mapping that was opened

private:
    // The pages of a mapping that is open, or was. They keep their place in m_pages.
    struct OpenedPages {
        MapPageRows rows;
        std::optional<std::uint32_t> region; // in m_items; empty: it is gone
        bool isWanted = false;               // asked for, and not there yet
    };

    void replace(MapItems items);
    void findPagesAgain();
    // That of the mapping that the row stands for.
    [[nodiscard]] std::optional<std::size_t> pagesOf(const QModelIndex& index) const;
    [[nodiscard]] const MapPageRows& pageRowsAt(const QModelIndex& index) const;
    void rearrange(const std::function<void()>& change);
    [[nodiscard]] QString displayText(MapItem item, int column) const;
    [[nodiscard]] QString toolTip(MapItem item, int column) const;
    [[nodiscard]] int signOf(MapItem item, int column) const;

    MapItems m_items;
    MapRowFilter m_filter;
    MapRowSort m_sort;
    MapRows m_rows;
    std::vector<OpenedPages> m_pages;
    bool m_arePagesOffered = false;
    ByteScale m_scale = ByteScale::automatic;
    ColumnNames m_names = ColumnNames::linuxNames;
};

} // namespace ringscope
