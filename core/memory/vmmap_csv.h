// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// Whether a file's first bytes (4096 suffice) are those of VMMap's CSV, in any of its encodings.
[[nodiscard]] bool startsAsVmmapCsv(std::string_view head);

// Reads what Sysinternals VMMap exports as CSV, in UTF-8, UTF-16LE or Windows-1252, with thousands
// parted as any locale does. Regions are the blocks of an allocation where they are listed, or the
// allocation. docs/memory-map.md says which of our numbers holds which of VMMap's. Any thread.
//
// Errors (damaged): no such export, a line that makes no sense; what names the text in the message.
[[nodiscard]] Expected<MapSnapshot> mapFromVmmapCsv(std::string_view bytes,
                                                    const std::string& what);

} // namespace ringscope
