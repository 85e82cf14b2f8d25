// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/ring/ring_layout.h"
#include "core/ring/ring_reader.h"
#include "core/ring/roster.h"
#include "core/ring/segment_geometry.h"
#include "core/ring/slot_snapshot.h"

namespace ringscope {

// What has become of the file under the segment's name since it was opened. An observer of one that
// was removed or replaced goes on showing the one it opened.
enum class SegmentPresence : std::uint8_t { present, removed, replaced, truncated };

// A read-only view of a ring that never maps it: pread leaves the RSS, PSS and Private of whoever
// maps it unchanged (mapping it here would halve a worker's PSS). Every byte read is checked or
// clamped. One thread at a time; movable.
class RingObserver final : public RingReader {
public:
    // Waits up to timeout for a creator that has not finished the segment. Errors: missing or not
    // permitted (target); damaged, unfinished or of another version (damaged).
    [[nodiscard]] static Expected<RingObserver> open(const std::string& name,
                                                     std::chrono::milliseconds timeout = {});

    [[nodiscard]] const std::string& name() const noexcept override { return m_name; }
    [[nodiscard]] const SegmentGeometry& geometry() const noexcept override { return m_geometry; }

    // Reads the channel table again: DMXP clients create and remove channels while others look on,
    // and create the whole segment anew in the same file. geometry() is then the new one, and what
    // was known of a changed channel's slots is forgotten. What has changed, a sentence each; most
    // often nothing. 20 us: for a few looks a second. Errors (damaged): cut short, or no ring any
    // more; geometry() stays.
    [[nodiscard]] Expected<std::vector<std::string>> refresh();
    // Grows with every change that refresh() finds.
    [[nodiscard]] std::uint64_t generation() const noexcept override { return m_generation; }

    // Header and channel table as they stand there now. Errors (damaged): cut short.
    [[nodiscard]] Expected<std::unique_ptr<SegmentHead>> readHead() const;

    // Two system calls, about 1 us: for a look a second, not for each sample.
    [[nodiscard]] SegmentPresence presence() const;

    // Cursors of all channels in use, in the order of their index; valid until the next call. One
    // pread, no allocation after the first call: for 1 kHz. Error (damaged): the file was cut
    // short.
    [[nodiscard]] Expected<std::span<const ChannelCursors>> cursors() override;

    // Everybody in the roster; nobody on a segment that DMXP created.
    [[nodiscard]] Expected<std::vector<Participant>> participants();

    // Reads cursors, then blocks of slots, then the roster's intents: first the blocks at tail and
    // head, then on from where the last scan stopped, as many as hold slotBudget slots (at least
    // one block). Blocks that are not read are shared with the snapshot before. A slot is stuck
    // when it was found writing or reading, unchanged, for stuckAfterNs. nowNs: monotonic.
    // detailOf: a slot whose message header is wanted too; its block is read besides. Errors
    // (damaged): cut short; (usage): no such channel.
    [[nodiscard]] Expected<std::shared_ptr<const SlotSnapshot>>
    scan(std::size_t channel, std::uint64_t slotBudget, std::int64_t nowNs,
         std::optional<std::uint64_t> detailOf = std::nullopt);
    void setStuckAfterNs(std::int64_t ns) noexcept { m_stuckAfterNs = ns; }

    // Sequence and message header of one slot. Errors (damaged): cut short; (usage): no such slot.
    [[nodiscard]] Expected<SlotDetail> slotDetail(std::size_t channel, std::uint64_t slot,
                                                  std::int64_t nowNs) const;

private:
    struct Scan { // one channel's
        std::shared_ptr<const SlotSnapshot> newest;
        std::size_t nextBlock = 0;
        bool isTurnOfRest = false;
    };

    struct Tail { // as the last cursors() found it
        std::uint64_t position = 0;
        std::uint32_t rests = 0; // calls since it moved
        bool isBlocked = false;
    };

    RingObserver(std::string name, FileDescriptor file, SegmentGeometry geometry,
                 std::uint64_t device, std::uint64_t inode);
    [[nodiscard]] Expected<void> read(void* to, std::size_t length, std::uint64_t offset) const;
    [[nodiscard]] Expected<ChannelCursors> cursorsOf(std::size_t channel) const;
    [[nodiscard]] Expected<std::shared_ptr<const SlotBlock>>
    readBlock(std::size_t channel, std::size_t block, const ChannelCursors& cursors,
              const SlotBlock* before, std::int64_t nowNs, std::int64_t epochNs);
    [[nodiscard]] Expected<void> readSequences(std::size_t channel, std::uint64_t firstSlot,
                                               std::uint32_t count, std::uint64_t* sequences);
    [[nodiscard]] bool isBlocked(const ChannelCursors& cursors);
    [[nodiscard]] bool isHeldAtTail(const ChannelCursors& cursors) const;
    [[nodiscard]] const SegmentGeometry::Channel* usedChannel(std::size_t channel) const;

    void forget(std::size_t channel);

    // Constant after construction.
    std::string m_name;
    FileDescriptor m_file;
    std::uint64_t m_device = 0;
    std::uint64_t m_inode = 0;

    SegmentGeometry m_geometry; // as of the last refresh()
    std::uint64_t m_generation = 0;
    std::vector<std::uint64_t> m_tailsSeen; // by channel, of the last refresh()

    std::int64_t m_stuckAfterNs = 1'000'000'000;
    std::vector<layout::Channel> m_channelBytes; // of cursors(), kept to save the allocation
    std::vector<ChannelCursors> m_cursors;
    std::vector<Tail> m_tailsBefore;    // by channel, of the last cursors()
    std::vector<std::byte> m_slotBytes; // of readSequences()
    std::vector<Scan> m_scans;          // by channel
};

// State of the slot with that index and sequence, given cursors that were read before it.
// A sequence that fits no position of the slot is stuck: nobody will ever claim it. A slot that has
// no sequence yet, because its channel is being created, is free.
[[nodiscard]] SlotState slotStateOf(std::uint64_t slot, std::uint64_t sequence,
                                    const ChannelCursors& cursors) noexcept;

} // namespace ringscope
