// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Addresses [start, end) of some process.
struct AddressRange {
    std::uint64_t start = 0;
    std::uint64_t end = 0; // one past the last byte

    [[nodiscard]] std::uint64_t size() const { return end - start; }
    bool operator==(const AddressRange&) const = default;
};

// One mapping of an address space (a VMA), as one entry of /proc/PID/smaps says it. Sizes in bytes.
// A size that this kernel does not report is 0.
struct MemoryRegion {
    std::uint64_t start = 0;
    std::uint64_t end = 0;    // one past the last byte
    std::uint64_t offset = 0; // in the file
    std::uint64_t inode = 0;  // 0: no file
    std::uint32_t deviceMajor = 0;
    std::uint32_t deviceMinor = 0;
    bool isReadable = false;
    bool isWritable = false;
    bool isExecutable = false;
    bool isSharedMapping = false; // MAP_SHARED; says nothing about whether anybody shares it
    std::uint32_t name = 0;       // index into MemoryMap::names
    std::uint32_t flags = 0;      // index into MemoryMap::flags

    std::uint64_t pageSize = 0; // KernelPageSize: larger than the system's for hugetlb only
    std::uint64_t rss = 0;
    std::uint64_t pss = 0; // rounded down to 1 KiB per region by the kernel
    std::uint64_t pssDirty = 0;
    std::uint64_t sharedClean = 0;
    std::uint64_t sharedDirty = 0;
    std::uint64_t privateClean = 0;
    std::uint64_t privateDirty = 0;
    std::uint64_t referenced = 0;
    std::uint64_t anonymous = 0;
    std::uint64_t ksm = 0;
    std::uint64_t lazyFree = 0;
    std::uint64_t anonHugePages = 0;
    std::uint64_t shmemPmdMapped = 0;
    std::uint64_t filePmdMapped = 0;
    std::uint64_t sharedHugetlb = 0; // in neither rss nor pss
    std::uint64_t privateHugetlb = 0;
    std::uint64_t swap = 0;
    std::uint64_t swapPss = 0;
    std::uint64_t locked = 0;

    [[nodiscard]] std::uint64_t size() const { return end - start; }
    [[nodiscard]] std::uint64_t privateBytes() const { return privateClean + privateDirty; }
    [[nodiscard]] std::uint64_t sharedBytes() const { return sharedClean + sharedDirty; }
    [[nodiscard]] std::uint64_t hugetlb() const { return sharedHugetlb + privateHugetlb; }
    [[nodiscard]] bool hasNoAccess() const { return !isReadable && !isWritable && !isExecutable; }
};

// The mappings of one process at (nearly) one instant, in the order of their addresses, none
// overlapping another. A value: any thread, once built.
struct MemoryMap {
    std::vector<MemoryRegion> regions;
    // Each distinct name and VmFlags text once; entry 0 is the empty one. Names are as the kernel
    // writes them: newlines as \012, " (deleted)" behind files without a name any more. They may
    // hold any other byte.
    std::vector<std::string> names = {""};
    std::vector<std::string> flags = {""};
    // Entries and values that could not be understood and were left out. Fields of a newer kernel
    // are no damage and not counted.
    std::uint64_t malformedLines = 0;

    [[nodiscard]] std::string_view nameOf(const MemoryRegion& region) const {
        return names[region.name];
    }
    [[nodiscard]] std::string_view flagsOf(const MemoryRegion& region) const {
        return flags[region.flags];
    }
    // Whether VmFlags has this two-letter code ("gd", "ht"). False before Linux 3.8.
    [[nodiscard]] bool hasFlag(const MemoryRegion& region, std::string_view code) const;
};

} // namespace ringscope
