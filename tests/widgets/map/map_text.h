// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/map_snapshots.h"

namespace ringscope::testing {

// A program, its library in three parts with a hole that something else fills, a heap, a file, a
// ring of shared memory mapped twice, and a stack.
inline constexpr std::string_view kSmallMap =
    "00400000-00402000 r--p 00000000 08:01 5 /usr/bin/probe\nRss: 8 kB\nPss: 8 kB\n"
    "Private_Clean: 8 kB\nVmFlags: rd mr mw me\n"
    "00402000-00408000 r-xp 00002000 08:01 5 /usr/bin/probe\nRss: 20 kB\nPss: 10 kB\n"
    "Shared_Clean: 20 kB\nVmFlags: rd ex mr mw me\n"
    "01000000-01021000 rw-p 00000000 00:00 0 [heap]\nRss: 100 kB\nPss: 100 kB\n"
    "Private_Dirty: 100 kB\nAnonymous: 100 kB\nSwap: 12 kB\nVmFlags: rd wr mr mw me ac\n"
    "7f0000000000-7f0000100000 rw-s 00000000 00:01 9 /dev/shm/ring\nRss: 1024 kB\nPss: 512 kB\n"
    "Shared_Dirty: 1024 kB\nVmFlags: rd wr sh mr mw me ms\n"
    "7f0000200000-7f0000210000 r--p 00010000 08:01 7 /srv/Data, \"all\".bin\nRss: 4 kB\nPss: 4 kB\n"
    "Private_Clean: 4 kB\nVmFlags: rd mr mw me\n"
    "7f0000300000-7f0000310000 rw-s 00100000 00:01 9 /dev/shm/ring\nRss: 64 kB\nPss: 32 kB\n"
    "Shared_Dirty: 64 kB\nVmFlags: rd wr sh mr mw me ms\n"
    "7ffff0000000-7ffff0021000 rw-p 00000000 00:00 0 [stack]\nRss: 16 kB\nPss: 16 kB\n"
    "Private_Dirty: 16 kB\nAnonymous: 16 kB\nVmFlags: rd wr mr mw me gd ac\n";

inline MapSnapshotPtr sharedMap(std::string_view smaps, std::int32_t pid = 7) {
    return std::make_shared<const MapSnapshot>(mapOf(smaps, pid));
}

// Many stretches of anonymous memory, each of two mappings with a gap behind.
inline std::string manyMappings(int count) {
    std::string text;
    std::uint64_t at = 0x7f0000000000;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t end = at + 0x1000;
        std::array<char, 160> line{};
        std::snprintf(line.data(), line.size(),
                      "%llx-%llx %s 00000000 00:00 0\nRss: 4 kB\nPss: 4 kB\nVmFlags: rd wr mr ac\n",
                      static_cast<unsigned long long>(at), static_cast<unsigned long long>(end),
                      i % 2 == 0 ? "rw-p" : "r--p");
        text += line.data();
        at = end + (i % 2 == 0 ? 0 : 0x1000);
    }
    return text;
}

} // namespace ringscope::testing
