// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

namespace ringscope {

// A file, whatever its name is by now.
struct FileKey {
    std::uint64_t device = 0; // st_dev
    std::uint64_t inode = 0;

    auto operator<=>(const FileKey&) const = default; // NOLINT(modernize-use-nullptr)
};

// Pids that map each file.
using SegmentMappers = std::map<FileKey, std::vector<std::int32_t>>;

// Who maps what lies under /dev/shm, as far as /proc may be read. Segments have mode 0600, so the
// processes of other users that it hides cannot map them (root's can).
[[nodiscard]] SegmentMappers readSegmentMappers();

} // namespace ringscope
