// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <malloc.h>

namespace ringscope::tracker {

// The functions our own stand before: libc's, or those of an allocator that was preloaded or
// linked (dlsym RTLD_NEXT). Until resolve() has run they are those of a small arena, for what
// dlsym itself may allocate.
struct NextAllocator {
    void* (*malloc)(std::size_t);
    void* (*calloc)(std::size_t, std::size_t);
    void* (*realloc)(void*, std::size_t);
    void (*free)(void*);
    int (*posixMemalign)(void**, std::size_t, std::size_t);
    void* (*alignedAlloc)(std::size_t, std::size_t);
    void* (*memalign)(std::size_t, std::size_t);
    void* (*valloc)(std::size_t);
    void* (*pvalloc)(std::size_t);
    std::size_t (*usableSize)(void*);
    bool hasGlibcChunks;
    struct mallinfo2 (*sums)(); // mallinfo2, if this is glibc's own; else null
};
[[gnu::visibility("hidden")]] extern NextAllocator g_next;
static_assert(sizeof(std::size_t) == 8, "glibc's chunks are read as they are on 64-bit machines");

// Fills g_next. Not thread-safe: openGate() calls it once.
void resolveNextAllocator() noexcept;
// Fills it with what find() gives for each name, 0 for none. For a process that is attached to:
// only while no call comes to this library.
void useAllocator(std::uintptr_t (*find)(const char* name)) noexcept;
// The library, or program, that an address lies in. dladdr says it too, but looks through all of
// the library's symbols for it (libc's: 40 us, measured).
struct LoadedLibrary {
    const void* identity = nullptr; // null: in none
    const char* path = "";
};
[[nodiscard]] LoadedLibrary libraryOf(const void* address) noexcept;
// True if address lies in the same library as the next malloc.
[[nodiscard]] bool isInAllocator(const void* address) noexcept;

constexpr std::size_t kBootstrapBytes = 16384;
[[gnu::visibility("hidden")]] extern unsigned char g_bootstrap[kBootstrapBytes];

inline bool isBootstrap(const void* block) noexcept {
    return reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(g_bootstrap) <
           kBootstrapBytes;
}
[[nodiscard]] std::size_t bootstrapSize(const void* block) noexcept;

// The word before a block of glibc's: its chunk's size, with three flags in the low bits. Read
// directly it costs a load that free needs anyway, instead of a call (measured: 2 % instead of 7 %
// of an allocation-bound program). Before a block of the bootstrap arena it is larger than any
// size.
inline std::size_t chunkWord(const void* block) noexcept {
    return static_cast<const std::size_t*>(block)[-1];
}

// Bytes of a live block that its owner may use. In glibc's word bit 1 marks a mapped chunk, whose
// header is two words; other chunks lend theirs one word of the next (malloc/malloc.c, musable).
inline std::size_t usableBytes(void* block) noexcept {
    if (g_next.hasGlibcChunks) {
        const std::size_t word = chunkWord(block);
        return (word & ~std::size_t{7}) - 8 - ((word & 2U) << 2U);
    }
    return g_next.usableSize(block);
}

} // namespace ringscope::tracker
