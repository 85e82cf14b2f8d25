// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/heap/byte_source.h"
#include "core/heap/heap_profile.h"
#include "core/heap/memory_image.h"

namespace ringscope {

struct ProfileHeader;

// Reads one process's heap profile, while it is written or after its process's death.
// Nothing in the file is trusted: numbers are checked before they are used. One thread at a time.
class ProfileReader {
public:
    // Errors (damaged): no profile, of another version, or one whose parts do not fit into it.
    [[nodiscard]] static Expected<ProfileReader> open(FileDescriptor profile);
    [[nodiscard]] static Expected<ProfileReader> open(std::unique_ptr<ByteSource> profile);

    // A process that runs meanwhile changes it while it is read: each number is one that it had,
    // but those of two stacks may be some milliseconds apart. Errors (damaged): it became shorter.
    [[nodiscard]] Expected<HeapProfile> read() const;

    // Whether every block that was allocated since that time, CLOCK_MONOTONIC, is recorded.
    [[nodiscard]] bool hasAllSince(std::int64_t timeNs) const;

    // By address, those that the profile knows; where blocks are sampled, the sampled ones. While
    // the process runs each is one that was there, though not all at one instant. Errors as
    // read()'s.
    [[nodiscard]] Expected<std::vector<LiveBlock>> readBlocks() const;

    // What of the process's memory the tracker has for itself.
    struct OwnMemory {
        MemoryRanges mapped;
        std::int64_t threadBegin = 0; // from each thread's control block
        std::int64_t threadEnd = 0;
    };
    [[nodiscard]] Expected<OwnMemory> ownMemory() const;

private:
    ProfileReader() = default;
    using Visit = std::function<void(std::uint64_t offset, std::string_view bytes)>;
    // What was ever written of a part of the file, in pieces; the rest, which is zero, is left out.
    [[nodiscard]] std::optional<Error> visitWritten(std::uint64_t at, std::uint64_t bytes,
                                                    const Visit& visit) const;
    [[nodiscard]] std::optional<Error> readAt(void* to, std::size_t bytes,
                                              std::uint64_t offset) const;
    [[nodiscard]] std::optional<Error> readNodes(HeapProfile& profile,
                                                 const ProfileHeader& header) const;
    [[nodiscard]] std::optional<Error> readModules(HeapProfile& profile,
                                                   const ProfileHeader& header) const;
    [[nodiscard]] std::optional<Error> readStacks(HeapProfile& profile,
                                                  const ProfileHeader& header) const;
    using Blocks = std::vector<LiveBlock>;
    [[nodiscard]] std::optional<Error> readShadow(Blocks& blocks,
                                                  const ProfileHeader& header) const;
    [[nodiscard]] std::optional<Error> readSamples(Blocks& blocks,
                                                   const ProfileHeader& header) const;

    std::unique_ptr<ByteSource> m_file;
};

} // namespace ringscope
