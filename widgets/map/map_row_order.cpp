// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_row_order.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "widgets/map/map_cells.h"

namespace ringscope {

namespace {

// The text that is looked for, understood once.
class Needle {
public:
    explicit Needle(const QString& text)
        : m_text(text.trimmed()) {
        QString digits = m_text;
        if (digits.startsWith(QLatin1String("0x"), Qt::CaseInsensitive)) {
            digits.remove(0, 2);
        }
        bool isHex = false;
        const std::uint64_t value = digits.toULongLong(&isHex, 16);
        if (isHex) {
            m_address = value;
            constexpr qsizetype kFewestDigits = 4; // fewer are the start of nearly everything
            m_prefix = digits.size() >= kFewestDigits ? digits.toLower() : QString();
        }
    }

    [[nodiscard]] bool isEmpty() const { return m_text.isEmpty(); }
    [[nodiscard]] bool isIn(const std::string& text) const {
        return QString::fromStdString(text).contains(m_text, Qt::CaseInsensitive);
    }
    [[nodiscard]] bool isAddressIn(const MemoryRegion& region) const {
        if (!m_address) {
            return false;
        }
        return (region.start <= *m_address && *m_address < region.end) ||
               (!m_prefix.isEmpty() && addressText(region.start).startsWith(m_prefix));
    }

private:
    QString m_text;
    std::optional<std::uint64_t> m_address;
    QString m_prefix;
};

// Ascending or descending by key; what is equal stays as it was.
template <typename KeyOf>
void sortByKey(std::span<std::uint32_t> indices, KeyOf keyOf, bool isDescending) {
    using Key = decltype(keyOf(std::uint32_t{}));
    std::vector<std::pair<Key, std::uint32_t>> keyed;
    keyed.reserve(indices.size());
    for (const std::uint32_t index : indices) {
        keyed.emplace_back(keyOf(index), index);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
        return isDescending ? b.first < a.first : a.first < b.first;
    });
    std::transform(keyed.begin(), keyed.end(), indices.begin(),
                   [](const auto& entry) { return entry.second; });
}

class Arrangement {
public:
    Arrangement(const MapItems& items, const MapRowFilter& filter, const MapRowSort& sort)
        : m_items(items)
        , m_filter(filter)
        , m_sort(sort)
        , m_needle(filter.text) {}

    MapRows arrange() {
        m_rows.topOf.assign(m_items.objectCount(), -1);
        m_rows.childOf.assign(m_items.regionCount(), -1);
        m_rows.children.reserve(m_items.regionCount());
        std::vector<std::uint32_t> shown;
        shown.reserve(m_items.objectCount());
        std::vector<MapRows::Top> tops(m_items.objectCount());
        for (std::uint32_t object = 0; object < m_items.objectCount(); ++object) {
            tops[object].object = object;
            if (select(object, tops[object])) {
                shown.push_back(object);
            }
        }
        sortItems(shown, true);
        m_rows.tops.reserve(shown.size());
        for (const std::uint32_t object : shown) {
            m_rows.topOf[object] = static_cast<std::int32_t>(m_rows.tops.size());
            m_rows.tops.push_back(tops[object]);
        }
        return std::move(m_rows);
    }

private:
    [[nodiscard]] bool isChanged(MapItem item) const {
        return !m_items.isDifference() || !m_filter.isOnlyChanged ||
               m_items.changeOf(item) != MapChange::same;
    }

    // Whether the object is shown; adds those of its regions that are.
    bool select(std::uint32_t object, MapRows::Top& top) {
        const MapItem item{true, object};
        if (m_filter.type && m_items.typeOf(item) != *m_filter.type) {
            return false;
        }
        const bool isNamed = m_needle.isEmpty() || m_needle.isIn(m_items.objectName(object));
        const auto isShown = [&](std::uint32_t region) {
            return isChanged({false, region}) && (isNamed || isFound(region));
        };
        if (const auto sole = m_items.soleRegion(object)) {
            return (isChanged(item) || isChanged({false, *sole})) && (isNamed || isFound(*sole));
        }
        top.firstChild = static_cast<std::uint32_t>(m_rows.children.size());
        for (const std::uint32_t region : m_items.regionsOf(object)) {
            if (isShown(region)) {
                m_rows.children.push_back(region);
                ++top.childCount;
            }
        }
        const auto children = std::span(m_rows.children).subspan(top.firstChild, top.childCount);
        sortItems(children, false);
        for (std::size_t row = 0; row < children.size(); ++row) {
            m_rows.childOf[children[row]] = static_cast<std::int32_t>(row);
        }
        return (isNamed && isChanged(item)) || top.childCount > 0;
    }

    [[nodiscard]] bool isFound(std::uint32_t region) const {
        return m_needle.isAddressIn(m_items.regionAt(region)) ||
               m_needle.isIn(m_items.detailsOf({false, region}));
    }

    void sortItems(std::span<std::uint32_t> indices, bool areObjects) const {
        const auto by = [&](auto keyOf) {
            sortByKey(
                indices,
                [&](std::uint32_t index) {
                    return keyOf(MapItem{areObjects, index});
                },
                m_sort.isDescending);
        };
        if (m_sort.column == kMapAddressColumn) {
            by([&](MapItem item) { return lowestAddress(item); });
        } else if (m_sort.column == kMapTypeColumn) {
            by([&](MapItem item) { return m_items.typeOf(item); });
        } else if (m_sort.column == kMapChangeColumn) {
            by([&](MapItem item) { return m_items.changeOf(item); });
        } else if (m_sort.column == mapProtectionColumn()) {
            by([&](MapItem item) {
                const MemoryRegion* region = m_items.protectedAs(item);
                return region != nullptr ? protectionCode(*region) : std::string();
            });
        } else if (m_sort.column == mapNodesColumn()) {
            by([&](MapItem item) { return memoryNodesField(m_items.nodesOf(item)); });
        } else if (m_sort.column == mapDetailsColumn()) {
            by([&](MapItem item) { return m_items.detailsOf(item); });
        } else if (const MapColumn* column = mapNumberColumn(m_sort.column)) {
            by([&](MapItem item) { return m_items.amountOf(item, *column); });
        }
    }

    // Also of what is scattered.
    [[nodiscard]] std::uint64_t lowestAddress(MapItem item) const {
        if (!item.isObject) {
            return m_items.regionAt(item.index).start;
        }
        const auto regions = m_items.regionsOf(item.index);
        return regions.empty() ? 0 : m_items.regionAt(regions.front()).start;
    }

    const MapItems& m_items;
    const MapRowFilter& m_filter;
    const MapRowSort& m_sort;
    const Needle m_needle;
    MapRows m_rows;
};

} // namespace

int mapProtectionColumn() {
    return kMapFirstNumberColumn + static_cast<int>(mapColumns().size());
}

int mapNodesColumn() {
    return mapProtectionColumn() + 1;
}

int mapDetailsColumn() {
    return mapNodesColumn() + 1;
}

int mapTreeColumnCount() {
    return mapDetailsColumn() + 1;
}

int mapColumnIndex(std::string_view key) {
    const MapColumn* const column = findMapColumn(key);
    return column == nullptr
               ? -1
               : kMapFirstNumberColumn + static_cast<int>(column - mapColumns().data());
}

const MapColumn* mapNumberColumn(int column) {
    return column >= kMapFirstNumberColumn && column < mapProtectionColumn()
               ? &mapColumns()[static_cast<std::size_t>(column - kMapFirstNumberColumn)]
               : nullptr;
}

MapRows arrangeMapRows(const MapItems& items, const MapRowFilter& filter, const MapRowSort& sort) {
    return Arrangement(items, filter, sort).arrange();
}

} // namespace ringscope
