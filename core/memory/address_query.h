// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"
#include "core/memory/memory_region.h"

namespace ringscope {

enum class MappingSource {
    query, // the ioctl PROCMAP_QUERY (Linux 6.11): one mapping at a time, with its build id
    text,  // /proc/PID/maps, all of it for each question; has no build ids
};

enum class MappingWanted {
    covering,       // that has the address
    coveringOrNext, // or else the first one above it
    fileOrNext,     // the same among those of files and shared memory
};

// One mapping. Sizes other than start and end are not known here, and are 0.
struct Mapping {
    MemoryRegion region; // its name and flags are 0: there is no MemoryMap to look into
    std::string name;    // as MemoryMap::nameOf()
    // Which build of a program or library it maps (ELF's NT_GNU_BUILD_ID, in hexadecimal); empty
    // where the file has none or the source does not tell.
    std::string buildId;
};

// All of them. A value.
struct QueriedMap {
    MappingSource source = MappingSource::query;
    MemoryMap map;                     // sizes and flags as in Mapping
    std::vector<std::string> buildIds; // one for each of map.regions, as in Mapping
};

// Answers what is mapped where in one process, without the cost of smaps: for addresses of code,
// and for the ranges of mappings. Both sources say the same, apart from build ids. [vsyscall],
// which is the kernel's and the same for everybody, is no mapping here. What it reads belongs to
// one program of one process, as with PageStatesReader. One thread at a time.
//
// Errors (target): as readAddressSpace().
class AddressQuery {
public:
    // Without a source: query where the kernel has it. Error (failed): no such source in this
    // kernel.
    [[nodiscard]] static Expected<AddressQuery>
    open(const ProcessIdentity& process, std::optional<MappingSource> source = std::nullopt);

    // Empty: there is none. A query takes 0.7 us, and 3 us more where it reads a build id from the
    // file.
    [[nodiscard]] Expected<std::optional<Mapping>> find(std::uint64_t address,
                                                        MappingWanted wanted) const;
    // A process that runs meanwhile may change between two mappings; they are ascending anyway.
    [[nodiscard]] Expected<QueriedMap> walk() const;
    [[nodiscard]] MappingSource source() const { return m_source; }

private:
    AddressQuery() = default;
    [[nodiscard]] Expected<MemoryMap> readText() const;

    // Constant after open().
    std::int32_t m_pid = 0;
    MappingSource m_source = MappingSource::query;
    FileDescriptor m_maps;
};

} // namespace ringscope
