// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// Whether a file's first bytes are those of an ELF file: a core dump, or a program.
[[nodiscard]] bool startsAsElf(std::string_view head);

// Opens an ELF core dump of Linux (64 bits, x86-64 and aarch64), as the kernel and gdb's gcore
// write them, as a map. Reads headers and notes only, in bounded pieces: memory and time go with
// them and not with the dump. docs/memory-map.md says what is certain and what is guessed. Any
// thread.
//
// Regions of files have the number of their name in place of the inode, which a core does not tell.
// Errors: target (cannot be read), damaged (no core, of another machine, headers cut or nonsense).
[[nodiscard]] Expected<MapSnapshot> readCoreDump(const std::string& path);

} // namespace ringscope
