// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// What a saved map says in its field "format".
inline constexpr std::string_view kMapFormat = "ringscope-map";

// Writes the map as one JSON document, sizes in bytes: what it is of, the sums by type and their
// total, the kernel's own, objects and regions. Nothing is left out, so that mapFromJson() gives
// the same map again. docs/memory-map.md is its specification. Memory for one region at a time.
void writeMapJson(const MapSnapshot& snapshot, std::ostream& out);

// Errors (damaged): no JSON, no map of Ringscope's, a newer version, regions out of order. what
// names the text in the message, as its file does.
[[nodiscard]] Expected<MapSnapshot> mapFromJson(std::string_view text, const std::string& what);

// Everything but sums, objects and regions, for formats that hold those in another way. Empty when
// it is no such text.
[[nodiscard]] std::string mapHeadToJson(const MapSnapshot& snapshot);
[[nodiscard]] std::optional<MapSnapshot> mapHeadFromJson(const std::string& text);

} // namespace ringscope
