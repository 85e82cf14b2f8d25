// SPDX-License-Identifier: MIT
#include "core/heap/tracker/ledger_writer.h"

#include "core/heap/annotation_layout.h"
#include "core/heap/tracker/annotations.h"
#include "core/heap/tracker/announce.h"
#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/next_allocator.h"
#include "core/heap/tracker/profile_writer.h"

#include <atomic>
#include <cerrno>
#include <ctime>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ringscope::tracker {

constinit thread_local ThreadSlot* t_slot = nullptr;
constinit thread_local std::uint64_t t_countedEvents = 0;

namespace {

constexpr std::uint32_t kNoSlot = 0; // slot 0 is the shared one, never in the list

// The thread's end has come, or no slot is free: all it does goes to the shared slot.
constinit thread_local bool t_isWithoutSlot = false;

// Written by openGate's one thread before the gate opens; constant while it is open.
LedgerHeader* s_header = nullptr;
std::size_t s_mappedBytes = 0;
pthread_key_t s_endKey;
bool s_hasEndKey = false;

// Slots of ended threads, newest first: index in the low half, a count of changes in the high half
// so that a pop cannot mistake a list that changed meanwhile for the one it read.
std::atomic<std::uint64_t> s_ended{0};

// What the parent had live. Atomic because two threads may fork at once: either's figures do.
struct Inheritance {
    std::atomic<bool> isNoted;
    LedgerCounter bytes;
    LedgerCounter blocks[kSizeClassCount];
};
Inheritance s_inheritance;

ThreadSlot* slotAt(std::uint32_t index) noexcept {
    auto* first = reinterpret_cast<unsigned char*>(s_header) + kLedgerHeaderBytes;
    return reinterpret_cast<ThreadSlot*>(first) + index;
}

std::uint64_t relaxed(const LedgerCounter& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
}

void set(LedgerCounter& counter, std::uint64_t value) noexcept {
    counter.store(value, std::memory_order_relaxed);
}

void noteName(ThreadSlot& slot) noexcept {
    std::uint64_t words[2] = {};
    ::syscall(SYS_prctl, PR_GET_NAME, words, 0, 0, 0);
    set(slot.name[0], words[0]);
    set(slot.name[1], words[1]);
}

void pushEnded(std::uint32_t index) noexcept {
    std::uint64_t head = s_ended.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        slotAt(index)->nextEnded.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
        next = ((head >> 32U) + 1) << 32U | index;
        // Release: pairs with the acquire in popEnded(), so that who takes the slot sees its last
        // owner's counters.
    } while (!s_ended.compare_exchange_weak(head, next, std::memory_order_release,
                                            std::memory_order_relaxed));
}

std::uint32_t popEnded() noexcept {
    std::uint64_t head = s_ended.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(head) != kNoSlot) {
        const std::uint32_t after =
            slotAt(static_cast<std::uint32_t>(head))->nextEnded.load(std::memory_order_relaxed);
        const std::uint64_t next = ((head >> 32U) + 1) << 32U | after;
        // Acquire: pairs with the release in pushEnded().
        if (s_ended.compare_exchange_weak(head, next, std::memory_order_acquire,
                                          std::memory_order_acquire)) {
            return static_cast<std::uint32_t>(head);
        }
    }
    return kNoSlot;
}

std::uint32_t takeFreshSlot() noexcept {
    std::uint32_t used = s_header->slotsUsed.load(std::memory_order_relaxed);
    while (used < s_header->slotCount) {
        if (s_header->slotsUsed.compare_exchange_weak(used, used + 1, std::memory_order_relaxed,
                                                      std::memory_order_relaxed)) {
            return used;
        }
    }
    return kNoSlot;
}

struct SlotTotals {
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t allocatedBytes = 0;
    std::uint64_t freedBytes = 0;
};

SlotTotals totalsOf(const ThreadSlot& slot) noexcept {
    SlotTotals totals{0, 0, relaxed(slot.allocatedBytes), relaxed(slot.freedBytes)};
    for (std::size_t cell = 1; cell < kSmallCellCount; ++cell) {
        const std::uint64_t allocations = relaxed(slot.small[cell].allocations);
        const std::uint64_t frees = relaxed(slot.small[cell].frees);
        totals.allocations += allocations;
        totals.frees += frees;
        totals.allocatedBytes += allocations * smallCellBytes(cell);
        totals.freedBytes += frees * smallCellBytes(cell);
    }
    for (const CellCounters& entry : slot.classes) {
        totals.allocations += relaxed(entry.allocations);
        totals.frees += relaxed(entry.frees);
    }
    return totals;
}

void moveIn(ThreadSlot& slot) noexcept {
    const std::uint32_t tenancy = slot.tenancy.load(std::memory_order_relaxed) + 1;
    // Releases order these for a reader that copies upwards; see ThreadSlot.
    slot.nextTenancy.store(tenancy, std::memory_order_relaxed);
    const SlotTotals totals = totalsOf(slot);
    slot.firstAllocations.store(totals.allocations, std::memory_order_release);
    set(slot.firstFrees, totals.frees);
    set(slot.firstAllocatedBytes, totals.allocatedBytes);
    set(slot.firstFreedBytes, totals.freedBytes);
    set(slot.firstReallocations, relaxed(slot.reallocations));
    noteName(slot);
    slot.tid.store(static_cast<std::int32_t>(::syscall(SYS_gettid)), std::memory_order_relaxed);
    slot.state.store(static_cast<std::uint32_t>(ThreadSlotState::running),
                     std::memory_order_relaxed);
    slot.tenancy.store(tenancy, std::memory_order_release);
}

// Null when this thread is to use the shared slot.
ThreadSlot* ownSlot() noexcept {
    if (t_slot != nullptr || t_isWithoutSlot) {
        return t_slot;
    }
    const int savedErrno = errno;
    std::uint32_t index = popEnded();
    index = index != kNoSlot ? index : takeFreshSlot();
    if (index != kNoSlot) {
        ThreadSlot* slot = slotAt(index);
        moveIn(*slot);
        t_slot = slot; // before the call below, which may allocate when many keys are in use
        if (s_hasEndKey) {
            ::pthread_setspecific(s_endKey, slot);
        }
    } else {
        t_isWithoutSlot = true;
    }
    errno = savedErrno;
    return t_slot;
}

// Where this thread counts: in a slot of its own, or in the shared one, which others add to.
class Account {
public:
    Account() noexcept
        : m_own(ownSlot())
        , m_slot(m_own != nullptr ? m_own : slotAt(0)) {}

    ThreadSlot& slot() const noexcept { return *m_slot; }
    CellCounters& cellOf(std::size_t usableBytes) const noexcept {
        return hasSmallCell(usableBytes) ? m_slot->small[smallCellOf(usableBytes)]
                                         : m_slot->classes[sizeClassOf(usableBytes)];
    }
    void add(LedgerCounter& counter, std::uint64_t amount) const noexcept {
        if (m_own != nullptr) [[likely]] {
            addAlone(counter, amount);
        } else {
            counter.fetch_add(amount, std::memory_order_relaxed);
        }
    }

private:
    ThreadSlot* m_own;
    ThreadSlot* m_slot;
};

void sumInheritance(Inheritance& sum) noexcept {
    std::uint64_t bytes = s_header->inheritedBytes;
    std::uint64_t blocks[kSizeClassCount];
    for (std::size_t c = 0; c < kSizeClassCount; ++c) {
        blocks[c] = s_header->inheritedBlocks[c];
    }
    const std::uint32_t used = s_header->slotsUsed.load(std::memory_order_relaxed);
    for (std::uint32_t index = 0; index < used; ++index) {
        const ThreadSlot& slot = *slotAt(index);
        const SlotTotals totals = totalsOf(slot);
        bytes += totals.allocatedBytes - totals.freedBytes;
        for (std::size_t cell = 1; cell < kSmallCellCount; ++cell) {
            blocks[sizeClassOf(smallCellBytes(cell))] +=
                relaxed(slot.small[cell].allocations) - relaxed(slot.small[cell].frees);
        }
        for (std::size_t c = 0; c < kSizeClassCount; ++c) {
            blocks[c] += relaxed(slot.classes[c].allocations) - relaxed(slot.classes[c].frees);
        }
    }
    set(sum.bytes, bytes);
    for (std::size_t c = 0; c < kSizeClassCount; ++c) {
        set(sum.blocks[c], blocks[c]);
    }
}

std::int64_t nowNs() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// The number of the question that a thread has answered or is about to: one alone does.
std::atomic<std::uint64_t> s_answered{0};

// Takes the locks of the allocator's arenas one after the other, so it is called where malloc could
// be. The figures themselves are what glibc has: mallinfo2 goes through all free chunks.
[[gnu::cold, gnu::noinline]] void answerReader(std::uint64_t asked) noexcept {
    std::uint64_t before = s_answered.load(std::memory_order_relaxed);
    if (before == asked ||
        !s_answered.compare_exchange_strong(before, asked, std::memory_order_relaxed)) {
        return;
    }
    AllocatorAnswer& answer = s_header->allocator;
    if (g_next.sums == nullptr) {
        return;
    }
    const int savedErrno = errno;
    const std::int64_t start = nowNs();
    const struct mallinfo2 sums = g_next.sums();
    const std::int64_t end = nowNs();
    set(answer.timeNs, static_cast<std::uint64_t>(end));
    set(answer.tookNs, static_cast<std::uint64_t>(end - start));
    set(answer.arenaBytes, sums.arena);
    set(answer.mappedBytes, sums.hblkhd);
    set(answer.freeBytes, sums.fordblks);
    set(answer.trimmableBytes, sums.keepcost);
    // Release: who reads it sees the numbers above.
    answer.answered.store(asked, std::memory_order_release);
    errno = savedErrno;
}

struct MappedLedger {
    int fd = -1;
    LedgerHeader* header = nullptr;
    std::size_t bytes = 0;
    std::uint32_t slots = 0;
};

// The small one is for a limited address space or file size.
MappedLedger mapLedger() noexcept {
    for (const std::uint32_t slots : {kLedgerSlots, kLedgerSlotsSmall}) {
        MappedLedger ledger;
        ledger.slots = slots;
        ledger.bytes = annotationsOffset(slots);
        if (slots == kLedgerSlots) {
            ledger.bytes = (ledger.bytes + sizeof(LedgerAnnotations) + 4095) & ~std::size_t{4095};
        }
        ledger.fd = makeSharedFile(kLedgerFileName, ledger.bytes);
        if (ledger.fd < 0) {
            continue;
        }
        void* at = ::mmap(nullptr, ledger.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                          ledger.fd, 0);
        if (at != MAP_FAILED) {
            // A core dump would otherwise write out the whole ledger, holes as pages.
            ::madvise(at, ledger.bytes, MADV_DONTDUMP);
            ledger.header = static_cast<LedgerHeader*>(at);
            return ledger;
        }
        closeDescriptor(ledger.fd);
    }
    return {};
}

void fillHeader(const MappedLedger& ledger, LedgerOrigin origin, LedgerMode mode) noexcept {
    LedgerHeader& header = *ledger.header;
    header.magic = kLedgerMagic;
    header.version = kLedgerVersion;
    header.mode = mode;
    header.origin = origin;
    header.pid = ::getpid();
    header.parentPid = ::getppid();
    header.startTicks = ownStartTicks();
    header.startedNs = nowNs();
    header.ledgerBytes = ledger.bytes;
    header.slotCount = ledger.slots;
    header.sizeSource = g_next.hasGlibcChunks ? 1 : 2;
    header.annotationsOffset = ledger.slots == kLedgerSlots ? annotationsOffset(ledger.slots) : 0;
    if (origin == LedgerOrigin::forked && s_header != nullptr) {
        if (!s_inheritance.isNoted.load(std::memory_order_relaxed)) {
            sumInheritance(s_inheritance); // a fork without handlers: as near as can be had
        }
        header.inheritedBytes = relaxed(s_inheritance.bytes);
        for (std::size_t c = 0; c < kSizeClassCount; ++c) {
            header.inheritedBlocks[c] = relaxed(s_inheritance.blocks[c]);
        }
    }
    header.control.mode.store(static_cast<std::uint32_t>(mode), std::memory_order_relaxed);
    header.control.wanted.store(static_cast<std::uint32_t>(mode), std::memory_order_relaxed);
    if (origin == LedgerOrigin::attached && g_next.sums != nullptr) {
        // With the allocator's own overhead, and with what threads keep in caches.
        const struct mallinfo2 sums = g_next.sums();
        header.inheritedBytes = sums.uordblks + sums.hblkhd;
    }
    header.slotsUsed.store(1, std::memory_order_relaxed);
    auto* shared = reinterpret_cast<ThreadSlot*>(reinterpret_cast<unsigned char*>(&header) +
                                                 kLedgerHeaderBytes);
    shared->state.store(static_cast<std::uint32_t>(ThreadSlotState::shared),
                        std::memory_order_relaxed);
    // The descriptor is sent after this, so who reads it sees it done.
    header.ready.store(1, std::memory_order_release);
}

bool isRunning(const ThreadSlot& slot) noexcept {
    const auto tid = slot.tid.load(std::memory_order_relaxed);
    return ::syscall(SYS_tgkill, ::getpid(), tid, 0) == 0;
}

// Takes the ledger's place, at its addresses: each thread of the process may hold a slot there. The
// threads keep their slots, with nothing counted. Who adds to the ledger before while its pages are
// replaced adds to the one or the other.
bool replaceLedger(const MappedLedger& ledger) noexcept {
    const std::uint32_t used = s_header->slotsUsed.load(std::memory_order_relaxed);
    auto* const fresh = reinterpret_cast<ThreadSlot*>(
        reinterpret_cast<unsigned char*>(ledger.header) + kLedgerHeaderBytes);
    for (std::uint32_t index = 1; index < used; ++index) {
        const ThreadSlot& before = *slotAt(index);
        ThreadSlot& slot = fresh[index];
        const std::uint32_t tenancy = before.tenancy.load(std::memory_order_relaxed);
        slot.nextTenancy.store(tenancy, std::memory_order_relaxed);
        slot.tenancy.store(tenancy, std::memory_order_relaxed);
        slot.state.store(before.state.load(std::memory_order_relaxed), std::memory_order_relaxed);
        slot.tid.store(before.tid.load(std::memory_order_relaxed), std::memory_order_relaxed);
        slot.nextEnded.store(before.nextEnded.load(std::memory_order_relaxed),
                             std::memory_order_relaxed);
        set(slot.name[0], relaxed(before.name[0]));
        set(slot.name[1], relaxed(before.name[1]));
    }
    ledger.header->slotsUsed.store(used, std::memory_order_relaxed);
    if (::mremap(ledger.header, ledger.bytes, ledger.bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                 s_header) == MAP_FAILED) {
        return false;
    }
    // Who ended while nobody counted could not say so.
    for (std::uint32_t index = 1; index < used; ++index) {
        ThreadSlot& slot = *slotAt(index);
        if (slot.state.load(std::memory_order_relaxed) ==
                static_cast<std::uint32_t>(ThreadSlotState::running) &&
            !isRunning(slot)) {
            slot.state.store(static_cast<std::uint32_t>(ThreadSlotState::ended),
                             std::memory_order_relaxed);
            pushEnded(index);
        }
    }
    return true;
}

// After its announcement. In a process that is attached to again the threads know the place of the
// one before.
bool useLedger(const MappedLedger& ledger, LedgerOrigin origin) noexcept {
    if (origin == LedgerOrigin::attached && s_header != nullptr) {
        s_answered.store(0, std::memory_order_relaxed);
        if (ledger.bytes != s_mappedBytes || !replaceLedger(ledger)) {
            return false;
        }
        startAnnotations(*s_header);
        return true;
    }
    startAnnotations(*ledger.header); // while the parent's, whose names it takes over, is there
    if (s_header != nullptr) {
        ::munmap(s_header, s_mappedBytes);
    }
    s_header = ledger.header;
    s_mappedBytes = ledger.bytes;
    s_ended.store(kNoSlot, std::memory_order_relaxed);
    s_answered.store(0, std::memory_order_relaxed);
    return true;
}

} // namespace

void countAllocation(std::size_t usableBytes) noexcept {
    const Account account;
    account.add(account.cellOf(usableBytes).allocations, 1);
    if (!hasSmallCell(usableBytes)) {
        account.add(account.slot().allocatedBytes, usableBytes);
    }
    ++t_countedEvents;
    const std::uint64_t asked = relaxed(s_header->allocator.asked);
    if (asked != s_answered.load(std::memory_order_relaxed)) [[unlikely]] {
        answerReader(asked);
    }
}

void countFree(std::size_t usableBytes) noexcept {
    const Account account;
    account.add(account.cellOf(usableBytes).frees, 1);
    if (!hasSmallCell(usableBytes)) {
        account.add(account.slot().freedBytes, usableBytes);
    }
    ++t_countedEvents;
}

LedgerHeader* ledgerHeader() noexcept {
    return s_header;
}

std::size_t ownSlotIndex() noexcept {
    const ThreadSlot* const slot = ownSlot();
    return slot != nullptr ? static_cast<std::size_t>(slot - slotAt(0)) : 0;
}

void countReallocation() noexcept {
    const Account account;
    account.add(account.slot().reallocations, 1);
}

bool startLedger(const char* socketName, LedgerOrigin origin, LedgerMode& mode) noexcept {
    if (origin != LedgerOrigin::attached) {
        forgetThread();
    }
    const int socket = connectToReader(socketName);
    if (socket < 0) {
        return false;
    }
    if (origin == LedgerOrigin::attached) {
        leaveProfile();
    }
    const MappedLedger ledger = mapLedger();
    bool isAnnounced = false;
    if (ledger.header != nullptr) {
        const int profile =
            mode != LedgerMode::counters ? startProfile(ledger.slots, g_next.hasGlibcChunks) : -1;
        mode = profile >= 0 ? mode : LedgerMode::counters;
        fillHeader(ledger, origin, mode);
        isAnnounced = announceLedger(socket, ledger.fd, profile, ledger.header->pid,
                                     ledger.header->startedNs);
        closeDescriptor(ledger.fd);
        if (profile >= 0) {
            closeDescriptor(profile);
            noteRecording(mode);
            openProfile();
        }
        if (!isAnnounced || !useLedger(ledger, origin)) {
            ::munmap(ledger.header, ledger.bytes);
            isAnnounced = false;
        }
    }
    closeDescriptor(socket);
    if (!isAnnounced) {
        return false;
    }
    if (!s_hasEndKey) {
        s_hasEndKey = ::pthread_key_create(&s_endKey, [](void*) { endThread(); }) == 0;
    }
    return true;
}

void forgetThread() noexcept {
    t_slot = nullptr; // in a fork's child: a slot of the parent's ledger
    t_isWithoutSlot = false;
    forgetProfile();
}

void noteInheritance() noexcept {
    if (isCounting()) {
        sumInheritance(s_inheritance);
        s_inheritance.isNoted.store(true, std::memory_order_relaxed);
    }
}

void forgetInheritance() noexcept {
    s_inheritance.isNoted.store(false, std::memory_order_relaxed);
}

void endThread() noexcept {
    if (!isCounting() || t_slot == nullptr) {
        return;
    }
    if (isFollowing()) {
        endProfileOfThread();
    }
    ThreadSlot* slot = t_slot;
    t_slot = nullptr;
    t_isWithoutSlot = true;
    const int savedErrno = errno;
    noteName(*slot);
    slot->state.store(static_cast<std::uint32_t>(ThreadSlotState::ended),
                      std::memory_order_relaxed);
    pushEnded(static_cast<std::uint32_t>(slot - slotAt(0)));
    errno = savedErrno;
}

} // namespace ringscope::tracker
