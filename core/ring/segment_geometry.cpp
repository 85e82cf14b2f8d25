// SPDX-License-Identifier: MIT
#include "core/ring/segment_geometry.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <unistd.h>

#include "core/base/clock.h"

namespace ringscope {

namespace {

using layout::roundUp;

struct Extent {
    std::string what;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::size_t channel = 0;
};

Error refused(const std::string& name, const std::string& what) {
    return makeError(ErrorKind::damaged, "ring segment " + name + ": " + what);
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

// The magic is written last; DMXP's segments have no ready flag.
bool isFinished(const layout::Header& header) noexcept {
    return header.magic != 0 &&
           (header.extensionMagic != layout::kExtensionMagic || header.ready == 1);
}

// What is said of a head that did not get finished in time; a head without our extension is left
// to checkGeometry.
Expected<std::unique_ptr<SegmentHead>> notFinished(const std::string& name, ssize_t bytes,
                                                   std::unique_ptr<SegmentHead> head) {
    if (bytes < static_cast<ssize_t>(sizeof(layout::Header))) {
        return refused(name, "the file has less bytes than a ring's header: it was cut short; "
                             "remove it and create it again");
    }
    if (head->header.extensionMagic == layout::kExtensionMagic) {
        return refused(name, "ready is not set: its creator (pid " +
                                 std::to_string(head->header.creatorPid) +
                                 ") has not finished it; try again, or remove it");
    }
    return head;
}

Expected<void> checkHeader(const std::string& name, const layout::Header& header,
                           std::uint64_t fileBytes) {
    if (header.magic != layout::kDmxpMagic && header.magic != layout::kRingscopeMagic) {
        return refused(name, "magic is not that of a ring; name a ring segment (see "
                             "`ringscope-cli rings`)");
    }
    const bool isOurs = header.magic == layout::kRingscopeMagic;
    if (header.version != layout::kVersion) {
        return refused(name, "version is " + number(header.version) +
                                 ", only 1 is understood; create it again with this version");
    }
    if (header.maxChannels != layout::kMaxChannels) {
        return refused(name, "max_channels is " + number(header.maxChannels) + " instead of 256");
    }
    if (header.channelCount > layout::kMaxChannels) {
        return refused(name, "channel_count is " + number(header.channelCount) + ", more than 256");
    }
    if (header.extensionMagic != layout::kExtensionMagic) {
        return isOurs ? Expected<void>(refused(name, "extension magic is missing"))
                      : Expected<void>();
    }
    if (header.extensionVersion != layout::kExtensionVersion) {
        return refused(name, "extension version is " + number(header.extensionVersion) +
                                 ", only 1 is understood; create it again with this version");
    }
    if (header.segmentBytes > fileBytes) {
        return refused(name, "the file has " + number(fileBytes) + " of " +
                                 number(header.segmentBytes) +
                                 " bytes: it was cut short; remove it and create it again");
    }
    if (header.rosterEntryBytes != sizeof(layout::RosterEntry)) {
        return refused(name, "roster entry size is " + number(header.rosterEntryBytes) +
                                 " instead of 128");
    }
    if (header.rosterEntries == 0 || header.rosterEntries > layout::kMaxRosterEntries) {
        return refused(name, "roster entries are " + number(header.rosterEntries) +
                                 ", which is not within 1 to 65536");
    }
    if (header.rosterOffset % layout::kBandAlignment != 0 ||
        header.rosterOffset < layout::kHeaderBytes) {
        return refused(name, "roster offset is " + number(header.rosterOffset) +
                                 ", inside the header or not a multiple of 128");
    }
    const std::uint64_t rosterBytes =
        std::uint64_t{header.rosterEntries} * sizeof(layout::RosterEntry);
    if (header.rosterOffset > fileBytes || rosterBytes > fileBytes - header.rosterOffset) {
        return refused(name, "roster offset is " + number(header.rosterOffset) +
                                 ": the roster ends behind the file");
    }
    return {};
}

// The name as far as it can be printed: a terminal must not obey it.
std::string printableName(const layout::Channel& channel) {
    std::string name(channel.name, ::strnlen(channel.name, sizeof(channel.name)));
    std::replace_if(
        name.begin(), name.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return name;
}

Expected<SegmentGeometry::Channel> checkChannel(const std::string& name, std::size_t index,
                                                const layout::Channel& raw, bool isDmxp,
                                                bool hasExtension, std::uint64_t fileBytes) {
    const std::string which = "channel " + number(index) + " ";
    SegmentGeometry::Channel channel;
    channel.channelId = raw.channelId;
    channel.capacity = raw.capacity;
    channel.bandOffset = raw.bandOffset;
    channel.slotStride = isDmxp ? layout::kDmxpStride : raw.slotStride;
    channel.payloadCapacity = isDmxp ? layout::kDmxpPayloadCapacity : raw.payloadCapacity;
    // DMXP's own segments: its blocking consumers set no waiting flag.
    channel.wakesDmxpConsumers = !hasExtension || (raw.wakeFlags & layout::kWakeDmxpConsumers) != 0;
    if (hasExtension) {
        channel.name = printableName(raw);
    }
    if (!std::has_single_bit(raw.capacity) || raw.capacity < layout::kMinCapacity ||
        raw.capacity > layout::kMaxCapacity) {
        return refused(name, which + "capacity is " + number(raw.capacity) +
                                 ", which is not a power of two within 2 to 2^24");
    }
    if (channel.slotStride % layout::kSlotAlignment != 0 ||
        channel.slotStride < layout::kSlotAlignment || channel.slotStride > layout::kMaxStride) {
        return refused(name, which + "slot stride is " + number(channel.slotStride) +
                                 ", which is not a multiple of 64");
    }
    if (channel.payloadCapacity > channel.slotStride - layout::kPayloadOffset) {
        return refused(name, which + "payload capacity is " + number(channel.payloadCapacity) +
                                 ", more than a slot of " + number(channel.slotStride) +
                                 " bytes holds");
    }
    if (raw.bandOffset % layout::kBandAlignment != 0 || raw.bandOffset < layout::kHeaderBytes) {
        return refused(name, which + "band offset is " + number(raw.bandOffset) +
                                 ", inside the header or not a multiple of 128");
    }
    const std::uint64_t bandBytes = raw.capacity * channel.slotStride; // at most 2^54
    if (raw.bandOffset > fileBytes || bandBytes > fileBytes - raw.bandOffset) {
        return refused(name, which + "band offset is " + number(raw.bandOffset) +
                                 ": its slots end behind the file, which was cut short or is "
                                 "damaged; remove it and create it again");
    }
    return channel;
}

// In DMXP two processes that create a channel at the same time give both the same place.
Expected<void> checkOverlap(const std::string& name, std::vector<Extent> extents,
                            SegmentGeometry& geometry) {
    std::sort(extents.begin(), extents.end(),
              [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
    std::size_t longest = 0; // of those before, the one that ends last
    for (std::size_t i = 1; i < extents.size(); ++i) {
        if (extents[i].begin < extents[longest].end) {
            Error error = refused(name, extents[i].what + " overlaps " + extents[longest].what +
                                            " at offset " + number(extents[i].begin));
            if (geometry.hasExtension) {
                return error;
            }
            geometry.leftOut.push_back(error.message);
            geometry.channels[extents[i].channel] = {};
            geometry.channels[extents[longest].channel] = {};
        }
        longest = extents[i].end > extents[longest].end ? i : longest;
    }
    return {};
}

bool isInitialised(int fd, std::size_t index, const SegmentGeometry::Channel& channel) {
    // The last slot gets its sequence last, and keeps it until tail has passed it.
    const std::uint64_t last = channel.capacity - 1;
    std::uint64_t sequence = 0;
    layout::Channel raw{};
    const auto at = static_cast<off_t>(sizeof(layout::Header) + index * sizeof(raw));
    const auto slotAt = static_cast<off_t>(channel.bandOffset + last * channel.slotStride);
    if (::pread(fd, &sequence, sizeof(sequence), slotAt) != sizeof(sequence) || sequence == 0) {
        return false;
    }
    return sequence == last ||
           (::pread(fd, &raw, sizeof(raw), at) == sizeof(raw) && raw.tail > last);
}

std::optional<std::size_t> findUninitialised(int fd, const SegmentGeometry& geometry) {
    for (std::size_t index = 0; index < geometry.channels.size(); ++index) {
        if (geometry.channels[index].capacity != 0 &&
            !isInitialised(fd, index, geometry.channels[index])) {
            return index;
        }
    }
    return std::nullopt;
}

} // namespace

Expected<std::unique_ptr<SegmentHead>> readReadyHead(int fd, const std::string& name,
                                                     std::chrono::milliseconds timeout) {
    const std::int64_t deadline = monotonicNs() + timeout.count() * kNsPerMs;
    for (;;) {
        auto head = std::make_unique<SegmentHead>();
        std::memset(static_cast<void*>(head.get()), 0, sizeof(SegmentHead));
        const ssize_t got = ::pread(fd, head.get(), sizeof(SegmentHead), 0);
        if (got < 0 && errno != EINTR) {
            return systemError(ErrorKind::target, "ring segment " + name + ": cannot be read",
                               errno);
        }
        const bool isCutShort = got < static_cast<ssize_t>(sizeof(layout::Header));
        if (!isCutShort && isFinished(head->header)) {
            return head;
        }
        if (monotonicNs() >= deadline) {
            return notFinished(name, got, std::move(head));
        }
        const timespec pause{0, kNsPerMs};
        ::nanosleep(&pause, nullptr);
    }
}

Expected<void> awaitInitialisedSlots(int fd, const std::string& name,
                                     const SegmentGeometry& geometry,
                                     std::chrono::milliseconds timeout) {
    const std::int64_t deadline = monotonicNs() + timeout.count() * kNsPerMs;
    while (const auto channel = findUninitialised(fd, geometry)) {
        if (monotonicNs() >= deadline) {
            return refused(name, "channel " + number(*channel) +
                                     " has slots without a sequence: its creator has not finished "
                                     "it; try again, or create it again");
        }
        const timespec pause{0, kNsPerMs};
        ::nanosleep(&pause, nullptr);
    }
    return {};
}

Expected<SegmentGeometry> checkGeometry(const std::string& name, const SegmentHead& head,
                                        std::uint64_t fileBytes) {
    if (fileBytes < layout::kHeaderBytes) {
        return refused(name, "the file has " + number(fileBytes) +
                                 " bytes, less than a ring's header of 98432: it was cut short; "
                                 "remove it and create it again");
    }
    if (auto checked = checkHeader(name, head.header, fileBytes); !checked) {
        return checked.error();
    }
    SegmentGeometry geometry;
    geometry.bytes = fileBytes;
    geometry.isDmxpCompatible = head.header.magic == layout::kDmxpMagic;
    geometry.hasExtension = head.header.extensionMagic == layout::kExtensionMagic;
    std::vector<Extent> extents;
    if (geometry.hasExtension) {
        geometry.rosterOffset = head.header.rosterOffset;
        geometry.rosterEntries = head.header.rosterEntries;
        geometry.creator = ProcessIdentity{head.header.creatorPid, head.header.creatorStartTicks,
                                           head.header.creatorPidNamespace};
        geometry.createdNs = head.header.createdNs;
        extents.push_back({"the roster", geometry.rosterOffset,
                           geometry.rosterOffset +
                               std::uint64_t{geometry.rosterEntries} * sizeof(layout::RosterEntry),
                           0});
    }
    for (std::size_t index = 0; index < layout::kMaxChannels; ++index) {
        if (head.channels[index].capacity == 0) {
            continue;
        }
        auto channel = checkChannel(name, index, head.channels[index], geometry.isDmxpCompatible,
                                    geometry.hasExtension, fileBytes);
        if (!channel && geometry.hasExtension) {
            return channel.error();
        }
        if (!channel) {
            geometry.leftOut.push_back(channel.error().message);
            continue;
        }
        extents.push_back({"channel " + number(index), channel->bandOffset,
                           channel->bandOffset + channel->capacity * channel->slotStride, index});
        geometry.channels.resize(index + 1);
        geometry.channels[index] = std::move(*channel);
    }
    if (auto checked = checkOverlap(name, std::move(extents), geometry); !checked) {
        return checked.error();
    }
    return geometry;
}

} // namespace ringscope
