// SPDX-License-Identifier: MIT
#include "core/heap/tracker/next_allocator.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>

namespace ringscope::tracker {

alignas(16) unsigned char g_bootstrap[kBootstrapBytes];

namespace {

constexpr std::size_t kBootstrapHeader = 16; // the size and the mark, keeps the alignment
constexpr std::size_t kBootstrapMark = ~std::size_t{0}; // for chunkWord()
std::size_t s_bootstrapUsed = 0; // one thread: the process has no other while dlsym first runs

void* bootstrapMalloc(std::size_t bytes) {
    const std::size_t room = kBootstrapBytes - s_bootstrapUsed;
    if (bytes > room || ((bytes + 15) & ~std::size_t{15}) + kBootstrapHeader > room) {
        errno = ENOMEM;
        return nullptr;
    }
    unsigned char* header = g_bootstrap + s_bootstrapUsed;
    std::memcpy(header, &bytes, sizeof(bytes));
    std::memcpy(header + sizeof(bytes), &kBootstrapMark, sizeof(kBootstrapMark));
    s_bootstrapUsed += ((bytes + 15) & ~std::size_t{15}) + kBootstrapHeader;
    return header + kBootstrapHeader;
}

void* bootstrapCalloc(std::size_t count, std::size_t bytes) {
    std::size_t all = 0;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return nullptr;
    }
    return bootstrapMalloc(all); // never used before, hence zero
}

// Blocks of the arena never come here (interpose.cpp takes them out), others cannot exist yet.
void* bootstrapRealloc(void*, std::size_t bytes) {
    return bootstrapMalloc(bytes);
}
void bootstrapFree(void*) {}

void* bootstrapMemalign(std::size_t alignment, std::size_t bytes) {
    if (alignment > 16) {
        errno = ENOMEM;
        return nullptr;
    }
    return bootstrapMalloc(bytes);
}

int bootstrapPosixMemalign(void** block, std::size_t alignment, std::size_t bytes) {
    *block = bootstrapMemalign(alignment, bytes);
    return *block != nullptr ? 0 : ENOMEM;
}

void* bootstrapValloc(std::size_t) {
    errno = ENOMEM;
    return nullptr;
}

std::size_t bootstrapUsableSize(void* block) {
    return block != nullptr ? bootstrapSize(block) : 0;
}

using Find = std::uintptr_t (*)(const char*);

std::uintptr_t findNext(const char* name) noexcept {
    return reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_NEXT, name));
}

template <typename Function>
void resolve(Function*& function, const char* name, Find find) {
    if (const std::uintptr_t found = find(name)) {
        function = reinterpret_cast<Function*>(found);
    }
}

struct LibrarySearch {
    std::uintptr_t address = 0;
    LoadedLibrary found;
};

int visitLibrary(dl_phdr_info* library, std::size_t, void* argument) {
    auto& search = *static_cast<LibrarySearch*>(argument);
    for (int i = 0; i < library->dlpi_phnum; ++i) {
        const auto& segment = library->dlpi_phdr[i];
        if (segment.p_type == PT_LOAD &&
            search.address - (library->dlpi_addr + segment.p_vaddr) < segment.p_memsz) {
            search.found = {library->dlpi_phdr, library->dlpi_name};
            return 1;
        }
    }
    return 0;
}

const void* s_allocatorLibrary = nullptr;

// A wrong guess would count nonsense, so the formula is compared with the allocator's own word for
// small and mapped blocks. 64 MiB: freeing a mapped block of up to 32 MiB would raise glibc's
// threshold for mapping, that is, change how the program's own blocks are placed.
bool chunkFormulaHolds() {
    constexpr std::size_t kProbes[] = {1, 1000, std::size_t{1} << 26U};
    g_next.hasGlibcChunks = true;
    bool holds = true;
    for (const std::size_t bytes : kProbes) {
        void* block = g_next.malloc(bytes);
        holds = holds && (block == nullptr || usableBytes(block) == g_next.usableSize(block));
        g_next.free(block);
    }
    return holds;
}

} // namespace

NextAllocator g_next = {bootstrapMalloc,
                        bootstrapCalloc,
                        bootstrapRealloc,
                        bootstrapFree,
                        bootstrapPosixMemalign,
                        bootstrapMemalign,
                        bootstrapMemalign,
                        bootstrapValloc,
                        bootstrapValloc,
                        bootstrapUsableSize,
                        false,
                        nullptr};

std::size_t bootstrapSize(const void* block) noexcept {
    std::size_t bytes = 0;
    std::memcpy(&bytes, static_cast<const unsigned char*>(block) - kBootstrapHeader, sizeof(bytes));
    return bytes;
}

void resolveNextAllocator() noexcept {
    useAllocator(findNext);
}

void useAllocator(Find find) noexcept {
    NextAllocator found = g_next; // dlsym must not meet a half-filled table
    resolve(found.malloc, "malloc", find);
    resolve(found.calloc, "calloc", find);
    resolve(found.realloc, "realloc", find);
    resolve(found.free, "free", find);
    resolve(found.posixMemalign, "posix_memalign", find);
    resolve(found.alignedAlloc, "aligned_alloc", find);
    resolve(found.memalign, "memalign", find);
    resolve(found.valloc, "valloc", find);
    resolve(found.pvalloc, "pvalloc", find);
    resolve(found.usableSize, "malloc_usable_size", find);
    g_next = found;
    s_allocatorLibrary = libraryOf(reinterpret_cast<const void*>(g_next.malloc)).identity;
    g_next.hasGlibcChunks = isInAllocator(reinterpret_cast<const void*>(&::gnu_get_libc_version)) &&
                            chunkFormulaHolds();
    if (g_next.hasGlibcChunks) {
        resolve(g_next.sums, "mallinfo2", find); // since glibc 2.33
    }
}

LoadedLibrary libraryOf(const void* address) noexcept {
    LibrarySearch search{reinterpret_cast<std::uintptr_t>(address), {}};
    ::dl_iterate_phdr(visitLibrary, &search);
    return search.found;
}

bool isInAllocator(const void* address) noexcept {
    const void* library = libraryOf(address).identity;
    return library != nullptr && library == s_allocatorLibrary;
}

} // namespace ringscope::tracker
