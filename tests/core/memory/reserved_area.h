// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include "core/memory/memory_region.h"

namespace ringscope::testing {

// Addresses without access, the same in this process and in its children, where those put memory of
// their own. Pages on either side stay without access, so that nothing merges with it.
class ReservedArea {
public:
    explicit ReservedArea(std::size_t pages, std::size_t alignment = 4096)
        : m_size((pages + 2) * kPage + alignment)
        , m_memory(static_cast<char*>(::mmap(nullptr, m_size, PROT_NONE,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)))
        , m_pages(pages) {
        const auto address = reinterpret_cast<std::uintptr_t>(m_memory) + kPage;
        m_start = (address + alignment - 1) / alignment * alignment;
    }
    ReservedArea(const ReservedArea&) = delete;
    ReservedArea& operator=(const ReservedArea&) = delete;
    ~ReservedArea() { ::munmap(m_memory, m_size); }

    // Maps pages there, in whichever process calls.
    void map(std::size_t first, std::size_t count, int flags = MAP_PRIVATE | MAP_ANONYMOUS,
             int fd = -1, int protection = PROT_READ | PROT_WRITE) const {
        if (::mmap(page(first), count * kPage, protection, flags | MAP_FIXED, fd, 0) ==
            MAP_FAILED) {
            ::_exit(3);
        }
    }
    void write(std::size_t first, std::size_t count) const {
        std::memset(page(first), 'w', count * kPage);
    }
    void read(std::size_t first, std::size_t count) const {
        for (std::size_t i = first; i < first + count; ++i) {
            [[maybe_unused]] const char byte = static_cast<volatile char*>(page(i))[0];
        }
    }
    [[nodiscard]] char* page(std::size_t number) const {
        return m_memory + (m_start - reinterpret_cast<std::uintptr_t>(m_memory)) + number * kPage;
    }
    [[nodiscard]] AddressRange range(std::size_t first, std::size_t count) const {
        return {m_start + first * kPage, m_start + (first + count) * kPage};
    }
    [[nodiscard]] AddressRange all() const { return range(0, m_pages); }

    static constexpr std::size_t kPage = 4096;

private:
    std::size_t m_size;
    char* m_memory;
    std::size_t m_pages;
    std::uintptr_t m_start = 0;
};

} // namespace ringscope::testing
