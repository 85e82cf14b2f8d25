// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/ring/segment_mappers.h"

namespace ringscope {

// A memfd, or a file of /dev/shm that was removed: there as long as somebody maps it or has it
// open.
struct UnnamedObject {
    std::string name; // as the kernel says it, without " (deleted)"
    std::uint64_t bytes = 0;
    std::uint64_t residentBytes = 0;
    std::int64_t changedNs = 0; // Unix time; 0: not known
    std::uint32_t uid = 0;
    bool isSizeLeast = false; // known by its mappings alone: it may be larger
};

// Who uses memory that processes share, as far as /proc may be read.
struct SharedObjectUsers {
    std::map<FileKey, std::vector<std::int32_t>> mappedBy; // pids, rising
    std::map<FileKey, std::vector<std::int32_t>> heldBy;   // have it open, mapped or not
    std::map<FileKey, UnnamedObject> unnamed;
    std::map<int, std::vector<std::int32_t>> attachedTo; // System V, by shmid
    std::set<std::uint32_t> hiddenUsers; // whose processes may not be read, root apart
};

// Reads /proc of every process: some 0.1 ms each. What ends meanwhile is passed over.
[[nodiscard]] SharedObjectUsers readSharedObjectUsers();

// What a line of /proc/PID/maps says of a shared object; isShared false for any other.
struct MapsLine {
    bool isShared = false;
    bool isSystemV = false;
    FileKey file;     // inode: the shmid, of System V
    std::string path; // without " (deleted)"
    bool isRemoved = false;
    std::uint64_t endInFile = 0; // offset of the mapping's end, bytes
};
[[nodiscard]] MapsLine parseSharedMapsLine(const std::string& line);

} // namespace ringscope
