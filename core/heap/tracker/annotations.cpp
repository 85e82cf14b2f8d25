// SPDX-License-Identifier: MIT
#include "core/heap/tracker/annotations.h"

#include "core/heap/annotation_layout.h"
#include "core/heap/tracker/annotation_state.h"
#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/ledger_writer.h"
#include "core/heap/tracker/name_index.h"
#include "core/heap/tracker/slot_sums.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <ringscope/heap.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ringscope::tracker {

constinit Annotated g_annotated;

namespace {

std::uint64_t nowNs() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t ownTid() noexcept {
    return static_cast<std::uint64_t>(::syscall(SYS_gettid));
}

// ringscope_heap_scope as the library uses it.
struct Scope {
    std::uint32_t generation; // with entry the first word: 0 when it has not begun
    std::uint32_t entry;
    const ThreadSlot* slot; // null: the thread had none
    std::uint64_t tenancy;
    SlotSums before;
    std::uint64_t startNs; // of a region
    std::uint64_t mostAllocations;
    std::uint64_t mostBytes;
    const char* file;
    std::uint64_t line;
};
static_assert(sizeof(Scope) == sizeof(ringscope_heap_scope));

Scope load(const ringscope_heap_scope& from) noexcept {
    Scope scope;
    std::memcpy(&scope, &from, sizeof(scope));
    return scope;
}

void begin(Scope& scope, std::uint32_t entry) noexcept {
    scope.generation = g_annotated.generation;
    scope.entry = entry;
    scope.slot = ownSlotIndex() != 0 ? t_slot : nullptr;
    if (scope.slot != nullptr) {
        scope.tenancy = scope.slot->tenancy.load(std::memory_order_relaxed);
        scope.before = sumsOf(*scope.slot);
    }
}

// What the thread did since; false: it is not the thread that began, or it has no slot.
bool difference(const Scope& scope, SlotSums& since) noexcept {
    if (scope.slot == nullptr || scope.slot != t_slot ||
        scope.slot->tenancy.load(std::memory_order_relaxed) != scope.tenancy) {
        return false;
    }
    since = sumsOf(*scope.slot);
    since.allocations -= scope.before.allocations;
    since.frees -= scope.before.frees;
    since.allocatedBytes -= scope.before.allocatedBytes;
    since.freedBytes -= scope.before.freedBytes;
    return true;
}

// Of a scope that began in this ledger; null: a fork, or that nothing is counted any more.
LedgerAnnotations* annotationsOf(const Scope& scope) noexcept {
    return isCounting() && scope.generation == g_annotated.generation &&
                   scope.entry < kMostAnnotations
               ? g_annotated.tables
               : nullptr;
}

void beginRegion(ringscope_heap_scope* to, const char* name) noexcept {
    LedgerAnnotations* all = openAnnotations();
    if (all == nullptr || name == nullptr) {
        return;
    }
    Scope scope{};
    begin(scope, g_annotated.regions.find(PackedName(name), all->region, all->regions));
    scope.startNs = nowNs();
    std::memcpy(to, &scope, sizeof(scope));
}

void endRegion(ringscope_heap_scope* from) noexcept {
    const Scope scope = load(*from);
    from->words[0] = 0;
    LedgerAnnotations* all = annotationsOf(scope);
    if (all == nullptr) {
        return;
    }
    LedgerRegion& region = all->region[scope.entry];
    SlotSums since;
    if (difference(scope, since)) {
        add(region.timeNs, nowNs() - scope.startNs);
        add(region.allocations, since.allocations);
        add(region.frees, since.frees);
        add(region.allocatedBytes, since.allocatedBytes);
        add(region.freedBytes, since.freedBytes);
        add(region.allocating, since.allocations != 0 ? 1 : 0);
        raise(region.mostAllocations, since.allocations);
    } else {
        add(region.unattributed, 1);
    }
    add(region.entries, 1);
}

void beginExpectation(ringscope_heap_scope* to, const char* name, std::uint64_t mostAllocations,
                      std::uint64_t mostBytes, const char* file, int line) noexcept {
    LedgerAnnotations* all = openAnnotations();
    if (all == nullptr || name == nullptr) {
        return;
    }
    Scope scope{};
    scope.mostAllocations = mostAllocations;
    scope.mostBytes = mostBytes;
    scope.file = file;
    scope.line = static_cast<std::uint64_t>(line);
    begin(scope,
          g_annotated.expectations.find(PackedName(name), all->expectation, all->expectations));
    std::memcpy(to, &scope, sizeof(scope));
}

// The end of a path says more than its beginning.
const char* tail(const char* path, std::size_t most) noexcept {
    const std::size_t length = std::strlen(path);
    return length > most ? path + (length - most) : path;
}

[[gnu::cold]] void noteFirst(LedgerExpectation& expectation, const Scope& scope) noexcept {
    std::uint64_t none = 0;
    if (!expectation.firstNs.compare_exchange_strong(none, nowNs(), std::memory_order_relaxed)) {
        return;
    }
    set(expectation.firstTid, ownTid());
    set(expectation.line, scope.line);
    set(expectation.allowedAllocations, scope.mostAllocations);
    set(expectation.allowedBytes, scope.mostBytes);
    if (scope.file != nullptr) {
        PackedText<kFileWords>(tail(scope.file, kFileWords * 8 - 1)).storeIn(expectation.file);
    }
    expectation.hasFirst.store(1, std::memory_order_release); // pairs with the reader's copy
}

[[gnu::cold, noreturn]] void abortFor(const LedgerExpectation& expectation, const Scope& scope,
                                      const SlotSums& since) noexcept {
    char name[kNameWords * 8];
    for (std::size_t i = 0; i < kNameWords; ++i) {
        const std::uint64_t word = relaxed(expectation.name[i]);
        std::memcpy(name + i * 8, &word, 8);
    }
    char text[512];
    const bool hasPlace = scope.file != nullptr;
    int length = std::snprintf(text, sizeof(text), "ringscope: the expectation \"%.47s\"%s%.200s%s",
                               name, hasPlace ? " at " : "", hasPlace ? tail(scope.file, 200) : "",
                               hasPlace ? ":" : "");
    if (hasPlace) {
        length += std::snprintf(text + length, sizeof(text) - static_cast<std::size_t>(length),
                                "%d", static_cast<int>(scope.line));
    }
    length +=
        std::snprintf(text + length, sizeof(text) - static_cast<std::size_t>(length),
                      " is violated by %lu %s of %lu bytes\n", since.allocations,
                      since.allocations == 1 ? "allocation" : "allocations", since.allocatedBytes);
    ::syscall(SYS_write, STDERR_FILENO, text, length);
    std::abort();
}

int endExpectation(ringscope_heap_scope* from) noexcept {
    const Scope scope = load(*from);
    from->words[0] = 0;
    LedgerAnnotations* all = annotationsOf(scope);
    if (all == nullptr) {
        return 0;
    }
    LedgerExpectation& expectation = all->expectation[scope.entry];
    SlotSums since;
    const bool isKnown = difference(scope, since);
    const bool isViolated = isKnown && (since.allocations > scope.mostAllocations ||
                                        since.allocatedBytes > scope.mostBytes);
    add(expectation.unattributed, isKnown ? 0 : 1);
    if (isViolated) {
        add(expectation.violations, 1);
        add(expectation.allocations, since.allocations);
        add(expectation.allocatedBytes, since.allocatedBytes);
        raise(expectation.mostAllocations, since.allocations);
        noteFirst(expectation, scope);
        add(all->violations, 1);
    }
    add(expectation.scopes, 1);
    if (isViolated && g_annotated.isViolationFatal) {
        abortFor(expectation, scope, since);
    }
    return isViolated ? 1 : 0;
}

ringscope_heap_counts countsOf(const SlotSums& sums) noexcept {
    return {sums.allocations, sums.frees, sums.allocatedBytes, sums.freedBytes};
}

int countsInScope(const ringscope_heap_scope* from, ringscope_heap_counts* counts) noexcept {
    const Scope scope = load(*from);
    SlotSums since;
    if (annotationsOf(scope) == nullptr || !difference(scope, since)) {
        return 0;
    }
    *counts = countsOf(since);
    return 1;
}

void addMarker(const char* text) noexcept {
    LedgerAnnotations* all = openAnnotations();
    if (all == nullptr || text == nullptr) {
        return;
    }
    const std::uint64_t sequence = all->markers.fetch_add(1, std::memory_order_relaxed) + 1;
    LedgerMarker& marker = all->marker[(sequence - 1) % kMarkerPlaces];
    marker.sequence.store(0, std::memory_order_relaxed);
    // Release: a reader that sees any of what follows sees the sequence gone.
    marker.timeNs.store(nowNs(), std::memory_order_release);
    set(marker.tid, ownTid());
    PackedText<kMarkerTextWords>(text).storeIn(marker.text);
    marker.sequence.store(sequence, std::memory_order_release); // pairs with the reader's copy
}

int getStats(ringscope_heap_stats* stats) noexcept {
    if (!isCounting()) {
        return 0;
    }
    const ThreadSlot* own = ownSlotIndex() != 0 ? t_slot : nullptr;
    if (own != nullptr) {
        SlotSums sums = sumsOf(*own);
        sums.allocations -= relaxed(own->firstAllocations);
        sums.frees -= relaxed(own->firstFrees);
        sums.allocatedBytes -= relaxed(own->firstAllocatedBytes);
        sums.freedBytes -= relaxed(own->firstFreedBytes);
        stats->thread = countsOf(sums);
    }
    const SlotSums all = sumsOfAll(*g_annotated.ledger);
    stats->process = countsOf(all);
    std::uint64_t inherited = 0;
    for (const std::uint64_t blocks : g_annotated.ledger->inheritedBlocks) {
        inherited += blocks;
    }
    stats->live_blocks = inherited + all.allocations - all.frees;
    stats->live_bytes = g_annotated.ledger->inheritedBytes + all.allocatedBytes - all.freedBytes;
    stats->violations = g_annotated.tables != nullptr ? relaxed(g_annotated.tables->violations) : 0;
    return 1;
}

template <std::size_t WordCount>
void copyText(LedgerCounter (&to)[WordCount], const LedgerCounter (&from)[WordCount]) noexcept {
    for (std::size_t i = 0; i < WordCount; ++i) {
        set(to[i], relaxed(from[i]));
    }
}

template <typename Entry>
void copyNames(Entry* to, const Entry* from, std::atomic<std::uint32_t>& used,
               const std::atomic<std::uint32_t>& usedBefore) noexcept {
    const std::uint32_t count = usedBefore.load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < count; ++i) {
        copyText(to[i].name, from[i].name);
        set(to[i].isNamed, relaxed(from[i].isNamed));
    }
    used.store(count, std::memory_order_relaxed);
}

// What a fork's child has of its parent: the same numbers for names, and what its pools hold.
void inherit(LedgerAnnotations& to, const LedgerAnnotations& from) noexcept {
    copyNames(to.region, from.region, to.regions, from.regions);
    copyNames(to.expectation, from.expectation, to.expectations, from.expectations);
    copyNames(to.pool, from.pool, to.pools, from.pools);
    for (std::uint32_t i = 0; i < kMostAnnotations; ++i) {
        if (i < to.pools.load(std::memory_order_relaxed)) {
            set(to.pool[i].pools, relaxed(from.pool[i].pools));
            set(to.pool[i].liveBlocks, relaxed(from.pool[i].liveBlocks));
            set(to.pool[i].liveBytes, relaxed(from.pool[i].liveBytes));
            set(to.pool[i].peakBytes, relaxed(from.pool[i].liveBytes));
        }
    }
}

} // namespace

void startAnnotations(LedgerHeader& ledger) noexcept {
    const LedgerAnnotations* before = g_annotated.tables;
    g_annotated.tables = nullptr;
    if (ledger.annotationsOffset != 0) {
        g_annotated.tables = reinterpret_cast<LedgerAnnotations*>(
            reinterpret_cast<unsigned char*>(&ledger) + ledger.annotationsOffset);
        if (before != nullptr && before != g_annotated.tables) { // the same: attached to again
            inherit(*g_annotated.tables, *before);
        } else { // entry 0 of each is there for the rest
            g_annotated.tables->regions.store(1, std::memory_order_relaxed);
            g_annotated.tables->pools.store(1, std::memory_order_relaxed);
            g_annotated.tables->expectations.store(1, std::memory_order_relaxed);
        }
    }
    g_annotated.ledger = &ledger;
    ++g_annotated.generation;
    const char* word = std::getenv("RINGSCOPE_HEAP_EXPECT"); // NOLINT(concurrency-mt-unsafe): first
    g_annotated.isViolationFatal = word != nullptr && std::strcmp(word, "abort") == 0;
}

} // namespace ringscope::tracker

extern "C" [[gnu::visibility("default")]] const ringscope_heap_api_v1 ringscope_heap_api_v1;
const struct ringscope_heap_api_v1 ringscope_heap_api_v1 = {sizeof(struct ringscope_heap_api_v1),
                                                            ringscope::tracker::beginRegion,
                                                            ringscope::tracker::endRegion,
                                                            ringscope::tracker::beginExpectation,
                                                            ringscope::tracker::endExpectation,
                                                            ringscope::tracker::countsInScope,
                                                            ringscope::tracker::addMarker,
                                                            ringscope::tracker::createPool,
                                                            ringscope::tracker::countPoolAllocation,
                                                            ringscope::tracker::countPoolFree,
                                                            ringscope::tracker::resetPool,
                                                            ringscope::tracker::destroyPool,
                                                            ringscope::tracker::getStats};
