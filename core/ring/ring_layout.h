// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ringscope::layout {

// The bytes of a ring segment, as docs/ring-abi.md specifies them: the memory of DMXP-KVCache v1
// (what DMXP's code does, not what its documentation says), extended by Ringscope in bytes that
// DMXP leaves as padding. Little-endian; plain words, reached through std::atomic_ref where two
// processes meet. Everything here may have been written by somebody hostile: copy, check, use.
//
//   0        Header (128)        magic, version, counts | extension: roster, creator, ready
//   128      Channel[256]        384 each: geometry + futex word | tail | head
//   98,432   end of DMXP's header
//   roster   RosterEntry[n]      128 each, Ringscope only, before the first band
//   bands    slots of channel 0, 1, ...   each 128-aligned
//
//   Slot     | 0 sequence | 8 metadata (40) | 48 payload ... | stride
constexpr std::uint64_t kDmxpMagic = 0x444D58505F4D454D;      // a stride of 1088 everywhere
constexpr std::uint64_t kRingscopeMagic = 0x52494E4753434F50; // another stride: DMXP refuses it
constexpr std::uint64_t kExtensionMagic = 0x3158455350435352; // "RSCPSEX1" in memory
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kExtensionVersion = 1;

constexpr std::uint32_t kMaxChannels = 256;
constexpr std::uint32_t kDmxpStride = 1088;
constexpr std::uint32_t kDmxpPayloadCapacity = 1024;
constexpr std::uint32_t kSlotAlignment = 64;
constexpr std::uint32_t kBandAlignment = 128;
constexpr std::uint32_t kPayloadOffset = 48;
constexpr std::uint64_t kMinCapacity = 2;
constexpr std::uint64_t kMaxCapacity = std::uint64_t{1} << 24U;
constexpr std::uint32_t kMaxRosterEntries = 65'536;
constexpr std::uint32_t kMaxStride = std::uint32_t{1} << 30U;

struct Header {
    std::uint64_t magic;
    std::uint32_t version;
    std::uint32_t maxChannels;
    std::uint32_t channelCount;
    std::uint32_t reserved;
    // Ringscope's extension. The rest counts only when extensionMagic is kExtensionMagic.
    std::uint64_t extensionMagic;
    std::uint32_t extensionVersion;
    std::uint32_t ready; // 1 once everything is in place; stored last
    std::uint64_t rosterOffset;
    std::uint32_t rosterEntries;
    std::uint32_t rosterEntryBytes;
    std::uint64_t segmentBytes;
    std::int32_t creatorPid;
    std::uint32_t extensionReserved;
    std::uint64_t creatorStartTicks;
    std::uint64_t creatorPidNamespace;
    std::uint64_t createdNs; // Unix time
    // Journal of repair (repair.h): the one act that is being done, under the repair lock.
    std::uint64_t journalAct;       // 0 = none; else packAct(), stored last
    std::uint64_t journalPosition;  // of the slot
    std::uint64_t journalCount;     // what the channel's counter will be after the act
    std::uint64_t journalMessageId; // of the message that is lost
};

// Kinds of journalAct.
constexpr std::uint32_t kActPublishTombstone = 1; // for a dead producer
constexpr std::uint32_t kActRelease = 2;          // for a dead consumer; a message is lost
constexpr std::uint32_t kActReleaseTombstone = 3; // for a dead consumer; no message is lost

[[nodiscard]] constexpr std::uint64_t packAct(std::uint32_t kind, std::uint32_t channel) noexcept {
    return std::uint64_t{channel} << 32U | kind;
}

// Bits of Channel::wakeFlags.
constexpr std::uint32_t kWakeDmxpConsumers = 1; // signal + 1 and FUTEX_WAKE on every publish

struct Channel {
    std::uint32_t channelId;
    std::uint32_t flags;
    std::uint64_t capacity; // slots, a power of two; 0 = not in use
    std::uint64_t bandOffset;
    std::uint32_t signal; // futex word of consumers: a publisher adds 1 and wakes
    // Ringscope's extension; zero means DMXP's default. Under kDmxpMagic the stride is 1088
    // whatever stands here: DMXP re-uses entries without clearing them.
    std::uint32_t slotStride;
    std::uint32_t payloadCapacity;
    std::uint32_t wakeFlags;
    char name[24]; // UTF-8, ends at the first zero
    // Throttled futex (wait.h), on a line of its own: written by sleepers only.
    std::uint32_t consumersAsleep; // 1 = wake somebody; taken by exchange(0)
    std::uint32_t consumerSleepers;
    std::uint32_t producersAsleep;
    std::uint32_t producerSleepers;
    std::uint32_t spaceSignal; // futex word of producers that wait for space
    std::uint32_t waitReserved[11];
    std::uint64_t tail; // next position to produce
    std::uint64_t tailPadding[7];
    std::uint64_t tombstonesByRepair; // written by who holds the repair lock
    std::uint64_t lostByRepair;       // messages that died with their consumer; likewise
    std::uint64_t repairReserved[6];
    std::uint64_t head; // next position to consume
    std::uint64_t headPadding[15];
};

// DMXP's metadata of a message, byte for byte.
struct MessageMetadata {
    std::uint64_t messageId;
    std::uint64_t timestampNs; // Unix time; 0 = not stamped
    std::uint32_t channelId;
    std::uint32_t messageType;
    std::uint32_t senderPid;
    std::uint16_t senderRuntime;
    std::uint16_t flags;
    std::uint32_t payloadLength; // unclamped by DMXP: a reader must clamp
    std::uint32_t padding;
};

struct SlotHeader {
    std::uint64_t sequence;
    MessageMetadata metadata;
};

enum class Role : std::uint32_t { none = 0, producer = 1, consumer = 2 };

// Bits of RosterEntry::intent: how many positions, and whether the CAS is known to have succeeded.
constexpr std::uint64_t kIntentClaimed = std::uint64_t{1} << 63U;
constexpr std::uint64_t kIntentCountMask = 0xFFFF'FFFF;

// One thread in one role on one channel. owner is taken by the one CAS 0 -> ticket (packTicket);
// the entry is in force once confirmed equals it. owner != confirmed is half registered (or half
// left): such an entry never holds a slot, and the ticket alone tells whether its thread still
// runs.
struct RosterEntry {
    std::uint64_t owner;
    std::uint64_t confirmed;
    std::int32_t pid;
    std::int32_t tid;
    std::uint64_t processStartTicks;
    std::uint64_t threadStartTicks;
    std::uint64_t pidNamespace;
    Role role;
    std::uint32_t channel;
    std::uint64_t joinedNs; // Unix time
    // Written on every message, by the owner only.
    std::uint64_t intentFirst; // first position
    std::uint64_t intent;      // 0 = none; else count, and kIntentClaimed
    std::uint64_t activity;    // grows by one a claim; unchanged = idle, not dead
    std::uint64_t hotPadding[5];
};

constexpr std::uint64_t kHeaderBytes = sizeof(Header) + kMaxChannels * sizeof(Channel);

// A thread in 64 bits: tid (22 bits, the kernel's limit), the low 26 bits of its start time and the
// low 16 of its pid namespace.
[[nodiscard]] constexpr std::uint64_t packTicket(std::int32_t tid, std::uint64_t startTicks,
                                                 std::uint64_t pidNamespace) noexcept {
    return (static_cast<std::uint64_t>(tid) & 0x3F'FFFFU) << 42U |
           (startTicks & 0x3FF'FFFFU) << 16U | (pidNamespace & 0xFFFFU);
}

[[nodiscard]] constexpr std::uint64_t roundUp(std::uint64_t value, std::uint64_t step) noexcept {
    return (value + step - 1) / step * step;
}

// Computed stride of a slot. A payload of 1025 to 1040 bytes would round to 1088 as well, whose
// payload is 1024 by DMXP's rule, so it gets the next one.
[[nodiscard]] constexpr std::uint32_t strideFor(std::uint32_t payloadCapacity) noexcept {
    const auto stride = static_cast<std::uint32_t>(
        roundUp(std::uint64_t{kPayloadOffset} + payloadCapacity, kSlotAlignment));
    return stride == kDmxpStride && payloadCapacity > kDmxpPayloadCapacity ? stride + kSlotAlignment
                                                                           : stride;
}

// A slot that was claimed and given up: consumers skip and count it; DMXP sees an empty message.
constexpr std::uint16_t kTombstoneFlag = 0x8000;
constexpr std::uint32_t kTombstoneType = 0x424D4F54; // "TOMB"
constexpr std::uint16_t kRuntimeRingscope = 0x5253;  // sender_runtime; DMXP's Rust is 1

[[nodiscard]] constexpr MessageMetadata tombstone(std::uint32_t channelId) noexcept {
    return MessageMetadata{0, 0, channelId, kTombstoneType, 0, kRuntimeRingscope, kTombstoneFlag,
                           0, 0};
}
[[nodiscard]] constexpr bool isTombstone(std::uint16_t flags, std::uint32_t type,
                                         std::uint32_t payloadLength) noexcept {
    return (flags & kTombstoneFlag) != 0 && type == kTombstoneType && payloadLength == 0;
}

static_assert(sizeof(Header) == 128);
static_assert(offsetof(Header, magic) == 0);
static_assert(offsetof(Header, version) == 8);
static_assert(offsetof(Header, maxChannels) == 12);
static_assert(offsetof(Header, channelCount) == 16);
static_assert(offsetof(Header, reserved) == 20);
static_assert(offsetof(Header, extensionMagic) == 24);
static_assert(offsetof(Header, extensionVersion) == 32);
static_assert(offsetof(Header, ready) == 36);
static_assert(offsetof(Header, rosterOffset) == 40);
static_assert(offsetof(Header, rosterEntries) == 48);
static_assert(offsetof(Header, rosterEntryBytes) == 52);
static_assert(offsetof(Header, segmentBytes) == 56);
static_assert(offsetof(Header, creatorPid) == 64);
static_assert(offsetof(Header, creatorStartTicks) == 72);
static_assert(offsetof(Header, creatorPidNamespace) == 80);
static_assert(offsetof(Header, createdNs) == 88);
static_assert(offsetof(Header, journalAct) == 96);
static_assert(offsetof(Header, journalMessageId) == 120);

static_assert(sizeof(Channel) == 384);
static_assert(offsetof(Channel, channelId) == 0);
static_assert(offsetof(Channel, flags) == 4);
static_assert(offsetof(Channel, capacity) == 8);
static_assert(offsetof(Channel, bandOffset) == 16);
static_assert(offsetof(Channel, signal) == 24);
static_assert(offsetof(Channel, slotStride) == 28);
static_assert(offsetof(Channel, payloadCapacity) == 32);
static_assert(offsetof(Channel, wakeFlags) == 36);
static_assert(offsetof(Channel, name) == 40);
static_assert(offsetof(Channel, consumersAsleep) == 64);
static_assert(offsetof(Channel, spaceSignal) == 80);
static_assert(offsetof(Channel, tail) == 128);
static_assert(offsetof(Channel, tombstonesByRepair) == 192);
static_assert(offsetof(Channel, lostByRepair) == 200);
static_assert(offsetof(Channel, head) == 256);
static_assert(kHeaderBytes == 98'432);

static_assert(sizeof(MessageMetadata) == 40);
static_assert(offsetof(MessageMetadata, messageId) == 0);
static_assert(offsetof(MessageMetadata, timestampNs) == 8);
static_assert(offsetof(MessageMetadata, channelId) == 16);
static_assert(offsetof(MessageMetadata, messageType) == 20);
static_assert(offsetof(MessageMetadata, senderPid) == 24);
static_assert(offsetof(MessageMetadata, senderRuntime) == 28);
static_assert(offsetof(MessageMetadata, flags) == 30);
static_assert(offsetof(MessageMetadata, payloadLength) == 32);
static_assert(sizeof(SlotHeader) == kPayloadOffset);
static_assert(offsetof(SlotHeader, metadata) == 8);

static_assert(sizeof(RosterEntry) == 128);
static_assert(offsetof(RosterEntry, owner) == 0);
static_assert(offsetof(RosterEntry, confirmed) == 8);
static_assert(offsetof(RosterEntry, pid) == 16);
static_assert(offsetof(RosterEntry, tid) == 20);
static_assert(offsetof(RosterEntry, processStartTicks) == 24);
static_assert(offsetof(RosterEntry, threadStartTicks) == 32);
static_assert(offsetof(RosterEntry, pidNamespace) == 40);
static_assert(offsetof(RosterEntry, role) == 48);
static_assert(offsetof(RosterEntry, channel) == 52);
static_assert(offsetof(RosterEntry, joinedNs) == 56);
static_assert(offsetof(RosterEntry, intentFirst) == 64);
static_assert(offsetof(RosterEntry, intent) == 72);
static_assert(offsetof(RosterEntry, activity) == 80);

static_assert(strideFor(kDmxpPayloadCapacity) == kDmxpStride);
static_assert(std::is_trivially_copyable_v<Header> && std::is_standard_layout_v<Header>);
static_assert(std::is_trivially_copyable_v<Channel> && std::is_standard_layout_v<Channel>);
static_assert(std::is_trivially_copyable_v<RosterEntry> && std::is_standard_layout_v<RosterEntry>);
static_assert(std::is_trivially_copyable_v<SlotHeader> && std::is_standard_layout_v<SlotHeader>);
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic_ref<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic_ref<std::uint64_t>::required_alignment <= 8);

} // namespace ringscope::layout
