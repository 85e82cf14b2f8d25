// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/ring/segment_mappers.h"

namespace ringscope {

// posix: a file of /dev/shm. systemV: shmget(2). unnamed: a memfd, or a file of /dev/shm that was
// removed; it ends with the last who has it.
enum class SharedObjectKind : std::uint8_t { posix, systemV, unnamed };

// Memory that processes share, with who uses it. A value type.
struct SharedObject {
    SharedObjectKind kind = SharedObjectKind::posix;
    // As the user names it: of a file of /dev/shm its name, "shmid:5", "memfd:frames".
    std::string name;
    FileKey file; // System V: inode is the shmid
    std::uint64_t bytes = 0;
    bool isSizeLeast = false;        // it may be larger: only its mappings could be read
    std::uint64_t residentBytes = 0; // pages that it has
    // When it was created, where the kernel tells, else last changed; Unix time, 0: not known.
    std::int64_t sinceNs = 0;
    bool isSinceCreation = false;
    std::uint32_t uid = 0;
    std::uint32_t mode = 0;
    std::int32_t creatorPid = 0; // 0: not known
    Liveness creator = Liveness::unknown;
    std::vector<std::int32_t> mappedBy;
    std::vector<std::int32_t> heldBy; // have it open
    std::uint64_t attaches = 0;       // System V: as the kernel counts them, also by who is hidden
    bool isRing = false;
    // Nobody maps it, or its creator is dead; false where that cannot be told.
    bool isOrphaned = false;
    bool isSwept = false;    // a ring of ours that nothing alive owns: `sweep --remove` takes it
    std::string state;       // who uses it, in words
    std::string keptBecause; // why it cannot be removed; empty: it can
};

// Every object of shared memory that can be seen from here, by kind and name. Reads /proc of every
// process, and maps nothing.
[[nodiscard]] std::vector<SharedObject> listSharedObjects();

// Looks again, and removes the object if it still is the one that is meant and nobody maps or has
// it open. Errors: gone, or replaced by another (target); in use, or not permitted (failed).
[[nodiscard]] Expected<void> removeSharedObject(const SharedObject& object);

// "ring", "POSIX", "semaphore", "System V", "memfd" or "removed".
[[nodiscard]] std::string sharedObjectKindName(const SharedObject& object);

} // namespace ringscope
