// SPDX-License-Identifier: MIT
#include "core/heap/tracker/profile_writer.h"

#include "core/heap/profile_layout.h"
#include "core/heap/sampling.h"
#include "core/heap/tracker/announce.h"
#include "core/heap/tracker/call_frame.h"
#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/ledger_writer.h"
#include "core/heap/tracker/module_table.h"
#include "core/heap/tracker/next_allocator.h"
#include "core/heap/tracker/stack_cache.h"
#include "core/heap/tracker/stack_table.h"
#include "core/heap/tracker/stack_walk.h"

#include <atomic>
#include <ctime>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

extern "C" {
[[gnu::weak]] extern void* __libc_stack_end;      // NOLINT: glibc's name
[[gnu::weak]] extern char __libc_single_threaded; // NOLINT: glibc 2.32 and newer
// Of this library, by the linker.
[[gnu::visibility("hidden")]] extern const unsigned char __ehdr_start[]; // NOLINT
[[gnu::visibility("hidden")]] extern const unsigned char etext[];        // NOLINT
[[gnu::visibility("hidden")]] extern const unsigned char _end[];         // NOLINT
}

namespace ringscope::tracker {

std::atomic<bool> g_isEveryBlockKnown{false};
constinit thread_local std::int64_t t_untilSample = 0;

namespace {

// How large the parts may grow; the file is sparse. The small one is for a limited address space.
struct Geometry {
    std::uint32_t nodes;
    unsigned nodeLevels;
    std::uint32_t stacks;
    unsigned stackLevels;
    std::uint32_t modules;
    std::uint32_t moduleNameBytes;
    std::uint32_t chunks;
    std::uint64_t shadowBytes;
};
constexpr Geometry kGeometries[] = {
    {1U << 22U, 12, 1U << 20U, 11, 1U << 12U, 1U << 20U, 1U << 18U, std::uint64_t{32} << 30U},
    {1U << 16U, 6, 1U << 14U, 5, 1U << 8U, 1U << 15U, 1U << 11U, std::uint64_t{256} << 20U},
};
// Enough for each of the entries to find a place.
static_assert(levelBegin(12) / 2 >= (1U << 22U) - (1U << 11U));
static_assert(levelBegin(11) / 2 >= (1U << 20U) - (1U << 11U));

unsigned char* s_profile = nullptr;
ProfileHeader* s_header = nullptr;
std::size_t s_bytes = 0;
std::atomic<bool> s_isOpen{false}; // all of it is there
std::int32_t s_ownerPid = 0;       // who made it
StackTable s_stacks;
ModuleTable s_modules;
BlockShadow s_shadow;
SampleTable s_samples;
unsigned char* s_cells = nullptr;

// How often the process was attached to again.
std::atomic<std::uint32_t> s_generation{0};

// What a thread has of its own beside its part of the profile.
struct ThreadState {
    std::uint32_t generation; // of the profile that all of this is of
    ProfileThread* part;
    std::int64_t pendingBytes; // not in liveBytes yet
    const void* newest;        // its last allocation
    bool isInside;             // a signal handler that allocates finds it set
    bool isOver;               // its end has come
    void* takenBlock;          // by beginFree()
    KnownBlock taken;
    std::size_t askedBytes; // by AskedBytes
    bool isAsked;
    bool areBoundsKnown;    // bounds were asked for
    std::uint64_t random;   // of the intervals between samples; 0: none was drawn yet
    std::int64_t untilThen; // t_untilSample when the newest block was sampled
    StackBounds bounds;
    CacheUse cache;
};
constinit thread_local ThreadState t_state = {};

// A thread's changes go to the sum of all when they come to this many bytes.
constexpr std::int64_t kBatchBytes = 16384;

std::uint64_t ticks() noexcept {
    return __rdtsc();
}

void set(LedgerCounter& counter, std::uint64_t value) noexcept {
    counter.store(value, std::memory_order_relaxed);
}
std::uint64_t get(const LedgerCounter& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
}

bool isSingleThreaded() noexcept {
    return &__libc_single_threaded != nullptr && __libc_single_threaded != 0;
}

// --- the sum of all threads, and its peak -------------------------------------------------------

bool isBelowPeak() noexcept {
    return (s_header->peak.load(std::memory_order_relaxed) & 1U) != 0;
}

std::uint32_t epoch() noexcept {
    return static_cast<std::uint32_t>(s_header->peak.load(std::memory_order_relaxed) >> 1U);
}

// Before live bytes fall for the first time since they were at their most.
void leavePeak() noexcept {
    std::uint64_t state = s_header->peak.load(std::memory_order_relaxed);
    while ((state & 1U) == 0 &&
           !s_header->peak.compare_exchange_weak(state, state + 3, std::memory_order_relaxed,
                                                 std::memory_order_relaxed)) {
    }
}

void reachPeak(std::uint64_t live, std::uint64_t now) noexcept {
    std::uint64_t peak = get(s_header->peakLiveBytes);
    while (live >= peak) {
        if (s_header->peakLiveBytes.compare_exchange_weak(peak, live, std::memory_order_relaxed,
                                                          std::memory_order_relaxed)) {
            set(s_header->peakTicks, now);
            s_header->peak.fetch_and(~std::uint64_t{1}, std::memory_order_relaxed);
            return;
        }
    }
}

void flush(ThreadState& state, std::uint64_t now) noexcept {
    const std::int64_t pending = state.pendingBytes;
    state.pendingBytes = 0;
    if (pending < 0) {
        leavePeak();
    }
    const std::uint64_t live = s_header->liveBytes.fetch_add(static_cast<std::uint64_t>(pending),
                                                             std::memory_order_relaxed) +
                               static_cast<std::uint64_t>(pending);
    // Threads that free what others allocated may let it seem negative for a while.
    if (pending > 0 && static_cast<std::int64_t>(live) > 0) {
        reachPeak(live, now);
    }
}

// Cells change between the two: what they had at the peak must be kept first, and a new peak is one
// with the change.
[[gnu::always_inline]] inline void beforeChange(std::int64_t bytes) noexcept {
    if (bytes < 0 && isSingleThreaded() && !isBelowPeak()) {
        leavePeak();
    }
}

[[gnu::always_inline]] inline void afterChange(ThreadState& state, std::int64_t bytes,
                                               std::uint64_t now) noexcept {
    state.pendingBytes += bytes;
    if (isSingleThreaded()) [[likely]] {
        // Nobody else writes: no need for LOCK.
        const std::uint64_t live =
            get(s_header->liveBytes) + static_cast<std::uint64_t>(state.pendingBytes);
        state.pendingBytes = 0;
        set(s_header->liveBytes, live);
        if (bytes >= 0 && live >= get(s_header->peakLiveBytes)) {
            set(s_header->peakLiveBytes, live);
            set(s_header->peakTicks, now);
            const std::uint64_t peak = s_header->peak.load(std::memory_order_relaxed);
            s_header->peak.store(peak & ~std::uint64_t{1}, std::memory_order_relaxed);
        }
        return;
    }
    if (get(s_header->peakErrorBytes) == 0) {
        set(s_header->peakErrorBytes, kBatchBytes);
    }
    if (state.pendingBytes >= kBatchBytes || state.pendingBytes <= -kBatchBytes) {
        flush(state, now);
    }
}

// --- what a thread writes to ---------------------------------------------------------------------

ProfileThread* threadAt(std::size_t slot) noexcept {
    return reinterpret_cast<ProfileThread*>(s_profile + s_header->threadsAt +
                                            slot * s_header->threadBytes);
}

// Slot 0 is for threads without one, one at a time: who does not get it counts nothing.
std::atomic<bool> s_isSharedTaken{false};

void noteUsed(std::size_t slot) noexcept {
    const auto end = static_cast<std::uint32_t>(slot + 1);
    std::uint32_t used = s_header->threadsUsed.load(std::memory_order_relaxed);
    while (used < end && !s_header->threadsUsed.compare_exchange_weak(
                             used, end, std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
}

// Holds this thread's part of the profile for one event; empty when it is in use: inside another
// event that a signal has interrupted, or, of slot 0, by another thread.
class Hold {
public:
    Hold() noexcept
        : m_state(t_state) {
        if (m_state.isInside) {
            return;
        }
        const std::uint32_t generation = s_generation.load(std::memory_order_relaxed);
        if (m_state.generation != generation) [[unlikely]] {
            const bool isOver = m_state.isOver;
            m_state = {};
            m_state.generation = generation;
            m_state.isOver = isOver;
        }
        if (m_state.part == nullptr && !m_state.isOver) {
            const std::size_t slot = ownSlotIndex();
            m_state.part = slot != 0 && slot < s_header->threadCount ? threadAt(slot) : nullptr;
            noteUsed(m_state.part != nullptr ? slot : 0);
        }
        m_isShared = m_state.part == nullptr;
        if (m_isShared && s_isSharedTaken.exchange(true, std::memory_order_acquire)) {
            m_isShared = false;
            return;
        }
        m_state.isInside = true;
        m_part = m_isShared ? threadAt(0) : m_state.part;
        // What comes between must not move out of it.
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
        if (m_part == nullptr) {
            return;
        }
        std::atomic_signal_fence(std::memory_order_seq_cst);
        m_state.isInside = false;
        if (m_isShared) {
            s_isSharedTaken.store(false, std::memory_order_release);
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return m_part != nullptr; }
    [[nodiscard]] ProfileThread& part() const noexcept { return *m_part; }
    [[nodiscard]] ThreadState& state() const noexcept { return m_state; }

private:
    ThreadState& m_state;
    ProfileThread* m_part = nullptr;
    bool m_isShared = false;
};

void countLost() noexcept {
    threadAt(0)->lost.fetch_add(1, std::memory_order_relaxed);
}

[[gnu::always_inline]] inline ProfileCell* cellOf(ProfileThread& part,
                                                  std::uint32_t stack) noexcept {
    auto* const chunks = reinterpret_cast<std::atomic<std::uint32_t>*>(&part + 1);
    std::atomic<std::uint32_t>& place = chunks[stack / kCellsPerChunk];
    std::uint32_t chunk = place.load(std::memory_order_relaxed);
    if (chunk == 0) {
        chunk = s_header->chunksUsed.fetch_add(1, std::memory_order_relaxed);
        if (chunk >= s_header->chunkCount) {
            s_header->chunksUsed.store(s_header->chunkCount, std::memory_order_relaxed);
            return nullptr;
        }
        place.store(chunk, std::memory_order_relaxed);
    }
    return reinterpret_cast<ProfileCell*>(s_cells + std::size_t{chunk} * kChunkBytes) +
           stack % kCellsPerChunk;
}

[[gnu::always_inline]] inline void keepPeak(ProfileCell& cell) noexcept {
    const std::uint32_t now = epoch();
    if (isBelowPeak() && cell.peakEpoch.load(std::memory_order_relaxed) != now) {
        set(cell.peakBytes, get(cell.bytes) - get(cell.freedBytes));
        set(cell.peakBlocks, get(cell.blocks) - get(cell.freedBlocks));
        cell.peakEpoch.store(now, std::memory_order_relaxed);
    }
}

[[gnu::always_inline]] inline void addBlocks(ProfileCell& cell, std::uint64_t blocks,
                                             std::uint64_t bytes) noexcept {
    addAlone(cell.blocks, blocks);
    addAlone(cell.bytes, bytes);
}

[[gnu::always_inline]] inline void noteMost(ProfileCell& cell) noexcept {
    const auto alive = static_cast<std::int64_t>(get(cell.bytes) - get(cell.freedBytes));
    if (alive >= static_cast<std::int64_t>(get(cell.maxBytes))) {
        set(cell.maxBytes, static_cast<std::uint64_t>(alive));
        cell.maxBlocks.store(static_cast<std::uint32_t>(get(cell.blocks) - get(cell.freedBlocks)),
                             std::memory_order_relaxed);
    }
}

bool isOurs(std::uintptr_t address) noexcept {
    return address - reinterpret_cast<std::uintptr_t>(__ehdr_start) <
           static_cast<std::uintptr_t>(etext - __ehdr_start);
}

// Its own function, so that what it needs of the stack is there for a moment.
[[gnu::noinline]] std::uint32_t walkAndIntern(const WalkRegisters& from, WalkTrace& trace,
                                              ProfileThread& thread) noexcept {
    std::uintptr_t addresses[kMostFrames];
    const Walk walk = walkStack(from, addresses, kMostFrames, &trace);
    // The innermost are, and one behind an operator new that came back to us.
    std::uint32_t frames = 0;
    for (std::uint32_t i = 0; i < walk.frames; ++i) {
        addresses[frames] = addresses[i];
        frames += isOurs(addresses[i]) ? 0U : 1U;
    }
    if (frames == 0) {
        return 0;
    }
    const StackEnd end = walk.end == WalkEnd::outermost ? StackEnd::complete
                         : walk.end == WalkEnd::full    ? StackEnd::cut
                                                        : StackEnd::lost;
    trace.isWhole = trace.isWhole && walk.end != WalkEnd::full;
    return s_stacks.intern(addresses, frames, end, thread);
}

// The caller's stack.
[[gnu::noinline]] std::uint32_t internStack(const void* caller, const Hold& hold) noexcept {
    ThreadState& state = hold.state();
    const WalkRegisters here = registersHere();
    StackCache cache(here, reinterpret_cast<std::uintptr_t>(caller), state.bounds, state.cache);
    const std::uint32_t known = cache.find();
    if (known != 0) [[likely]] {
        return known;
    }
    WalkTrace trace;
    const std::uint32_t stack = walkAndIntern(here, trace, hold.part());
    cache.remember(trace, stack);
    return stack;
}

// A new block of the caller's stack, unless its cell or its place cannot be had. known: all but the
// stack. isPut: where the block is kept.
template <typename Put>
void addNew(const Hold& hold, const void* block, KnownBlock known, const void* caller,
            Put put) noexcept {
    known.stack = internStack(caller, hold);
    ProfileCell* const cell = known.stack != 0 ? cellOf(hold.part(), known.stack) : nullptr;
    if (cell == nullptr || !put(known)) {
        countLost();
        return;
    }
    const std::uint64_t bytes = known.blocks * known.bytes;
    keepPeak(*cell);
    addBlocks(*cell, known.blocks, bytes);
    noteMost(*cell);
    afterChange(hold.state(), static_cast<std::int64_t>(bytes), known.ticks);
    hold.state().newest = block;
}

// What is known of a block but the stack.
KnownBlock newBlock(void* block, std::size_t bytes) noexcept {
    KnownBlock known;
    known.ticks = ticks();
    known.size = shadowSize(bytes);
    known.bytes = known.size != kSizeElsewhere ? bytes : usableBytes(block);
    return known;
}

void addRecorded(const Hold& hold, void* block, std::size_t bytes, const void* caller) noexcept {
    s_shadow.fetch(block); // while the stack is looked up
    addNew(hold, block, newBlock(block, bytes), caller, [block](const KnownBlock& known) {
        ShadowEntry* const entry = s_shadow.makePlaceOf(block);
        if (entry != nullptr) {
            s_shadow.put(*entry, block, known);
        }
        return entry != nullptr;
    });
}

void addSampled(const Hold& hold, void* block, std::size_t bytes, const void* caller) noexcept {
    KnownBlock sampled = newBlock(block, bytes);
    sampled.blocks = sampleWeight(sampled.bytes, s_header->samplePeriod,
                                  reinterpret_cast<std::uintptr_t>(block), sampled.ticks);
    addNew(hold, block, sampled, caller,
           [block](const KnownBlock& known) { return s_samples.put(block, known); });
}

[[gnu::always_inline]] inline KnownBlock take(void* block) noexcept {
    KnownBlock known;
    if (g_isEveryBlockKnown.load(std::memory_order_relaxed)) {
        s_shadow.take(block, known);
    }
    if (known.stack == 0 &&
        g_sampleRegions[sampleRegionOf(block)].load(std::memory_order_relaxed) != 0) [[unlikely]] {
        known = s_samples.take(block);
    }
    return known;
}

// Before the thread has allocated anything else.
[[gnu::always_inline]] inline bool isTemporary(const ThreadState& state, const void* block,
                                               const KnownBlock& known) noexcept {
    return state.newest == block && (!known.isSampled || state.untilThen == t_untilSample);
}

[[gnu::always_inline]] inline void countFreed(const void* block, const KnownBlock& known,
                                              std::uint64_t now) noexcept {
    const Hold hold;
    if (!hold) {
        countLost();
        return;
    }
    if (known.stack == 0) {
        addAlone(hold.part().unknownFrees, 1);
        return;
    }
    ProfileCell* const cell = cellOf(hold.part(), known.stack);
    if (cell == nullptr) {
        countLost();
        return;
    }
    const std::uint64_t bytes = known.blocks * known.bytes;
    const auto change = -static_cast<std::int64_t>(bytes);
    beforeChange(change);
    keepPeak(*cell);
    addAlone(cell->freedBlocks, known.blocks);
    addAlone(cell->freedBytes, bytes);
    const std::uint64_t age = now > known.ticks ? now - known.ticks : 0;
    addAlone(cell->lifetimeTicks, age * known.blocks);
    addAlone(hold.part().lifetimes[age != 0 ? 63 - __builtin_clzll(age) : 0], known.blocks);
    ThreadState& state = hold.state();
    if (isTemporary(state, block, known)) {
        addAlone(cell->temporaryBlocks, known.blocks);
    }
    if (state.newest == block) {
        state.newest = nullptr;
    }
    afterChange(state, change, now);
}

void findBounds() noexcept {
    if (!t_state.areBoundsKnown) {
        t_state.areBoundsKnown = true;
        t_state.bounds = boundsOfThread();
    }
}

// What the program asked for, if our own way there asked for another number.
std::size_t askedFor(std::size_t bytes) noexcept {
    if (!t_state.isAsked) {
        return bytes;
    }
    t_state.isAsked = false;
    return t_state.askedBytes;
}

std::size_t parted(std::uint64_t& next, std::uint64_t bytes) noexcept {
    const std::uint64_t at = next;
    next = (next + bytes + 4095) & ~std::uint64_t{4095};
    return at;
}

void fillGeometry(ProfileHeader& header, const Geometry& geometry, std::uint32_t slots,
                  unsigned shift) noexcept {
    header.nodeCount = geometry.nodes;
    header.stackCount = geometry.stacks;
    header.threadCount = slots;
    header.threadBytes = static_cast<std::uint32_t>(
        sizeof(ProfileThread) + geometry.stacks / kCellsPerChunk * sizeof(std::uint32_t));
    header.chunkCount = geometry.chunks;
    header.shadowShift = shift;
    const std::uint64_t leafBytes =
        (std::uint64_t{1} << (kShadowLeafBits - shift)) * sizeof(ShadowEntry);
    header.leafCount = static_cast<std::uint32_t>(geometry.shadowBytes / leafBytes);
    std::uint64_t next = sizeof(ProfileHeader);
    header.nodesAt = parted(next, std::uint64_t{geometry.nodes} * sizeof(StackNode));
    header.nodeTableAt = parted(next, levelBegin(geometry.nodeLevels) * sizeof(std::uint32_t));
    header.stacksAt = parted(next, std::uint64_t{geometry.stacks} * sizeof(ProfileStack));
    header.stackTableAt = parted(next, levelBegin(geometry.stackLevels) * sizeof(std::uint64_t));
    header.moduleCount = geometry.modules;
    header.moduleNameBytes = geometry.moduleNameBytes;
    header.modulesAt = parted(next, std::uint64_t{geometry.modules} * sizeof(ProfileModule));
    header.moduleNamesAt = parted(next, geometry.moduleNameBytes);
    header.threadsAt = parted(next, std::uint64_t{slots} * header.threadBytes);
    header.cellsAt = parted(next, std::uint64_t{geometry.chunks} * kChunkBytes);
    header.shadowDirectoryAt = parted(next, kShadowLeaves * sizeof(std::uint32_t));
    header.shadowAt = parted(next, header.leafCount * leafBytes);
    header.sampleRegionsAt = parted(next, kSampleRegions);
    header.samplesAt = parted(next, kSampleCount * sizeof(SampledBlock));
    header.samplePeriod = kSamplePeriod;
    header.fileBytes = next;
}

std::int64_t nowNs() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void noteObject(const LoadedObject& object) noexcept {
    if (s_modules.note(object, frameRulesGeneration())) {
        s_stacks.startAnew();
    }
}

// For a search for leaks, see TrackerMemory.
void noteOwnMemory(OwnMemory walks, OwnMemory cache) noexcept {
    std::uintptr_t control = 0;
    asm("movq %%fs:0, %0" : "=r"(control));
    const auto state =
        static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(&t_state) - control);
    s_header->own = {
        {{reinterpret_cast<std::uintptr_t>(__ehdr_start), reinterpret_cast<std::uintptr_t>(_end)},
         {walks.begin, walks.begin + walks.bytes},
         {cache.begin, cache.begin + cache.bytes}},
        state,
        state + static_cast<std::int64_t>(sizeof(t_state))};
}

} // namespace

void leaveProfile() noexcept {
    if (s_profile != nullptr) {
        if (s_ownerPid == ::getpid()) { // else it is the parent's
            ::madvise(s_profile, s_bytes, MADV_REMOVE);
        }
        // What leads to its parts stays: another thread may be on its way there.
        s_isOpen.store(false, std::memory_order_relaxed);
        g_isEveryBlockKnown.store(false, std::memory_order_relaxed);
        s_modules.forget();
        s_profile = nullptr;
        s_generation.fetch_add(1, std::memory_order_relaxed);
    }
}

int startProfile(std::uint32_t slots, bool hasGlibcChunks) noexcept {
    // glibc's blocks are at least 32 bytes apart; other allocators have them as near as 8.
    const unsigned shift = hasGlibcChunks ? 5 : 3;
    for (const Geometry& geometry : kGeometries) {
        ProfileHeader plan{};
        fillGeometry(plan, geometry, slots, shift);
        const int fd = makeSharedFile(kProfileFileName, plan.fileBytes);
        if (fd < 0) {
            continue;
        }
        void* const at = ::mmap(nullptr, plan.fileBytes, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_NORESERVE, fd, 0);
        if (at == MAP_FAILED) {
            closeDescriptor(fd);
            continue;
        }
        ::madvise(at, plan.fileBytes, MADV_DONTDUMP);
        unsigned char* const before = s_profile;
        const std::size_t bytesBefore = s_bytes;
        s_profile = static_cast<unsigned char*>(at);
        s_bytes = plan.fileBytes;
        s_ownerPid = ::getpid();
        s_header = reinterpret_cast<ProfileHeader*>(s_profile);
        fillGeometry(*s_header, geometry, slots, shift);
        s_header->magic = kProfileMagic;
        s_header->version = kProfileVersion;
        s_header->startNs = nowNs();
        s_header->startTicks = ticks();
        s_header->nodesUsed.store(1, std::memory_order_relaxed);
        s_header->stacksUsed.store(1, std::memory_order_relaxed);
        s_header->chunksUsed.store(1, std::memory_order_relaxed);
        s_header->threadsUsed.store(1, std::memory_order_relaxed); // what was lost is in part 0
        s_stacks.use(s_profile);
        s_modules.use(s_profile);
        forgetFrameRules(); // stacks that are known by their number in a profile before
        tellOfObjects(noteObject);
        noteOwnMemory(prepareWalks(), prepareStackCache());
        s_cells = s_profile + s_header->cellsAt;
        s_shadow.use(s_profile);
        s_samples.use(s_profile);
        if (before != nullptr) {
            ::munmap(before, bytesBefore);
        }
        s_header->ready.store(1, std::memory_order_release);
        return fd;
    }
    return -1;
}

void openProfile() noexcept {
    s_isOpen.store(true, std::memory_order_release); // pairs with hasProfile()
}

void dropProfile() noexcept {
    g_sampleRegions = nullptr;
    ::munmap(s_profile, s_bytes);
    s_profile = nullptr;
}

void forgetProfile() noexcept {
    t_state = {};
    t_untilSample = 0;
    s_isSharedTaken.store(false, std::memory_order_relaxed);
    s_isOpen.store(false, std::memory_order_relaxed);
    g_isEveryBlockKnown.store(false, std::memory_order_relaxed);
    g_sampleRegions = nullptr;
}

bool hasProfile() noexcept {
    return s_isOpen.load(std::memory_order_acquire); // pairs with openProfile()
}

void noteRecording(LedgerMode mode) noexcept {
    if (mode == LedgerMode::exact) {
        s_header->hasAll.store(1, std::memory_order_relaxed);
        g_isEveryBlockKnown.store(true, std::memory_order_relaxed);
        return;
    }
    s_header->hasGaps.store(1, std::memory_order_relaxed);
    if (mode == LedgerMode::sampled) {
        s_header->hasSamples.store(1, std::memory_order_relaxed);
    }
}

AskedBytes::AskedBytes(std::size_t bytes) noexcept {
    t_state.askedBytes = bytes;
    t_state.isAsked = true;
}

AskedBytes::~AskedBytes() {
    t_state.isAsked = false;
}

void profileAllocation(void* block, std::size_t bytes, const void* caller) noexcept {
    if (block == nullptr) {
        return;
    }
    bytes = askedFor(bytes);
    findBounds();
    const Hold hold;
    if (!hold) {
        countLost();
        return;
    }
    addRecorded(hold, block, bytes, caller);
}

void profileSample(void* block, std::size_t bytes, const void* caller) noexcept {
    ThreadState& state = t_state;
    if (state.random == 0) { // the thread's first
        state.random = ticks() ^ reinterpret_cast<std::uintptr_t>(&state) << 16U;
        t_untilSample += nextSampleIn(state.random, kSamplePeriod);
        if (t_untilSample >= 0) {
            return;
        }
    }
    t_untilSample = nextSampleIn(state.random, kSamplePeriod);
    findBounds();
    const Hold hold;
    if (!hold) {
        countLost();
        return;
    }
    state.untilThen = t_untilSample;
    addSampled(hold, block, bytes, caller);
}

void profileByChance(void* block, std::size_t bytes, const void* caller) noexcept {
    bytes = askedFor(bytes);
    if (block == nullptr) {
        return;
    }
    t_untilSample -= static_cast<std::int64_t>(bytes | 1U);
    if (t_untilSample < 0) {
        profileSample(block, bytes, caller);
    }
}

namespace {

[[gnu::always_inline]] inline void freedAt(void* block, const KnownBlock& known,
                                           std::uint64_t now) noexcept {
    // While all are recorded, what is not known is older than that.
    if (known.stack != 0 || isRecording()) {
        countFreed(block, known, now);
    }
}

} // namespace

void profileFreed(void* block, const KnownBlock& known) noexcept {
    freedAt(block, known, ticks());
}

void profileFree(void* block) noexcept {
    if (!hasProfile()) {
        return;
    }
    const std::uint64_t now = ticks(); // takes as long as some loads, which it does not wait for
    KnownBlock known = take(block);
    if (known.stack == 0 && block == t_state.takenBlock) {
        known = t_state.taken;
    }
    t_state.takenBlock = nullptr;
    freedAt(block, known, now);
}

void beginFree(void* block) noexcept {
    t_state.taken = takeKnown(block);
    t_state.takenBlock = block;
}

void endFree(void* block) noexcept {
    if (t_state.takenBlock == block) {
        t_state.takenBlock = nullptr;
        profileFreed(block, t_state.taken);
    }
}

KnownBlock takeKnown(void* block) noexcept {
    return hasProfile() ? take(block) : KnownBlock{};
}

void putBack(void* block, const KnownBlock& known) noexcept {
    if (known.stack == 0) {
        return;
    }
    if (known.isSampled) {
        (void)s_samples.put(block, known); // its place may be another's by now: then it is lost
        return;
    }
    if (ShadowEntry* const entry = s_shadow.makePlaceOf(block)) {
        s_shadow.put(*entry, block, known);
    }
}

void profileReallocation(void* moved, std::size_t bytes, const KnownBlock& before,
                         const void* caller) noexcept {
    if (before.stack == 0 || before.isSampled) {
        if (before.isSampled) {
            countFreed(nullptr, before, ticks());
        }
        if (isRecording()) {
            profileAllocation(moved, bytes, caller);
        } else if (isSampling()) {
            profileByChance(moved, bytes, caller);
        }
        return;
    }
    const Hold hold;
    if (!hold) {
        countLost();
        return;
    }
    ShadowEntry* const entry = s_shadow.makePlaceOf(moved);
    ProfileCell* const cell = cellOf(hold.part(), before.stack);
    if (entry == nullptr || cell == nullptr) {
        countLost();
        return;
    }
    KnownBlock now = newBlock(moved, bytes);
    now.stack = before.stack;
    const std::uint64_t ticksNow = now.ticks;
    now.ticks = before.ticks; // its life goes on
    const std::int64_t change =
        static_cast<std::int64_t>(now.bytes) - static_cast<std::int64_t>(before.bytes);
    beforeChange(change);
    keepPeak(*cell);
    addBlocks(*cell, 1, now.bytes);
    addAlone(cell->freedBlocks, 1);
    addAlone(cell->freedBytes, before.bytes);
    noteMost(*cell);
    s_shadow.put(*entry, moved, now);
    afterChange(hold.state(), change, ticksNow);
    hold.state().newest = moved;
}

void endProfileOfThread() noexcept {
    ThreadState& state = t_state;
    if (hasProfile() && state.pendingBytes != 0) {
        flush(state, ticks());
    }
    state.part = nullptr;
    state.isOver = true;
}

} // namespace ringscope::tracker
