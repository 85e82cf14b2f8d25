// SPDX-License-Identifier: MIT
/*
 * Tells Ringscope what a program's heap use is for: regions of code, scopes that are not to
 * allocate, moments on the time axis, and blocks of allocators of the program's own.
 * docs/heap-api.md has examples.
 *
 * This header is all there is: nothing to link, C11 and C++11 or later. It finds the library that
 * Ringscope preloads by one weak symbol. Without the library, in static programs and on systems
 * other than Linux on x86-64, every call is a load and a branch and does nothing. All functions may
 * be called from any thread and from signal handlers, allocate nothing and keep errno. Names are
 * copied, up to 47 bytes.
 */
#ifndef RINGSCOPE_HEAP_H
#define RINGSCOPE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A region or an expectation that has begun. Its place is the caller's, mostly the stack; nothing
 * in it is for use. */
struct ringscope_heap_scope {
    uint64_t words[12];
};

/* A pool. Its place is the caller's, as long as the pool is used. Zeroes: a pool that nobody
 * counts. */
struct ringscope_heap_pool {
    uint64_t words[4];
};

/* What was allocated and freed. Bytes are usable ones (malloc_usable_size). A realloc is one of
 * each. */
struct ringscope_heap_counts {
    uint64_t allocations;
    uint64_t frees;
    uint64_t allocated_bytes;
    uint64_t freed_bytes;
};

struct ringscope_heap_stats {
    struct ringscope_heap_counts process; /* all threads, since the program began */
    struct ringscope_heap_counts
        thread;           /* the calling thread; zeroes when it has no place of its own */
    uint64_t live_blocks; /* of the process, with what it inherited by fork */
    uint64_t live_bytes;
    uint64_t violations; /* of expectations, in the process */
};

/* What the library offers under its one symbol. Functions are only ever added, at the end: see
 * bytes. */
struct ringscope_heap_api_v1 {
    uint64_t bytes; /* of this struct, as the library knows it */
    void (*region_begin)(struct ringscope_heap_scope* scope, const char* name);
    void (*region_end)(struct ringscope_heap_scope* scope);
    void (*expect_begin)(struct ringscope_heap_scope* scope, const char* name,
                         uint64_t most_allocations, uint64_t most_bytes, const char* file,
                         int line);
    int (*expect_end)(struct ringscope_heap_scope* scope);
    int (*scope_counts)(const struct ringscope_heap_scope* scope,
                        struct ringscope_heap_counts* counts);
    void (*marker)(const char* text);
    void (*pool_create)(struct ringscope_heap_pool* pool, const char* name);
    void (*pool_allocated)(struct ringscope_heap_pool* pool, const void* block, uint64_t bytes);
    void (*pool_freed)(struct ringscope_heap_pool* pool, const void* block, uint64_t bytes);
    void (*pool_reset)(struct ringscope_heap_pool* pool);
    void (*pool_destroy)(struct ringscope_heap_pool* pool);
    int (*stats)(struct ringscope_heap_stats* stats);
};

/*
 * The library's functions, or null. By way of the global offset table also in code that is not
 * position independent: there a compiler's own reference would be fixed to null when the program is
 * linked.
 */
static inline const struct ringscope_heap_api_v1* ringscope_heap_api(void) {
#if defined(__x86_64__) && defined(__ELF__) && !defined(__ILP32__) &&                              \
    (defined(__GNUC__) || defined(__clang__))
    const struct ringscope_heap_api_v1* api;
    __asm__ __volatile__(".weak ringscope_heap_api_v1\n\t"
                         "{movq ringscope_heap_api_v1@GOTPCREL(%%rip), %0"
                         "|mov %0, qword ptr ringscope_heap_api_v1@GOTPCREL[rip]}"
                         : "=r"(api));
    return api;
#else
    return NULL;
#endif
}

/*
 * A region is code between two places, by name: how often it is run, and what the thread that runs
 * it allocates and frees meanwhile, also in regions within. It ends in the thread in which it
 * began. Counted when it ends.
 */
static inline void ringscope_heap_region_begin(struct ringscope_heap_scope* scope,
                                               const char* name) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    scope->words[0] = 0;
    if (api) {
        api->region_begin(scope, name);
    }
}

static inline void ringscope_heap_region_end(struct ringscope_heap_scope* scope) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    if (api && scope->words[0] != 0) {
        api->region_end(scope);
    }
}

/*
 * Until its end this thread is to allocate at most so many blocks and bytes. file and line
 * (__FILE__, __LINE__; or null) say where it is; file must stay valid. With
 * RINGSCOPE_HEAP_EXPECT=abort in the environment a violation ends the program with a sentence.
 */
static inline void ringscope_heap_expect_begin(struct ringscope_heap_scope* scope, const char* name,
                                               uint64_t most_allocations, uint64_t most_bytes,
                                               const char* file, int line) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    scope->words[0] = 0;
    if (api) {
        api->expect_begin(scope, name, most_allocations, most_bytes, file, line);
    }
}

/* Nonzero: it was violated. */
static inline int ringscope_heap_expect_end(struct ringscope_heap_scope* scope) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    return api && scope->words[0] != 0 ? api->expect_end(scope) : 0;
}

/* What this thread did since the region or expectation began. Zero, and counts of 0: it is not
 * tracked. */
static inline int ringscope_heap_scope_counts(const struct ringscope_heap_scope* scope,
                                              struct ringscope_heap_counts* counts) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    counts->allocations = 0;
    counts->frees = 0;
    counts->allocated_bytes = 0;
    counts->freed_bytes = 0;
    return api && scope->words[0] != 0 ? api->scope_counts(scope, counts) : 0;
}

/* A moment on the time axis, with a text of up to 95 bytes. */
static inline void ringscope_heap_marker(const char* text) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    if (api) {
        api->marker(text);
    }
}

/*
 * A pool gives out blocks of memory that it has from elsewhere. They are counted by the pool's
 * name, apart from malloc's. Pools of one name are counted together.
 */
static inline void ringscope_heap_pool_create(struct ringscope_heap_pool* pool, const char* name) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    pool->words[0] = 0;
    pool->words[1] = 0;
    pool->words[2] = 0;
    pool->words[3] = 0;
    if (api) {
        api->pool_create(pool, name);
    }
}

static inline void ringscope_heap_pool_allocated(struct ringscope_heap_pool* pool,
                                                 const void* block, uint64_t bytes) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    if (api) {
        api->pool_allocated(pool, block, bytes);
    }
}

/* bytes: as many as were allocated. */
static inline void ringscope_heap_pool_freed(struct ringscope_heap_pool* pool, const void* block,
                                             uint64_t bytes) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    if (api) {
        api->pool_freed(pool, block, bytes);
    }
}

/* All of its blocks are freed at once. */
static inline void ringscope_heap_pool_reset(struct ringscope_heap_pool* pool) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    if (api) {
        api->pool_reset(pool);
    }
}

/* The same, and the pool is no more. */
static inline void ringscope_heap_pool_destroy(struct ringscope_heap_pool* pool) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    if (api) {
        api->pool_destroy(pool);
    }
}

/* Zero, and all of it 0: not tracked. Goes through the counters of all threads: not for a hot path.
 */
static inline int ringscope_heap_get_stats(struct ringscope_heap_stats* stats) {
    const struct ringscope_heap_api_v1* api = ringscope_heap_api();
    static const struct ringscope_heap_stats nothing = {{0, 0, 0, 0}, {0, 0, 0, 0}, 0, 0, 0};
    *stats = nothing;
    return api ? api->stats(stats) : 0;
}

#ifdef __cplusplus
} /* extern "C" */

namespace ringscope {

using HeapCounts = ::ringscope_heap_counts;

/* HeapRegion region("hot path"); until the end of the block. */
class HeapRegion {
public:
    explicit HeapRegion(const char* name) noexcept { ringscope_heap_region_begin(&m_scope, name); }
    ~HeapRegion() { ringscope_heap_region_end(&m_scope); }
    HeapRegion(const HeapRegion&) = delete;
    HeapRegion& operator=(const HeapRegion&) = delete;

    /* What this thread did in it so far; zeroes when not tracked. */
    HeapCounts counts() const noexcept {
        HeapCounts counts;
        ringscope_heap_scope_counts(&m_scope, &counts);
        return counts;
    }

private:
    ::ringscope_heap_scope m_scope;
};

/* ExpectAllocations guard("parse", 2, 4096); this thread is to allocate no more until the end of
 * the block. */
class ExpectAllocations {
public:
    ExpectAllocations(const char* name, uint64_t mostAllocations, uint64_t mostBytes = UINT64_MAX,
                      const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept
        : m_mostAllocations(mostAllocations)
        , m_mostBytes(mostBytes) {
        ringscope_heap_expect_begin(&m_scope, name, mostAllocations, mostBytes, file, line);
    }
    ~ExpectAllocations() { ringscope_heap_expect_end(&m_scope); }
    ExpectAllocations(const ExpectAllocations&) = delete;
    ExpectAllocations& operator=(const ExpectAllocations&) = delete;

    HeapCounts counts() const noexcept {
        HeapCounts counts;
        ringscope_heap_scope_counts(&m_scope, &counts);
        return counts;
    }
    /* So far; always when not tracked. */
    bool holds() const noexcept {
        const HeapCounts now = counts();
        return now.allocations <= m_mostAllocations && now.allocated_bytes <= m_mostBytes;
    }

private:
    ::ringscope_heap_scope m_scope;
    uint64_t m_mostAllocations;
    uint64_t m_mostBytes;
};

/* ExpectNoAllocations guard("hot path"); frees are allowed. */
class ExpectNoAllocations : public ExpectAllocations {
public:
    explicit ExpectNoAllocations(const char* name, const char* file = __builtin_FILE(),
                                 int line = __builtin_LINE()) noexcept
        : ExpectAllocations(name, 0, 0, file, line) {}
};

/* Counts the blocks that an allocator of the program's own gives out. */
class HeapPool {
public:
    explicit HeapPool(const char* name) noexcept { ringscope_heap_pool_create(&m_pool, name); }
    ~HeapPool() { ringscope_heap_pool_destroy(&m_pool); }
    HeapPool(const HeapPool&) = delete;
    HeapPool& operator=(const HeapPool&) = delete;

    void allocated(const void* block, uint64_t bytes) noexcept {
        ringscope_heap_pool_allocated(&m_pool, block, bytes);
    }
    void freed(const void* block, uint64_t bytes) noexcept {
        ringscope_heap_pool_freed(&m_pool, block, bytes);
    }
    void reset() noexcept { ringscope_heap_pool_reset(&m_pool); }

private:
    ::ringscope_heap_pool m_pool;
};

/* isTracked: false when Ringscope's library is not there, and all of it is 0. */
struct HeapStats : ::ringscope_heap_stats {
    bool isTracked;
};

inline HeapStats heapStats() noexcept {
    HeapStats stats;
    stats.isTracked = ringscope_heap_get_stats(&stats) != 0;
    return stats;
}

inline void heapMarker(const char* text) noexcept {
    ringscope_heap_marker(text);
}

} /* namespace ringscope */
#endif

#endif
