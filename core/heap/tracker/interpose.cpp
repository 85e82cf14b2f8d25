// SPDX-License-Identifier: MIT
// The functions that stand before libc's malloc family. strdup, getline, asprintf and the like need
// none: libc calls malloc for them through the same symbol (tests/core/heap/tracker_test.cpp).
#include "core/heap/tracker/counted.h"
#include "core/heap/tracker/profile_writer.h"
#include "core/heap/tracker/stack_walk.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <dlfcn.h>

using namespace ringscope;
using namespace ringscope::tracker;

namespace {

// A block of the bootstrap arena moves to the heap when it grows; the arena takes nothing back.
[[gnu::cold, gnu::noinline]] void* reallocateBootstrap(void* block, std::size_t bytes) noexcept {
    void* moved = g_next.malloc(bytes);
    if (moved != nullptr) {
        const std::size_t old = bootstrapSize(block);
        std::memcpy(moved, block, old < bytes ? old : bytes);
    }
    return moved;
}

void* counted(void* block, std::size_t bytes, bool isCounted, const void* caller) noexcept {
    return isCounted ? recordedCarefully(block, bytes, caller) : block;
}

// All of a reallocation while blocks may be known. The block is none of the bootstrap arena.
void* reallocateFollowed(void* block, std::size_t bytes, const void* caller) noexcept {
    if (block == nullptr) {
        return recordedCarefully(g_next.realloc(block, bytes), bytes, caller);
    }
    const std::size_t oldBytes = usableBytes(block);
    if (bytes == 0) {
        profileFree(block);
        countFree(oldBytes);
        return recordedCarefully(g_next.realloc(block, bytes), bytes, caller);
    }
    // Before, as of then another thread may get its place.
    const KnownBlock known = takeKnown(block);
    void* moved = g_next.realloc(block, bytes);
    if (moved == nullptr) {
        putBack(block, known);
        return nullptr;
    }
    countFree(oldBytes);
    countReallocation();
    countAllocation(usableBytes(moved));
    profileReallocation(moved, bytes, known, caller);
    return moved;
}

[[gnu::noinline]] void* reallocCarefully(void* block, std::size_t bytes,
                                         const void* caller) noexcept {
    const bool isCounted = isCounting();
    if (isBootstrap(block)) [[unlikely]] {
        return counted(reallocateBootstrap(block, bytes), bytes, isCounted, caller);
    }
    if (isCounted && isFollowing()) {
        return reallocateFollowed(block, bytes, caller);
    }
    const std::size_t oldBytes = isCounted && block != nullptr ? usableBytes(block) : 0;
    void* moved = g_next.realloc(block, bytes);
    if (!isCounted) {
        return moved;
    }
    if (block != nullptr && (moved != nullptr || bytes == 0)) {
        countFree(oldBytes); // also when it stayed where it was: its size may have changed
        if (moved != nullptr) {
            countReallocation();
        }
    }
    return countedCarefully(moved);
}

bool isSamplingChunks() noexcept {
    return isSampling() && g_next.hasGlibcChunks;
}

void* sampledChunk(void* block, std::size_t bytes, const void* caller) noexcept {
    if (block == nullptr) {
        return nullptr;
    }
    t_untilSample -= static_cast<std::int64_t>(bytes | 1U);
    if (t_untilSample < 0) [[unlikely]] {
        profileSample(block, bytes, caller);
    }
    return countedChunk(block);
}

// As the short way does.
void freeChunk(void* block) noexcept {
    CellCounters* cell = ownSmallCell(block);
    if (cell != nullptr) [[likely]] {
        addAlone(cell->frees, 1);
    } else {
        countFree(usableBytes(block));
    }
    g_next.free(block);
}

// What of realloc the short way leaves to be counted.
[[gnu::noinline]] void* reallocatedCarefully(void* moved, std::size_t oldBytes) noexcept {
    if (moved != nullptr) {
        countFree(oldBytes);
        countReallocation();
    }
    return countedCarefully(moved);
}

// All of realloc. Not by way of the symbol, which is another's in a process that is attached to.
[[gnu::always_inline]] inline void* reallocate(void* block, std::size_t bytes,
                                               const void* caller) noexcept {
    const bool isUsual = isCountingChunks() && block != nullptr && bytes != 0;
    const std::size_t word = isUsual ? chunkWord(block) : kSmallChunkEnd;
    if (word >= kSmallChunkEnd) [[unlikely]] {
        return reallocCarefully(block, bytes, caller);
    }
    void* moved = g_next.realloc(block, bytes);
    ThreadSlot* slot = t_slot;
    if (moved == nullptr || slot == nullptr) [[unlikely]] {
        return reallocatedCarefully(moved, smallCellBytes(word / kChunkUnit));
    }
    addAlone(slot->small[word / kChunkUnit].frees, 1);
    addAlone(slot->reallocations, 1);
    return countedChunk(moved);
}

} // namespace

namespace ringscope::tracker {

void* countedCarefully(void* block) noexcept {
    if (block != nullptr) {
        countAllocation(usableBytes(block));
    }
    return block;
}

void* recordedCarefully(void* block, std::size_t bytes, const void* caller) noexcept {
    if (isRecording()) {
        profileAllocation(block, bytes, caller);
    } else if (isSampling()) {
        profileByChance(block, bytes, caller);
    }
    return countedCarefully(block);
}

void* mallocCarefully(std::size_t bytes, const void* caller) noexcept {
    if (isSamplingChunks()) [[likely]] {
        return sampledChunk(g_next.malloc(bytes), bytes, caller);
    }
    // Asked first: opening the gate is what fills g_next.
    const bool isCounted = isCounting();
    return counted(g_next.malloc(bytes), bytes, isCounted, caller);
}

void* callocCarefully(std::size_t count, std::size_t bytes, const void* caller) noexcept {
    if (isSamplingChunks()) [[likely]] {
        return sampledChunk(g_next.calloc(count, bytes), count * bytes, caller);
    }
    const bool isCounted = isCounting();
    return counted(g_next.calloc(count, bytes), count * bytes, isCounted, caller);
}

void freeCarefully(void* block) noexcept {
    if (block == nullptr || isBootstrap(block)) {
        return;
    }
    if (isSamplingChunks()) [[likely]] {
        if (mayBeKnown(block)) [[unlikely]] {
            profileFree(block);
        }
        freeChunk(block);
        return;
    }
    if (isCounting()) {
        if (isFollowing()) {
            // The word with its size: it is fetched while the block's entry is.
            __builtin_prefetch(static_cast<const std::size_t*>(block) - 1);
            profileFree(block);
        }
        countFree(usableBytes(block)); // before: afterwards its size is not ours to read
    }
    g_next.free(block);
}

} // namespace ringscope::tracker

#pragma GCC visibility push(default)
extern "C" {

void* malloc(std::size_t bytes) noexcept {
    return countedMalloc(bytes, __builtin_return_address(0));
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
    return countedCalloc(count, bytes, __builtin_return_address(0));
}

void free(void* block) noexcept {
    countedFree(block);
}

void* realloc(void* block, std::size_t bytes) noexcept {
    return reallocate(block, bytes, __builtin_return_address(0));
}

// As glibc's, which calls realloc.
void* reallocarray(void* block, std::size_t count, std::size_t bytes) noexcept {
    std::size_t all = 0;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return nullptr;
    }
    return reallocate(block, all, __builtin_return_address(0));
}

int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
    const bool isCounted = isCounting();
    const int error = g_next.posixMemalign(block, alignment, bytes);
    if (error == 0) {
        counted(*block, bytes, isCounted, __builtin_return_address(0));
    }
    return error;
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    const bool isCounted = isCounting();
    return counted(g_next.alignedAlloc(alignment, bytes), bytes, isCounted,
                   __builtin_return_address(0));
}

void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
    const bool isCounted = isCounting();
    return counted(g_next.memalign(alignment, bytes), bytes, isCounted,
                   __builtin_return_address(0));
}

void* valloc(std::size_t bytes) noexcept {
    const bool isCounted = isCounting();
    return counted(g_next.valloc(bytes), bytes, isCounted, __builtin_return_address(0));
}

void* pvalloc(std::size_t bytes) noexcept {
    const bool isCounted = isCounting();
    return counted(g_next.pvalloc(bytes), bytes, isCounted, __builtin_return_address(0));
}

// Programs linked before glibc 2.26 may still call it.
void cfree(void* block) noexcept {
    countedFree(block);
}

std::size_t malloc_usable_size(void* block) noexcept {
    (void)isCounting();
    return isBootstrap(block) ? bootstrapSize(block) : g_next.usableSize(block);
}

// Other code may lie where the library was: what is known of its frames must be forgotten. The
// calls that libc makes of its own (iconv, name services) do not come here.
int dlclose(void* library) noexcept {
    static std::atomic<int (*)(void*)> s_next{nullptr};
    int (*next)(void*) = s_next.load(std::memory_order_relaxed);
    if (next == nullptr) {
        next = reinterpret_cast<int (*)(void*)>(::dlsym(RTLD_NEXT, "dlclose"));
        s_next.store(next, std::memory_order_relaxed);
    }
    const int result = next != nullptr ? next(library) : -1;
    if (isFollowing()) {
        forgetFrameRules();
    }
    return result;
}

} // extern "C"
#pragma GCC visibility pop
