// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringscope {

// What a part of an address space is used for; each region has exactly one type. The order is the
// order of legends and tables. docs/memory.md says how each is recognised.
enum class MemoryType : std::uint8_t {
    image,       // program and libraries, with their .bss
    mappedFile,  // files mapped as data
    shareable,   // POSIX and SysV shared memory, memfd, shared anonymous memory
    heap,        // brk heap and arenas of malloc
    managedHeap, // of a garbage-collected language
    stack,       // of the main thread and of other threads
    privateData, // other private anonymous memory
    hugePages,   // hugetlb memory: the kernel counts it in neither RSS nor PSS
    pageTable,   // a pseudo-row: kernel pages that hold the process's page tables
    reserved,    // address space without access: guards and reservations
    kernel,      // mapped by the kernel: [vdso], [vvar], rings of io_uring and perf
    device,      // memory of devices
    unknown,     // named in a way that this version does not know
    free,        // a pseudo-row: address space between regions
};

inline constexpr std::array kMemoryTypes = {
    MemoryType::image,       MemoryType::mappedFile, MemoryType::shareable,   MemoryType::heap,
    MemoryType::managedHeap, MemoryType::stack,      MemoryType::privateData, MemoryType::hugePages,
    MemoryType::pageTable,   MemoryType::reserved,   MemoryType::kernel,      MemoryType::device,
    MemoryType::unknown,     MemoryType::free,
};
inline constexpr std::size_t kMemoryTypeCount = kMemoryTypes.size();

// As in files, on the command line and on the screen.
[[nodiscard]] constexpr std::string_view memoryTypeName(MemoryType type) noexcept {
    constexpr std::array<std::string_view, kMemoryTypeCount> kNames = {
        "Image",  "Mapped File",  "Shareable",  "Heap",       "Managed Heap",
        "Stack",  "Private Data", "Huge Pages", "Page Table", "Reserved",
        "Kernel", "Device",       "Unknown",    "Free",
    };
    const auto index = static_cast<std::size_t>(type);
    return index < kNames.size() ? kNames[index] : std::string_view{};
}

// Inverse of memoryTypeName; empty when no type has that name.
[[nodiscard]] constexpr std::optional<MemoryType>
memoryTypeFromName(std::string_view name) noexcept {
    for (const MemoryType type : kMemoryTypes) {
        if (memoryTypeName(type) == name) {
            return type;
        }
    }
    return std::nullopt;
}

} // namespace ringscope
