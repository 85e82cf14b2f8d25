// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/ring/ring_layout.h"
#include "core/ring/segment_geometry.h"
#include "core/ring/segment_mappers.h"

namespace ringscope {

struct ChannelSpec {
    std::uint64_t capacity = 1024;        // slots; a power of two, 2 to 2^24
    std::uint32_t payloadCapacity = 1024; // bytes of payload a slot can hold
    std::uint32_t slotStride = 0;         // bytes; 0 = computed, else a multiple of 64
    std::string name;                     // at most 23 bytes
};

// What to create. When every stride is 1088 (payloadCapacity 977 to 1024 computes to it) the
// segment has DMXP's magic and DMXP can use it; its payload capacity is then 1024.
struct SegmentSpec {
    std::string name; // under /dev/shm, without a slash; segmentName() makes a fresh one
    std::vector<ChannelSpec> channels = {ChannelSpec{}};
    std::uint32_t rosterEntries = 256;
    bool wakeDmxpConsumers = false; // signal + 1 and a wake-up on every publish
    std::uint64_t minimumBytes = 0; // DMXP attaches to files of at least 128 MiB only
};

// "ringscope-<scenario>-<pid>-<nonce>", characters of scenario other than [A-Za-z0-9._] become '_'.
[[nodiscard]] std::string segmentName(std::string_view scenario);
constexpr std::string_view kSegmentPrefix = "ringscope-";
constexpr std::string_view kDmxpSegmentName = "dmxp_alloc";

// One channel of a mapped segment: checked geometry in local copies, because DMXP's futex word
// shares the cache line of the shared ones and because nobody may change them under us. Value type;
// valid while its Segment lives.
struct ChannelView {
    layout::Channel* shared = nullptr;
    std::byte* band = nullptr;
    std::uint64_t mask = 0; // capacity - 1
    std::uint32_t slotStride = 0;
    std::uint32_t payloadCapacity = 0;
    std::uint32_t channelId = 0;
    std::uint32_t index = 0;
    bool wakesDmxpConsumers = false;

    [[nodiscard]] std::uint64_t capacity() const noexcept { return mask + 1; }
    [[nodiscard]] layout::SlotHeader* slot(std::uint64_t position) const noexcept {
        return reinterpret_cast<layout::SlotHeader*>(band + (position & mask) * slotStride);
    }
};

// A ring segment mapped into this process, for workers. Observers use RingObserver, which never
// maps. The creator unlinks the name when it is destroyed, unless it gave that up. Movable; the
// mapping may be used by any thread, this object by one at a time. A mapping dies with SIGBUS if
// somebody truncates the file: nobody of ours does.
class Segment {
public:
    // Refuses an existing name, an impossible spec (usage), and a /dev/shm that has no room
    // (failed); a failed creation leaves nothing behind.
    [[nodiscard]] static Expected<Segment> create(const SegmentSpec& spec);
    // Waits for the creator to finish, at most readyTimeout. Errors: missing or not permitted
    // (target), damaged, cut short or of another version (damaged); each names the field.
    [[nodiscard]] static Expected<Segment>
    attach(const std::string& name, std::chrono::milliseconds readyTimeout = kSegmentCreationTime);

    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;
    Segment(Segment&& other) noexcept;
    Segment& operator=(Segment&& other) noexcept;
    ~Segment();

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] const SegmentGeometry& geometry() const noexcept;
    [[nodiscard]] std::size_t channelCount() const noexcept;
    // index < channelCount(), and the channel in use.
    [[nodiscard]] ChannelView channel(std::size_t index) const noexcept;
    // rosterEntries() of them; null when there is no roster.
    [[nodiscard]] layout::RosterEntry* rosterEntries() const noexcept;
    [[nodiscard]] std::uint32_t rosterEntryCount() const noexcept;

    // Its file: st_dev and st_ino.
    [[nodiscard]] FileKey file() const noexcept;
    [[nodiscard]] layout::Header* header() const noexcept;

    // Touches every page, so that the first lap takes no page fault.
    void prefault() const noexcept;
    [[nodiscard]] bool ownsName() const noexcept;
    // The name stays when this object goes; whoever calls removeSegment() takes it away.
    void releaseOwnership() noexcept;

private:
    struct Mapping;
    explicit Segment(std::unique_ptr<Mapping> mapping);
    std::unique_ptr<Mapping> m_mapping;
};

// The channel's view. Error (usage): there is no such channel, or it is not in use.
[[nodiscard]] Expected<ChannelView> usableChannel(const Segment& segment, std::size_t channel);

} // namespace ringscope
