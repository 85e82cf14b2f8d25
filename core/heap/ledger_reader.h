// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/heap_figures.h"
#include "core/base/process_identity.h"
#include "core/heap/annotation_reader.h"
#include "core/heap/byte_source.h"
#include "core/heap/heap_counters.h"
#include "core/heap/profile_reader.h"

namespace ringscope {

// What of a thread's time the program may lose at once to a question about its allocator, which
// goes through all free chunks: 5 ns each in the processor's nearest caches, 250 ns in memory
// (measured).
constexpr std::int64_t kLongestAnswerNs = 500'000;
constexpr std::uint64_t kMostFreeBlocks = 10'000;

// Reads one process's heap ledger, never by mapping it, so that reading does not change
// what the target is charged. Holds the descriptor: the counts can be read after the target's
// death. Nothing in the file is trusted: it is copied, then checked. One thread at a time.
class LedgerReader {
public:
    // Checks magic, version, mode, geometry and that the file is as long as it says. A start time
    // of 0 in process is taken from the ledger. Errors (damaged): what does not fit.
    // profile: the file that came with it, if the tracker records every block.
    [[nodiscard]] static Expected<LedgerReader>
    open(FileDescriptor ledger, const ProcessIdentity& process, FileDescriptor profile = {});
    // profile: null if there is none.
    [[nodiscard]] static Expected<LedgerReader> open(std::unique_ptr<ByteSource> ledger,
                                                     const ProcessIdentity& process,
                                                     std::unique_ptr<ByteSource> profile);

    // Frees are read before allocations: a block freed meanwhile is never missing from the
    // allocations, so live is never negative but may be too large by what was allocated during the
    // read (microseconds). Errors (damaged): the file became shorter or its slot count nonsense.
    [[nodiscard]] Expected<HeapCounters> read();
    // The same sums without classes and threads: what can be read many times a second.
    [[nodiscard]] Expected<HeapTotals> readTotals();

    // Asks the process's allocator for its sums and takes its answers, each some time after it was
    // asked: when the process next allocates a block of about 1 KiB or more (with every block
    // recorded: any). To be called several times a second, after readTotals(); asks once a second,
    // not while kMostFreeBlocks fewer blocks are alive than once were, and no more once an answer
    // took the process longer than kLongestAnswerNs.
    void pollAllocator(std::int64_t nowNs);
    // The newest answer.
    [[nodiscard]] const std::optional<AllocatorSums>& allocator() const noexcept {
        return m_allocator;
    }

    // Asks the process to record blocks in that way from now on. It does so with its next event,
    // and hands over a profile of its own if it had none: LedgerReceiver::takeProfiles().
    void requestMode(LedgerMode mode);
    // To be called several times a second: whether it has been done.
    void pollMode();
    // In force, as far as pollMode() knows.
    [[nodiscard]] LedgerMode mode() const noexcept { return m_mode; }
    // Why the mode is not the one that was asked for; none: it is, or is about to be.
    [[nodiscard]] ModeRefusal modeRefusal() const noexcept { return m_refusal; }
    void setProfile(std::shared_ptr<const ProfileReader> profile) noexcept {
        m_profile = std::move(profile);
    }

    // What the program says of its own heap use. Errors (damaged): the file became shorter.
    [[nodiscard]] Expected<HeapAnnotations> readAnnotations() const;
    // Its markers since the last call, oldest first, and how many are lost.
    [[nodiscard]] std::vector<HeapMarker> newMarkers();
    [[nodiscard]] std::uint64_t lostMarkers() const noexcept { return m_annotations.lostMarkers(); }

    // Asks the process to wait before it ends by exit(), until endLook(). False: it cannot be
    // asked.
    bool askForLook();
    // Whether it has come to its end and waits, for some seconds at most.
    [[nodiscard]] bool isAtItsEnd() const;
    void beginLook();
    void endLook();

    // Where the process allocates; null when it only counts, or its profile is none.
    [[nodiscard]] const std::shared_ptr<const ProfileReader>& profile() const noexcept {
        return m_profile;
    }

    // Lets go of the profile, which takes its process's memory as long as anyone holds it.
    void closeProfile() noexcept { m_profile.reset(); }

    [[nodiscard]] const ProcessIdentity& process() const noexcept { return m_process; }
    [[nodiscard]] LedgerOrigin origin() const noexcept { return m_origin; }
    [[nodiscard]] std::int32_t parentPid() const noexcept { return m_parentPid; }
    // When this image began to count. A later ledger of the same process is that of a program it
    // exec'ed: the earlier one no longer changes.
    [[nodiscard]] std::int64_t startedNs() const noexcept { return m_startedNs; }
    [[nodiscard]] std::uint64_t ledgerBytes() const noexcept { return m_ledgerBytes; }

private:
    LedgerReader() = default;
    // Copies the slots in use into m_earlier and, after that, into m_later.
    [[nodiscard]] std::optional<Error> copySlots();
    [[nodiscard]] Expected<std::uint32_t> readSlotsUsed() const;
    [[nodiscard]] std::optional<Error> readAt(void* to, std::size_t bytes,
                                              std::uint64_t offset) const;
    [[nodiscard]] Error damaged(const std::string& what) const;
    bool writeHold(std::uint32_t value, std::size_t offset);

    // Constant after open().
    std::unique_ptr<ByteSource> m_ledger;
    std::shared_ptr<const ProfileReader> m_profile;
    ProcessIdentity m_process;
    LedgerOrigin m_origin = LedgerOrigin::started;
    std::int32_t m_parentPid = 0;
    std::int64_t m_startedNs = 0;
    std::uint64_t m_ledgerBytes = 0;
    std::uint32_t m_slotCount = 0;
    AnnotationReader m_annotations;
    std::uint64_t m_inheritedBytes = 0;
    std::array<std::uint64_t, kSizeClassCount> m_inheritedBlocks{};
    LedgerMode m_mode = LedgerMode::counters;
    ModeRefusal m_refusal = ModeRefusal::none;
    std::optional<LedgerMode> m_wantedMode; // asked for, and not answered
    // Changed by each reading.
    std::uint64_t m_sampledPeakBytes = 0;
    std::uint64_t m_liveBlocks = 0;
    std::uint64_t m_mostLiveBlocks = 0;
    std::optional<AllocatorSums> m_allocator;
    std::uint64_t m_asked = 0;            // number of the question
    bool m_isAsking = false;              // and it is not answered
    std::int64_t m_nextAskNs = 0;         // never again: the largest
    std::vector<std::uint64_t> m_earlier; // two copies of the slots as words, kept for their memory
    std::vector<std::uint64_t> m_later;
};

} // namespace ringscope
