// SPDX-License-Identifier: MIT
// A program that says what its heap use is for, in the ways that its arguments name, for
// annotation_test.cpp. It stops at two checkpoints as heap_target does, before and behind that, and
// ends with status 0 when all that it could see itself was right.
#include "tests/core/heap/heap_account.h"

#include <atomic>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <pthread.h>
#include <ringscope/heap.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// The compiler may drop a pair of malloc and free that nobody sees.
template <typename T>
T hidden(T value) {
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

void* block(std::size_t bytes) {
    return hidden(std::malloc(hidden(bytes)));
}

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::_Exit(99);
    }
}

bool g_isAlone = false;   // nobody waits at the checkpoints
std::uint64_t g_line = 0; // of an expectation, for who waits at the checkpoint

void checkpoint() {
    if (g_isAlone) {
        return;
    }
    ringscope::HeapAccount account;
    account.allocations = g_line;
    char go = 0;
    (void)!::write(STDOUT_FILENO, &account, sizeof(account));
    (void)!::read(STDIN_FILENO, &go, 1);
}

bool isTracked() {
    return ringscope::heapStats().isTracked;
}

// 1000 entries of one region, every other with 3 allocations of 24 and one of 5000 usable bytes.
void regions() {
    void* kept[500][3];
    for (int i = 0; i < 1000; ++i) {
        const ringscope::HeapRegion region("hot path");
        if (i % 2 == 0) {
            for (void*& one : kept[i / 2]) {
                one = block(24);
            }
            std::free(block(5000));
        }
    }
    for (auto& row : kept) {
        for (void* one : row) {
            std::free(one);
        }
    }
}

// Of outer: 2 allocations, of inner: 1 of these.
void nested() {
    ringscope_heap_scope outer;
    ringscope_heap_scope inner;
    ringscope_heap_region_begin(&outer, "outer");
    void* first = block(100);
    ringscope_heap_region_begin(&inner, "inner");
    void* second = block(100);
    ringscope_heap_counts counts;
    require(ringscope_heap_scope_counts(&inner, &counts) == (isTracked() ? 1 : 0), "inner counts");
    require(counts.allocations == (isTracked() ? 1U : 0U), "inner allocations");
    std::free(second);
    ringscope_heap_region_end(&inner);
    ringscope_heap_region_end(&outer);
    ringscope_heap_region_end(&outer); // ends once
    std::free(first);
}

void expectations() {
    for (int i = 0; i < 10; ++i) {
        const ringscope::ExpectNoAllocations guard("quiet");
        require(guard.holds(), "quiet holds");
    }
    const std::uint64_t before = ringscope::heapStats().violations;
    for (int i = 0; i < 4; ++i) {
        g_line = __LINE__ + 1;
        const ringscope::ExpectNoAllocations guard("noisy");
        std::free(i == 3 ? nullptr : block(24));
        require(guard.holds() == (i == 3 || !isTracked()), "noisy holds");
    }
    {
        const ringscope::ExpectAllocations two("two", 2, 64);
        std::free(block(24));
        std::free(block(24));
        require(two.holds(), "two holds");
    }
    {
        const ringscope::ExpectAllocations bytes("few bytes", UINT64_MAX, 64);
        std::free(block(1000));
    }
    require(ringscope::heapStats().violations - before == (isTracked() ? 4U : 0U), "violations");
}

void stats() {
    const ringscope::HeapStats before = ringscope::heapStats();
    void* kept = block(24);
    void* large = block(100'000);
    const ringscope::HeapStats after = ringscope::heapStats();
    if (isTracked()) {
        require(after.thread.allocations - before.thread.allocations == 2, "thread allocations");
        require(after.process.allocations - before.process.allocations == 2, "allocations");
        require(after.live_blocks - before.live_blocks == 2, "live blocks");
        require(after.live_bytes - before.live_bytes >= 100'024, "live bytes");
        require(after.live_bytes - before.live_bytes < 110'000, "live bytes, not much more");
    } else {
        require(after.process.allocations == 0 && after.live_bytes == 0, "stats without tracker");
    }
    std::free(kept);
    std::free(large);
}

void pools() {
    static char memory[4096];
    ringscope::HeapPool nodes("nodes");
    ringscope::HeapPool more("nodes");
    for (int i = 0; i < 10; ++i) {
        nodes.allocated(memory + i * 64, 64);
    }
    for (int i = 0; i < 4; ++i) {
        nodes.freed(memory + i * 64, 64);
    }
    more.allocated(memory + 1024, 1000);
    more.reset(); // what the other has stays
    ringscope_heap_pool kept;
    ringscope_heap_pool_create(&kept, "kept");
    ringscope_heap_pool_allocated(&kept, memory, 100);
    ringscope::HeapPool gone("gone");
    gone.allocated(memory, 8);
    ringscope_heap_pool_destroy(&kept); // not twice
    ringscope_heap_pool_destroy(&kept);
    checkpoint(); // before they are destroyed
}

void markers(int count) {
    for (int i = 0; i < count; ++i) {
        char text[32];
        std::snprintf(text, sizeof(text), "phase %d", i);
        ringscope::heapMarker(text);
    }
}

void* inThread(void* count) {
    for (int i = 0; i < *static_cast<int*>(count); ++i) {
        const ringscope::HeapRegion region("threads");
        std::free(block(24));
    }
    return nullptr;
}

void threads(int atOnce, int rounds, int entries) {
    for (int round = 0; round < rounds; ++round) {
        pthread_t all[64];
        for (int i = 0; i < atOnce; ++i) {
            require(::pthread_create(&all[i], nullptr, inThread, &entries) == 0, "thread");
        }
        for (int i = 0; i < atOnce; ++i) {
            ::pthread_join(all[i], nullptr);
        }
    }
}

// All threads come to each name at the same time.
pthread_barrier_t g_start;
void* nameAll(void* /*nothing*/) {
    for (int i = 0; i < 25; ++i) {
        char name[32];
        std::snprintf(name, sizeof(name), "race %d", i);
        ::pthread_barrier_wait(&g_start);
        const ringscope::HeapRegion region(name);
    }
    return nullptr;
}
void race() {
    pthread_t all[8];
    ::pthread_barrier_init(&g_start, nullptr, 8);
    for (pthread_t& one : all) {
        require(::pthread_create(&one, nullptr, nameAll, nullptr) == 0, "thread");
    }
    for (const pthread_t one : all) {
        ::pthread_join(one, nullptr);
    }
}

// The child goes on with names, pools and a region that its parent began.
void forks() {
    static char memory[64];
    ringscope_heap_pool pool;
    ringscope_heap_pool_create(&pool, "shared");
    ringscope_heap_pool_allocated(&pool, memory, 40);
    ringscope_heap_pool_allocated(&pool, memory, 20);
    { const ringscope::HeapRegion region("before"); }
    ringscope_heap_scope open;
    ringscope_heap_region_begin(&open, "open");
    const pid_t child = ::fork();
    if (child == 0) {
        ringscope_heap_region_end(&open); // its beginning is the parent's: not counted
        ringscope_heap_pool_freed(&pool, memory, 40);
        for (int i = 0; i < 2; ++i) {
            const ringscope::HeapRegion region("after");
            std::free(block(24));
        }
        std::_Exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    require(status == 0, "child");
    ringscope_heap_region_end(&open);
}

void names() {
    for (int i = 0; i < 300; ++i) {
        char name[32];
        std::snprintf(name, sizeof(name), "region %d", i);
        const ringscope::HeapRegion region(name);
        std::free(block(24));
    }
    char longest[200];
    std::memset(longest, 'x', sizeof(longest));
    longest[199] = '\0';
    const ringscope::ExpectNoAllocations guard(longest);
    // 23 of two bytes and one more of which one would fit: cut between characters
    const ringscope::ExpectNoAllocations cut("ääääääääääääääääääääääääääääää");
}

// A region that ends in another thread than it began.
void* endIt(void* scope) {
    ringscope_heap_region_end(static_cast<ringscope_heap_scope*>(scope));
    return nullptr;
}
void moved() {
    ringscope_heap_scope scope;
    ringscope_heap_region_begin(&scope, "moved");
    pthread_t thread;
    ::pthread_create(&thread, nullptr, endIt, &scope);
    ::pthread_join(thread, nullptr);
}

double nsPer(int count, void (*once)()) {
    double best = 1e9;
    for (int trial = 0; trial < 5; ++trial) {
        timespec from{};
        timespec to{};
        ::clock_gettime(CLOCK_MONOTONIC, &from);
        for (int i = 0; i < count; ++i) {
            once();
        }
        ::clock_gettime(CLOCK_MONOTONIC, &to);
        const double ns = (static_cast<double>(to.tv_sec - from.tv_sec) * 1e9 +
                           static_cast<double>(to.tv_nsec - from.tv_nsec)) /
                          count;
        best = ns < best ? ns : best;
    }
    return best;
}

// What each call takes, for docs/heap-api.md.
void cost() {
    static ringscope::HeapPool pool("pool");
    std::fprintf(stderr, "clock %.1f ns\n", nsPer(1'000'000, [] {
                     timespec now{};
                     ::clock_gettime(CLOCK_MONOTONIC, &now);
                 }));
    std::fprintf(stderr, "malloc and free %.1f ns\n",
                 nsPer(1'000'000, [] { std::free(block(24)); }));
    std::fprintf(stderr, "region %.1f ns\n",
                 nsPer(1'000'000, [] { const ringscope::HeapRegion region("hot path"); }));
    std::fprintf(stderr, "region with malloc and free %.1f ns\n", nsPer(1'000'000, [] {
                     const ringscope::HeapRegion region("hot path");
                     std::free(block(24));
                 }));
    std::fprintf(stderr, "expectation %.1f ns\n",
                 nsPer(1'000'000, [] { const ringscope::ExpectNoAllocations guard("quiet"); }));
    std::fprintf(stderr, "pool allocation and free %.1f ns\n", nsPer(1'000'000, [] {
                     pool.allocated(nullptr, 24);
                     pool.freed(nullptr, 24);
                 }));
    std::fprintf(stderr, "marker %.1f ns\n",
                 nsPer(100'000, [] { ringscope::heapMarker("phase"); }));
}

void does(const char* word) {
    const auto is = [word](const char* other) { return std::strcmp(word, other) == 0; };
    is("regions")        ? regions()
    : is("nested")       ? nested()
    : is("expectations") ? expectations()
    : is("stats")        ? stats()
    : is("pools")        ? pools()
    : is("markers")      ? markers(3)
    : is("many-markers") ? markers(1000)
    : is("threads")      ? threads(8, 1, 1000)
    : is("thousands")    ? threads(50, 100, 2)
    : is("forks")        ? forks()
    : is("race")         ? race()
    : is("names")        ? names()
    : is("moved")        ? moved()
    : is("cost")         ? cost()
                         : require(false, "an unknown word");
}

} // namespace

int main(int count, char** words) {
    int first = 1;
    if (count > 1 && std::strcmp(words[1], "alone") == 0) {
        g_isAlone = true;
        ++first;
    }
    checkpoint();
    for (int i = first; i < count; ++i) {
        does(words[i]);
    }
    checkpoint();
    return 0;
}
