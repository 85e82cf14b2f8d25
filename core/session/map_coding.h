// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/memory/map_snapshot.h"
#include "core/session/map_record.h"

namespace ringscope {

// A memory map in few bytes, some 30 a region: a JSON head, each text once, and the regions'
// numbers as varints (docs/file-format.md).
[[nodiscard]] std::string packMap(const MapSnapshot& snapshot);
// Empty when the bytes make no sense.
[[nodiscard]] std::optional<MapSnapshot> unpackMap(std::string_view bytes);

// On which nodes its pages are: for each region the nodes with a whole number of KiB each.
[[nodiscard]] std::string packNodes(const NodePlacement& placement);
// Empty when the bytes make no sense, or are of a map with another number of regions.
[[nodiscard]] std::optional<NodePlacement> unpackNodes(std::string_view bytes, std::size_t regions);

// A record with the map packed into it.
[[nodiscard]] std::shared_ptr<const MapRecord>
makeMapRecord(const MapSnapshot& snapshot, std::string label, std::string reason = {});

// A record as a frame of a session file.
[[nodiscard]] std::string encodeMapRecord(const MapRecord& record);
// Null when the bytes make no sense.
[[nodiscard]] std::shared_ptr<const MapRecord> decodeMapRecord(std::string_view payload);

} // namespace ringscope
