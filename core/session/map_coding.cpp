// SPDX-License-Identifier: MIT
#include "core/session/map_coding.h"

#include <array>
#include <utility>

#include "core/memory/map_json.h"
#include "core/session/byte_coding.h"

namespace ringscope {

namespace {

// After start, end, protection, type, name and flags; a bit of the region's mask says which are not
// 0. New ones go to the end.
constexpr std::array kNumbers = {
    &MemoryRegion::rss,
    &MemoryRegion::pss,
    &MemoryRegion::privateDirty,
    &MemoryRegion::referenced,
    &MemoryRegion::pageSize,
    &MemoryRegion::anonymous,
    &MemoryRegion::privateClean,
    &MemoryRegion::pssDirty,
    &MemoryRegion::sharedClean,
    &MemoryRegion::sharedDirty,
    &MemoryRegion::offset,
    &MemoryRegion::inode,
    &MemoryRegion::ksm,
    &MemoryRegion::lazyFree,
    &MemoryRegion::anonHugePages,
    &MemoryRegion::shmemPmdMapped,
    &MemoryRegion::filePmdMapped,
    &MemoryRegion::sharedHugetlb,
    &MemoryRegion::privateHugetlb,
    &MemoryRegion::swap,
    &MemoryRegion::swapPss,
    &MemoryRegion::locked,
};
// Sizes of the kernel are whole KiB; an inode is not.
constexpr std::uint64_t kUnit = 1024;

bool isInode(std::uint64_t MemoryRegion::*member) {
    return member == &MemoryRegion::inode;
}

void putText(std::string& to, std::string_view text) {
    putVarint(to, text.size());
    to += text;
}

std::string takeText(ByteReader& reader) {
    return std::string(reader.take(reader.varint()));
}

void putTexts(std::string& to, const std::vector<std::string>& texts) {
    putVarint(to, texts.size());
    for (const std::string& text : texts) {
        putText(to, text);
    }
}

bool takeTexts(ByteReader& reader, std::vector<std::string>& texts) {
    const std::uint64_t count = reader.varint();
    if (count == 0 || count > reader.left()) {
        return false;
    }
    texts.clear();
    for (std::uint64_t i = 0; i < count && !reader.hasFailed(); ++i) {
        texts.push_back(takeText(reader));
    }
    return !reader.hasFailed() && texts.front().empty();
}

std::uint8_t protectionBits(const MemoryRegion& region) {
    return static_cast<std::uint8_t>((region.isReadable ? 1U : 0U) | (region.isWritable ? 2U : 0U) |
                                     (region.isExecutable ? 4U : 0U) |
                                     (region.isSharedMapping ? 8U : 0U));
}

void putRegion(std::string& to, const MemoryRegion& region, MemoryType type, std::uint64_t below) {
    putVarint(to, region.start - below);
    putVarint(to, region.size());
    to.push_back(static_cast<char>(protectionBits(region)));
    to.push_back(static_cast<char>(type));
    putVarint(to, region.name);
    putVarint(to, region.flags);
    putVarint(to, region.deviceMajor);
    putVarint(to, region.deviceMinor);
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kNumbers.size(); ++i) {
        mask |= std::uint64_t{region.*kNumbers[i] != 0 ? 1U : 0U} << i;
    }
    putVarint(to, mask);
    for (const auto member : kNumbers) {
        const std::uint64_t value = region.*member;
        if (value != 0) {
            putVarint(to, isInode(member) ? value : value / kUnit);
        }
    }
}

// False when it makes no sense.
bool takeRegion(ByteReader& reader, MapSnapshot& snapshot) {
    MemoryMap& map = snapshot.space.map;
    const std::uint64_t below = map.regions.empty() ? 0 : map.regions.back().end;
    MemoryRegion region;
    region.start = below + reader.varint();
    region.end = region.start + reader.varint();
    const auto bits = reader.fixed<std::uint8_t>();
    const auto type = reader.fixed<std::uint8_t>();
    const std::uint64_t name = reader.varint();
    const std::uint64_t flags = reader.varint();
    region.deviceMajor = static_cast<std::uint32_t>(reader.varint());
    region.deviceMinor = static_cast<std::uint32_t>(reader.varint());
    const std::uint64_t mask = reader.varint();
    if (reader.hasFailed() || region.start < below || region.end <= region.start ||
        name >= map.names.size() || flags >= map.flags.size() || mask >> kNumbers.size() != 0) {
        return false;
    }
    region.isReadable = (bits & 1U) != 0;
    region.isWritable = (bits & 2U) != 0;
    region.isExecutable = (bits & 4U) != 0;
    region.isSharedMapping = (bits & 8U) != 0;
    region.name = static_cast<std::uint32_t>(name);
    region.flags = static_cast<std::uint32_t>(flags);
    for (std::size_t i = 0; i < kNumbers.size(); ++i) {
        if ((mask >> i & 1U) != 0) {
            const std::uint64_t value = reader.varint();
            region.*kNumbers[i] = isInode(kNumbers[i]) ? value : value * kUnit;
        }
    }
    map.regions.push_back(region);
    snapshot.types.push_back(type < kMemoryTypeCount ? static_cast<MemoryType>(type)
                                                     : MemoryType::unknown);
    return !reader.hasFailed();
}

MemoryNodes takeNodes(ByteReader& reader) {
    MemoryNodes nodes;
    const std::uint64_t count = reader.varint();
    for (std::uint64_t i = 0; i < count && !reader.hasFailed(); ++i) {
        const std::uint64_t node = reader.varint();
        const std::uint64_t bytes = reader.varint() * kUnit;
        if (node < kMaxMemoryNodes && bytes != 0) {
            addNodes(nodes, {{static_cast<std::uint32_t>(node), bytes}});
        }
    }
    return nodes;
}

} // namespace

std::string packMap(const MapSnapshot& snapshot) {
    const MemoryMap& map = snapshot.space.map;
    std::string bytes;
    bytes.reserve(512 + map.regions.size() * 40);
    putText(bytes, mapHeadToJson(snapshot));
    putTexts(bytes, map.names);
    putTexts(bytes, map.flags);
    putVarint(bytes, map.regions.size());
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < map.regions.size(); ++i) {
        putRegion(bytes, map.regions[i], snapshot.types[i], below);
        below = map.regions[i].end;
    }
    return bytes;
}

namespace {

std::optional<MapSnapshot> takeMap(ByteReader& reader) {
    const std::string head = takeText(reader);
    auto snapshot = mapHeadFromJson(head);
    if (reader.hasFailed() || !snapshot) {
        return std::nullopt;
    }
    MemoryMap& map = snapshot->space.map;
    if (!takeTexts(reader, map.names) || !takeTexts(reader, map.flags)) {
        return std::nullopt;
    }
    const std::uint64_t count = reader.varint();
    if (reader.hasFailed() || count > reader.left()) { // each takes several bytes
        return std::nullopt;
    }
    map.regions.reserve(count);
    snapshot->types.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!takeRegion(reader, *snapshot)) {
            return std::nullopt;
        }
    }
    return snapshot;
}

} // namespace

std::optional<MapSnapshot> unpackMap(std::string_view bytes) {
    ByteReader reader(bytes);
    return takeMap(reader);
}

std::string packNodes(const NodePlacement& placement) {
    std::string bytes;
    putVarint(bytes, placement.regions.size());
    for (const MemoryNodes& nodes : placement.regions) {
        putVarint(bytes, nodes.size());
        for (const NodeBytes& part : nodes) {
            putVarint(bytes, part.node);
            putVarint(bytes, part.bytes / kUnit);
        }
    }
    putVarint(bytes, placement.malformedLines);
    putVarint(bytes, placement.unmatchedLines);
    return bytes;
}

std::optional<NodePlacement> unpackNodes(std::string_view bytes, std::size_t regions) {
    ByteReader reader(bytes);
    if (reader.varint() != regions) {
        return std::nullopt;
    }
    NodePlacement placement;
    placement.regions.reserve(regions);
    for (std::size_t i = 0; i < regions && !reader.hasFailed(); ++i) {
        placement.regions.push_back(takeNodes(reader));
    }
    placement.malformedLines = reader.varint();
    placement.unmatchedLines = reader.varint();
    return reader.hasFailed() ? std::nullopt : std::optional(std::move(placement));
}

std::shared_ptr<const MapRecord> makeMapRecord(const MapSnapshot& snapshot, std::string label,
                                               std::string reason) {
    MapRecord record;
    record.timeNs = snapshot.space.timeNs;
    record.label = std::move(label);
    record.process = snapshot.space.process;
    record.name = snapshot.name;
    record.reason = std::move(reason);
    record.sums = snapshot.sums();
    record.packed = packMap(snapshot);
    if (snapshot.nodes) {
        record.nodes = packNodes(*snapshot.nodes);
    }
    return std::make_shared<const MapRecord>(std::move(record));
}

MapSnapshotPtr MapRecord::unpack() const {
    auto snapshot = unpackMap(packed);
    if (snapshot && !nodes.empty()) {
        snapshot->nodes = unpackNodes(nodes, snapshot->space.map.regions.size());
    }
    return snapshot ? std::make_shared<const MapSnapshot>(std::move(*snapshot)) : nullptr;
}

std::string encodeMapRecord(const MapRecord& record) {
    std::string bytes;
    putText(bytes, record.label);
    bytes += record.packed;
    putText(bytes, record.reason);
    putText(bytes, record.nodes);
    return bytes;
}

std::shared_ptr<const MapRecord> decodeMapRecord(std::string_view payload) {
    ByteReader reader(payload);
    std::string label = takeText(reader);
    if (reader.hasFailed()) {
        return nullptr;
    }
    std::string_view packed = payload.substr(payload.size() - reader.left());
    const auto snapshot = takeMap(reader); // for its sums, and to be sure that it can be shown
    if (!snapshot) {
        return nullptr;
    }
    packed.remove_suffix(reader.left());
    std::string reason;
    if (reader.left() > 0) { // older versions wrote none
        reason = takeText(reader);
    }
    std::string nodes;
    if (reader.left() > 0) {
        nodes = takeText(reader);
    }
    if (reader.hasFailed()) {
        return nullptr;
    }
    MapRecord record;
    record.timeNs = snapshot->space.timeNs;
    record.label = std::move(label);
    record.process = snapshot->space.process;
    record.name = snapshot->name;
    record.reason = std::move(reason);
    record.sums = snapshot->sums();
    record.packed = packed;
    record.nodes = std::move(nodes);
    return std::make_shared<const MapRecord>(std::move(record));
}

} // namespace ringscope
