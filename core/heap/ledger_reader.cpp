// SPDX-License-Identifier: MIT
#include "core/heap/ledger_reader.h"

#include "core/base/clock.h"
#include "core/heap/annotation_layout.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace ringscope {

namespace {

// Slots are copied as words and taken apart by index: the copy holds no atomics.
constexpr std::size_t kSlotWords = sizeof(ThreadSlot) / sizeof(std::uint64_t);
constexpr std::size_t kTenancyWord = offsetof(ThreadSlot, tenancy) / 8; // low half; state: high
constexpr std::size_t kNextTenancyWord = offsetof(ThreadSlot, nextTenancy) / 8;
constexpr std::size_t kTidWord = offsetof(ThreadSlot, tid) / 8;
constexpr std::size_t kNameWord = offsetof(ThreadSlot, name) / 8;
constexpr std::size_t kAllocatedBytesWord = offsetof(ThreadSlot, allocatedBytes) / 8;
constexpr std::size_t kFreedBytesWord = offsetof(ThreadSlot, freedBytes) / 8;
constexpr std::size_t kReallocationsWord = offsetof(ThreadSlot, reallocations) / 8;
constexpr std::size_t kFirstAllocationsWord = offsetof(ThreadSlot, firstAllocations) / 8;
constexpr std::size_t kFirstFreesWord = offsetof(ThreadSlot, firstFrees) / 8;
constexpr std::size_t kFirstAllocatedBytesWord = offsetof(ThreadSlot, firstAllocatedBytes) / 8;
constexpr std::size_t kFirstFreedBytesWord = offsetof(ThreadSlot, firstFreedBytes) / 8;
constexpr std::size_t kFirstReallocationsWord = offsetof(ThreadSlot, firstReallocations) / 8;
constexpr std::size_t kSmallWord = offsetof(ThreadSlot, small) / 8;
constexpr std::size_t kClassesWord = offsetof(ThreadSlot, classes) / 8;

using Words = const std::uint64_t*;

// Copies of one slot. Frees are of the earlier copy, allocations of the later.
struct SlotCopies {
    Words earlier = nullptr;
    Words later = nullptr;
};

// Calls eachCell(allocations, frees, sizeClass, bytes) for every cell of the slot; bytes: of each
// of its blocks, 0 where the slot counts them apart.
template <typename EachCell>
void visitCells(const SlotCopies& slot, EachCell eachCell) {
    for (std::size_t cell = 1; cell < kSmallCellCount; ++cell) {
        const std::size_t word = kSmallWord + cell * 2;
        const std::uint64_t bytes = smallCellBytes(cell);
        eachCell(slot.later[word], slot.earlier[word + 1], sizeClassOf(bytes), bytes);
    }
    for (std::uint32_t c = 0; c < kSizeClassCount; ++c) {
        const std::size_t word = kClassesWord + c * 2;
        eachCell(slot.later[word], slot.earlier[word + 1], c, std::uint64_t{0});
    }
}

// Both wrap rather than overflow: what another process wrote may be any number.
std::uint64_t atLeastZero(std::uint64_t have, std::uint64_t gone) {
    return have > gone ? have - gone : 0;
}

std::uint32_t lowHalf(std::uint64_t word) {
    return static_cast<std::uint32_t>(word);
}

ThreadSlotState stateOf(Words slot) {
    return static_cast<ThreadSlotState>(slot[kTenancyWord] >> 32U);
}

// False while a thread takes the slot: then its row waits for the next read.
bool isOfOneThread(const SlotCopies& slot) {
    const std::uint32_t tenancy = lowHalf(slot.earlier[kTenancyWord]);
    return tenancy == lowHalf(slot.earlier[kNextTenancyWord]) &&
           tenancy == lowHalf(slot.later[kTenancyWord]) &&
           tenancy == lowHalf(slot.later[kNextTenancyWord]);
}

std::string threadName(Words slot) {
    char name[16];
    std::memcpy(name, slot + kNameWord, sizeof(name));
    name[sizeof(name) - 1] = '\0';
    std::string text = name;
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

// Own counts of the thread that holds the slot, by the difference to what it found there.
HeapThreadCounters threadCounters(const SlotCopies& slot) {
    const auto& [earlier, later] = slot;
    HeapThreadCounters thread;
    thread.tid = static_cast<std::int32_t>(lowHalf(later[kTidWord]));
    thread.name = threadName(later);
    thread.isRunning = stateOf(later) == ThreadSlotState::running;
    std::uint64_t allocatedBytes = later[kAllocatedBytesWord];
    std::uint64_t freedBytes = earlier[kFreedBytesWord];
    visitCells(slot, [&](auto allocations, auto frees, std::uint32_t, std::uint64_t bytes) {
        thread.allocations += allocations;
        thread.frees += frees;
        allocatedBytes += allocations * bytes;
        freedBytes += frees * bytes;
    });
    thread.allocations = atLeastZero(thread.allocations, later[kFirstAllocationsWord]);
    thread.frees = atLeastZero(thread.frees, later[kFirstFreesWord]);
    thread.reallocations = atLeastZero(earlier[kReallocationsWord], later[kFirstReallocationsWord]);
    thread.allocatedBytes = atLeastZero(allocatedBytes, later[kFirstAllocatedBytesWord]);
    thread.freedBytes = atLeastZero(freedBytes, later[kFirstFreedBytesWord]);
    return thread;
}

void addSlot(HeapCounters& sum, const SlotCopies& slot) {
    visitCells(slot, [&sum](auto allocations, auto frees, std::uint32_t c, std::uint64_t bytes) {
        sum.classes[c].allocations += allocations;
        sum.classes[c].frees += frees;
        sum.allocatedBytes += allocations * bytes;
        sum.freedBytes += frees * bytes;
    });
    sum.reallocations += slot.earlier[kReallocationsWord];
    sum.allocatedBytes += slot.later[kAllocatedBytesWord];
    sum.freedBytes += slot.earlier[kFreedBytesWord];
}

} // namespace

Expected<LedgerReader> LedgerReader::open(FileDescriptor ledger, const ProcessIdentity& process,
                                          FileDescriptor profile) {
    return open(fileBytes(std::move(ledger)), process,
                profile.isOpen() ? fileBytes(std::move(profile)) : nullptr);
}

Expected<LedgerReader> LedgerReader::open(std::unique_ptr<ByteSource> ledger,
                                          const ProcessIdentity& process,
                                          std::unique_ptr<ByteSource> profile) {
    LedgerReader reader;
    reader.m_ledger = std::move(ledger);
    reader.m_process = process;
    alignas(LedgerHeader) std::byte copy[sizeof(LedgerHeader)];
    if (auto error = reader.readAt(copy, sizeof(copy), 0)) {
        return *error;
    }
    // Read field by field: LedgerHeader has atomics, which are not for copying.
    const auto field = [&copy]<typename T>(T value, std::size_t offset) {
        std::memcpy(&value, copy + offset, sizeof(value));
        return value;
    };
    if (field(std::uint64_t{}, offsetof(LedgerHeader, magic)) != kLedgerMagic) {
        return reader.damaged("is not a heap ledger");
    }
    const auto version = field(std::uint32_t{}, offsetof(LedgerHeader, version));
    if (version != kLedgerVersion) {
        return reader.damaged("has version " + std::to_string(version) + ", this program reads " +
                              std::to_string(kLedgerVersion) +
                              "; use the tracker that belongs to it");
    }
    const auto mode = field(LedgerMode{}, offsetof(LedgerHeader, mode));
    if (field(std::uint32_t{}, offsetof(LedgerHeader, ready)) != 1 ||
        (mode != LedgerMode::counters && mode != LedgerMode::sampled &&
         mode != LedgerMode::exact)) {
        return reader.damaged("is not finished or of an unknown mode");
    }
    reader.m_slotCount = field(std::uint32_t{}, offsetof(LedgerHeader, slotCount));
    reader.m_ledgerBytes = field(std::uint64_t{}, offsetof(LedgerHeader, ledgerBytes));
    const std::uint64_t slotsEnd =
        kLedgerHeaderBytes + std::uint64_t{reader.m_slotCount} * sizeof(ThreadSlot);
    if (reader.m_slotCount == 0 || reader.m_slotCount > kLedgerSlotsMax ||
        reader.m_ledgerBytes < slotsEnd || reader.m_ledger->size() < reader.m_ledgerBytes) {
        return reader.damaged("is shorter than its " + std::to_string(reader.m_slotCount) +
                              " thread slots need");
    }
    const auto annotations = field(std::uint64_t{}, offsetof(LedgerHeader, annotationsOffset));
    if (annotations != 0) {
        if (annotations % 4096 != 0 || annotations < slotsEnd ||
            annotations > reader.m_ledgerBytes ||
            reader.m_ledgerBytes - annotations < sizeof(LedgerAnnotations)) {
            return reader.damaged("has no room for its annotations");
        }
        reader.m_annotations = AnnotationReader(annotations);
    }
    if (reader.m_process.startTicks == 0) {
        reader.m_process.startTicks = field(std::uint64_t{}, offsetof(LedgerHeader, startTicks));
    }
    reader.m_origin = field(LedgerOrigin{}, offsetof(LedgerHeader, origin));
    reader.m_parentPid = field(std::int32_t{}, offsetof(LedgerHeader, parentPid));
    reader.m_startedNs = field(std::int64_t{}, offsetof(LedgerHeader, startedNs));
    reader.m_inheritedBytes = field(std::uint64_t{}, offsetof(LedgerHeader, inheritedBytes));
    std::memcpy(reader.m_inheritedBlocks.data(), copy + offsetof(LedgerHeader, inheritedBlocks),
                sizeof(LedgerHeader::inheritedBlocks));
    reader.m_mode = mode;
    if (profile != nullptr) { // there from the start, or since the mode changed
        auto opened = ProfileReader::open(std::move(profile));
        if (opened) {
            reader.m_profile = std::make_shared<const ProfileReader>(std::move(*opened));
        }
    }
    return reader;
}

std::optional<Error> LedgerReader::copySlots() {
    const auto used = readSlotsUsed();
    if (!used) {
        return used.error();
    }
    m_earlier.resize(used.value() * kSlotWords);
    const std::size_t bytes = m_earlier.size() * sizeof(std::uint64_t);
    if (auto error = readAt(m_earlier.data(), bytes, kLedgerHeaderBytes)) {
        return error;
    }
    if (m_earlier == m_later) {
        return std::nullopt; // nothing changed since the reading before: its copy will do
    }
    m_later.resize(m_earlier.size());
    // Second: see the header. A slot that comes into use between the two is in the next read.
    return readAt(m_later.data(), bytes, kLedgerHeaderBytes);
}

void LedgerReader::pollAllocator(std::int64_t nowNs) {
    constexpr std::int64_t kAskEveryNs = kNsPerSecond;
    constexpr std::uint64_t kAnswerAt = offsetof(LedgerHeader, allocator);
    if (m_isAsking) {
        std::array<std::uint64_t, sizeof(AllocatorAnswer) / 8> words{};
        if (readAt(words.data(), sizeof(words), kAnswerAt)) {
            return;
        }
        const auto word = [&words](std::size_t offset) { return words[offset / 8]; };
        if (word(offsetof(AllocatorAnswer, answered)) != m_asked) {
            return;
        }
        m_isAsking = false;
        m_allocator = {static_cast<std::int64_t>(word(offsetof(AllocatorAnswer, timeNs))),
                       word(offsetof(AllocatorAnswer, arenaBytes)),
                       word(offsetof(AllocatorAnswer, mappedBytes)),
                       word(offsetof(AllocatorAnswer, freeBytes)),
                       word(offsetof(AllocatorAnswer, trimmableBytes))};
        if (word(offsetof(AllocatorAnswer, tookNs)) > std::uint64_t{kLongestAnswerNs}) {
            m_nextAskNs = std::numeric_limits<std::int64_t>::max();
        }
    }
    if (nowNs >= m_nextAskNs && m_mostLiveBlocks - m_liveBlocks < kMostFreeBlocks) {
        m_nextAskNs = nowNs + kAskEveryNs;
        ++m_asked;
        m_isAsking = m_ledger->write(&m_asked, sizeof(m_asked),
                                     kAnswerAt + offsetof(AllocatorAnswer, asked));
    }
}

void LedgerReader::requestMode(LedgerMode mode) {
    m_wantedMode = mode;
    m_refusal = ModeRefusal::none;
    constexpr std::uint64_t kAt = offsetof(LedgerHeader, control);
    const auto wanted = static_cast<std::uint32_t>(mode);
    const GateState gate = GateState::changing;
    // In this order: see LedgerControl. A file that cannot be written is noticed by pollMode().
    (void)(m_ledger->write(&wanted, sizeof(wanted), kAt + offsetof(LedgerControl, wanted)) &&
           m_ledger->write(&gate, sizeof(gate), kAt + offsetof(LedgerControl, gate)));
}

void LedgerReader::pollMode() {
    if (!m_wantedMode) {
        return;
    }
    struct {
        GateState gate;
        std::uint8_t reserved[3];
        std::uint32_t wanted, mode, why;
    } control{};
    if (readAt(&control, sizeof(control), offsetof(LedgerHeader, control)) ||
        control.gate == GateState::changing) {
        return;
    }
    const auto mode = static_cast<LedgerMode>(control.mode);
    m_mode = mode == LedgerMode::sampled || mode == LedgerMode::exact ? mode : LedgerMode::counters;
    m_refusal = control.why <= static_cast<std::uint32_t>(ModeRefusal::sandboxed)
                    ? static_cast<ModeRefusal>(control.why)
                    : ModeRefusal::none;
    if (m_mode == *m_wantedMode || m_refusal != ModeRefusal::none) {
        m_wantedMode.reset();
    } else {
        requestMode(*m_wantedMode); // it answered a question before this one
    }
}

Expected<HeapAnnotations> LedgerReader::readAnnotations() const {
    return m_annotations.read([this](void* to, std::size_t bytes, std::uint64_t offset) {
        return readAt(to, bytes, offset);
    });
}

std::vector<HeapMarker> LedgerReader::newMarkers() {
    return m_annotations.newMarkers([this](void* to, std::size_t bytes, std::uint64_t offset) {
        return readAt(to, bytes, offset);
    });
}

bool LedgerReader::writeHold(std::uint32_t value, std::size_t offset) {
    return m_ledger->write(&value, sizeof(value), offsetof(LedgerHeader, exitHold) + offset);
}

bool LedgerReader::askForLook() {
    return writeHold(1, offsetof(ExitHold, asked));
}

bool LedgerReader::isAtItsEnd() const {
    std::uint32_t isWaiting = 0;
    return !readAt(&isWaiting, sizeof(isWaiting),
                   offsetof(LedgerHeader, exitHold) + offsetof(ExitHold, isWaiting)) &&
           isWaiting == 1;
}

void LedgerReader::beginLook() {
    writeHold(kExitLooking, offsetof(ExitHold, answer));
}

void LedgerReader::endLook() {
    writeHold(kExitSeen, offsetof(ExitHold, answer));
}

Expected<HeapTotals> LedgerReader::readTotals() {
    if (auto error = copySlots()) {
        return *error;
    }
    std::uint64_t allocatedBytes = 0;
    std::uint64_t freedBytes = 0;
    HeapTotals totals;
    for (std::size_t at = 0; at < m_earlier.size(); at += kSlotWords) {
        const SlotCopies slot{m_earlier.data() + at, m_later.data() + at};
        visitCells(slot, [&](auto allocations, auto frees, std::uint32_t, std::uint64_t bytes) {
            totals.allocations += allocations;
            totals.frees += frees;
            allocatedBytes += allocations * bytes;
            freedBytes += frees * bytes;
        });
        allocatedBytes += slot.later[kAllocatedBytesWord];
        freedBytes += slot.earlier[kFreedBytesWord];
    }
    std::uint64_t inheritedBlocks = 0;
    for (const std::uint64_t blocks : m_inheritedBlocks) {
        inheritedBlocks += blocks;
    }
    totals.liveBytes = atLeastZero(m_inheritedBytes + allocatedBytes, freedBytes);
    totals.liveBlocks = atLeastZero(inheritedBlocks + totals.allocations, totals.frees);
    m_liveBlocks = totals.liveBlocks;
    m_mostLiveBlocks = std::max(m_mostLiveBlocks, m_liveBlocks);
    return totals;
}

Expected<HeapCounters> LedgerReader::read() {
    if (auto error = copySlots()) {
        return *error;
    }
    HeapCounters counters;
    counters.timeNs = monotonicNs();
    for (std::size_t at = 0; at < m_earlier.size(); at += kSlotWords) {
        const SlotCopies slot{m_earlier.data() + at, m_later.data() + at};
        addSlot(counters, slot);
        const ThreadSlotState state = stateOf(slot.later);
        if ((state == ThreadSlotState::running || state == ThreadSlotState::ended) &&
            isOfOneThread(slot)) {
            counters.threads.push_back(threadCounters(slot));
        }
    }
    for (std::size_t c = 0; c < kSizeClassCount; ++c) {
        HeapClassCounters& entry = counters.classes[c];
        counters.allocations += entry.allocations;
        counters.frees += entry.frees;
        counters.inheritedBlocks += m_inheritedBlocks[c];
        entry.liveBlocks = atLeastZero(entry.allocations + m_inheritedBlocks[c], entry.frees);
    }
    counters.inheritedBytes = m_inheritedBytes;
    counters.liveBytes =
        atLeastZero(m_inheritedBytes + counters.allocatedBytes, counters.freedBytes);
    counters.liveBlocks =
        atLeastZero(counters.inheritedBlocks + counters.allocations, counters.frees);
    m_sampledPeakBytes = std::max(m_sampledPeakBytes, counters.liveBytes);
    counters.sampledPeakBytes = m_sampledPeakBytes;
    counters.ledgerBytes = m_ledgerBytes;
    counters.ledgerResidentBytes = m_ledger->residentBytes();
    return counters;
}

Expected<std::uint32_t> LedgerReader::readSlotsUsed() const {
    std::uint32_t used = 0;
    if (auto error = readAt(&used, sizeof(used), offsetof(LedgerHeader, slotsUsed))) {
        return *error;
    }
    if (used > m_slotCount) {
        return damaged("claims " + std::to_string(used) + " used thread slots of " +
                       std::to_string(m_slotCount));
    }
    return used;
}

std::optional<Error> LedgerReader::readAt(void* to, std::size_t bytes, std::uint64_t offset) const {
    const ByteSource::Amount got = m_ledger->read(to, bytes, offset);
    if (got.errnoValue != 0) {
        return systemError(ErrorKind::damaged,
                           "cannot read the heap ledger of process " +
                               std::to_string(m_process.pid),
                           got.errnoValue);
    }
    if (got.bytes < bytes) {
        return damaged("is cut short at byte " + std::to_string(offset + got.bytes));
    }
    return std::nullopt;
}

Error LedgerReader::damaged(const std::string& what) const {
    return makeError(ErrorKind::damaged,
                     "the heap ledger of process " + std::to_string(m_process.pid) + " " + what);
}

} // namespace ringscope
