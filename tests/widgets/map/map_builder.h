// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>

#include <cstdint>
#include <memory>
#include <string>

#include "core/memory/map_snapshot.h"

namespace ringscope {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;

// A map of regions that are given one by one, by address; without the tests of a parser.
class MapBuilder {
public:
    MapBuilder() { m_map.space.map.flags.push_back("rd wr ac"); }
    // Private, writable and (but for reserved) committed; what is resident is its own.
    MapBuilder& add(MemoryType type, std::uint64_t start, std::uint64_t size, std::uint64_t rss,
                    const std::string& name = {}) {
        MemoryRegion region;
        region.start = start;
        region.end = start + size;
        region.isReadable = region.isWritable = true;
        region.flags = type == MemoryType::reserved ? 0 : 1;
        region.rss = rss;
        region.anonymous = region.privateDirty = rss;
        if (!name.empty()) {
            region.name = static_cast<std::uint32_t>(m_map.space.map.names.size());
            m_map.space.map.names.push_back(name);
        }
        m_map.space.map.regions.push_back(region);
        m_map.types.push_back(type);
        return *this;
    }
    MapBuilder& fromCore() {
        m_map.origin = MapOrigin::coreDump;
        return *this;
    }
    [[nodiscard]] MapSnapshotPtr build() const { return std::make_shared<MapSnapshot>(m_map); }

private:
    MapSnapshot m_map;
};

// How many pixels of exactly this colour there are in a part of a picture.
inline int pixelsOfColor(const QImage& image, const QColor& color, QRect part) {
    int count = 0;
    part &= image.rect();
    for (int y = part.top(); y <= part.bottom(); ++y) {
        for (int x = part.left(); x <= part.right(); ++x) {
            count += image.pixelColor(x, y) == color ? 1 : 0;
        }
    }
    return count;
}

} // namespace ringscope
