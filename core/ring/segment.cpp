// SPDX-License-Identifier: MIT
#include "core/ring/segment.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <limits>
#include <random>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/units.h"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

namespace ringscope {

namespace bip = boost::interprocess;

namespace {

Error wrong(ErrorKind kind, const std::string& name, const std::string& what) {
    return makeError(kind, "ring segment " + name + ": " + what);
}

Error wrongSpec(const SegmentSpec& spec, const std::string& what) {
    return wrong(ErrorKind::usage, spec.name, what);
}

Expected<void> checkName(const std::string& name) {
    if (name.empty() || name.size() > 200 || name.front() == '.' ||
        name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
        return makeError(ErrorKind::usage, "\"" + name +
                                               "\" cannot name a ring segment: use 1 to 200 "
                                               "characters without a slash");
    }
    return {};
}

Expected<void> checkChannelSpec(const SegmentSpec& spec, std::size_t index) {
    const ChannelSpec& channel = spec.channels[index];
    const std::string which = "channel " + std::to_string(index) + ": ";
    if (!std::has_single_bit(channel.capacity) || channel.capacity < layout::kMinCapacity ||
        channel.capacity > layout::kMaxCapacity) {
        return wrongSpec(spec, which + "a capacity of " + std::to_string(channel.capacity) +
                                   " slots is not a power of two; use one from 2 to 16777216");
    }
    if (channel.name.size() >= sizeof(layout::Channel::name)) {
        return wrongSpec(spec, which + "the name \"" + channel.name +
                                   "\" is longer than 23 bytes; shorten it");
    }
    if (channel.payloadCapacity > layout::kMaxStride / 2) {
        return wrongSpec(spec, which + "a payload capacity of " +
                                   std::to_string(channel.payloadCapacity) +
                                   " bytes is more than 512 MiB; use less");
    }
    if (channel.slotStride == 0) {
        return {};
    }
    if (channel.slotStride % layout::kSlotAlignment != 0 ||
        channel.slotStride > layout::kMaxStride) {
        return wrongSpec(spec, which + "a slot stride of " + std::to_string(channel.slotStride) +
                                   " bytes is not a multiple of 64 up to 1 GiB");
    }
    const std::uint32_t room = channel.slotStride == layout::kDmxpStride
                                   ? layout::kDmxpPayloadCapacity
                                   : channel.slotStride - layout::kPayloadOffset;
    if (channel.payloadCapacity > room) {
        return wrongSpec(spec, which + "a payload of " + std::to_string(channel.payloadCapacity) +
                                   " bytes does not fit a slot of " +
                                   std::to_string(channel.slotStride) + " bytes; at most " +
                                   std::to_string(room) + " do");
    }
    return {};
}

Expected<void> checkSpec(const SegmentSpec& spec) {
    if (auto named = checkName(spec.name); !named) {
        return named;
    }
    if (spec.channels.empty() || spec.channels.size() > layout::kMaxChannels) {
        return wrongSpec(spec, std::to_string(spec.channels.size()) +
                                   " channels are not possible; use 1 to 256");
    }
    if (spec.rosterEntries == 0 || spec.rosterEntries > layout::kMaxRosterEntries) {
        return wrongSpec(spec, "a roster of " + std::to_string(spec.rosterEntries) +
                                   " entries is not possible; use 1 to 65536");
    }
    for (std::size_t index = 0; index < spec.channels.size(); ++index) {
        if (auto checked = checkChannelSpec(spec, index); !checked) {
            return checked;
        }
    }
    return {};
}

std::uint32_t strideOf(const ChannelSpec& channel) {
    return channel.slotStride != 0 ? channel.slotStride
                                   : layout::strideFor(channel.payloadCapacity);
}

// The finished header and channel table. magic and ready are what it says last.
std::unique_ptr<SegmentHead> plan(const SegmentSpec& spec, std::uint64_t* bytes) {
    auto head = std::make_unique<SegmentHead>();
    std::memset(static_cast<void*>(head.get()), 0, sizeof(SegmentHead));
    layout::Header& header = head->header;
    const bool isDmxp = std::all_of(spec.channels.begin(), spec.channels.end(), [](const auto& c) {
        return strideOf(c) == layout::kDmxpStride;
    });
    header.magic = isDmxp ? layout::kDmxpMagic : layout::kRingscopeMagic;
    header.version = layout::kVersion;
    header.maxChannels = layout::kMaxChannels;
    header.channelCount = static_cast<std::uint32_t>(spec.channels.size());
    header.extensionMagic = layout::kExtensionMagic;
    header.extensionVersion = layout::kExtensionVersion;
    header.ready = 1;
    header.rosterOffset = layout::kHeaderBytes;
    header.rosterEntries = spec.rosterEntries;
    header.rosterEntryBytes = sizeof(layout::RosterEntry);
    const ProcessIdentity self = selfProcess();
    header.creatorPid = self.pid;
    header.creatorStartTicks = self.startTicks;
    header.creatorPidNamespace = self.pidNamespace;
    header.createdNs = static_cast<std::uint64_t>(wallClockNs());

    std::uint64_t at =
        header.rosterOffset + std::uint64_t{spec.rosterEntries} * sizeof(layout::RosterEntry);
    for (std::size_t index = 0; index < spec.channels.size(); ++index) {
        const ChannelSpec& from = spec.channels[index];
        layout::Channel& channel = head->channels[index];
        at = layout::roundUp(at, layout::kBandAlignment);
        channel.channelId = static_cast<std::uint32_t>(index);
        channel.capacity = from.capacity;
        channel.bandOffset = at;
        channel.slotStride = strideOf(from);
        channel.payloadCapacity = channel.slotStride == layout::kDmxpStride
                                      ? layout::kDmxpPayloadCapacity
                                      : from.payloadCapacity;
        channel.wakeFlags = spec.wakeDmxpConsumers ? layout::kWakeDmxpConsumers : 0;
        from.name.copy(channel.name, sizeof(channel.name) - 1);
        at += from.capacity * channel.slotStride;
    }
    header.segmentBytes = std::max(at, spec.minimumBytes);
    *bytes = header.segmentBytes;
    return head;
}

Expected<void> writeAll(int fd, const std::string& name, const void* from, std::size_t length,
                        std::uint64_t offset) {
    const char* at = static_cast<const char*>(from);
    while (length > 0) {
        const ssize_t written = ::pwrite(fd, at, length, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return systemError(ErrorKind::failed, "ring segment " + name + ": cannot be written",
                               errno);
        }
        at += written;
        offset += static_cast<std::uint64_t>(written);
        length -= static_cast<std::size_t>(written);
    }
    return {};
}

// Slot i starts with sequence i. Written, not mapped: pages that the creator maps would count as
// its own and halve the workers' PSS.
Expected<void> writeSequences(int fd, const std::string& name, const layout::Channel& channel) {
    constexpr std::uint64_t kBufferBytes = std::uint64_t{1} << 20U;
    const std::uint64_t perBuffer =
        std::clamp<std::uint64_t>(kBufferBytes / channel.slotStride, 1, channel.capacity);
    std::vector<char> buffer(perBuffer * channel.slotStride);
    for (std::uint64_t slot = 0; slot < channel.capacity; slot += perBuffer) {
        const std::uint64_t count = std::min(perBuffer, channel.capacity - slot);
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::uint64_t sequence = slot + i;
            std::memcpy(buffer.data() + i * channel.slotStride, &sequence, sizeof(sequence));
        }
        if (auto done = writeAll(fd, name, buffer.data(), count * channel.slotStride,
                                 channel.bandOffset + slot * channel.slotStride);
            !done) {
            return done;
        }
    }
    return {};
}

Error noRoom(const std::string& name, std::uint64_t bytes) {
    struct statvfs status {};
    const bool isKnown = ::statvfs("/dev/shm", &status) == 0;
    return wrong(ErrorKind::failed, name,
                 "needs " + formatBytes(static_cast<double>(bytes)) +
                     " and /dev/shm has no room for it (" +
                     (isKnown ? formatBytes(static_cast<double>(status.f_bavail) *
                                            static_cast<double>(status.f_frsize))
                              : "an unknown amount") +
                     " free); use fewer or smaller slots, or free some");
}

// Asked first, because allocating up to the limit and giving back would press everybody out of
// memory. A tmpfs without a limit says 0 blocks.
bool isMoreThanFree(std::uint64_t bytes) {
    struct statvfs status {};
    return ::statvfs("/dev/shm", &status) == 0 && status.f_blocks != 0 &&
           bytes / status.f_frsize >= status.f_bavail;
}

Expected<void> allocate(int fd, const std::string& name, std::uint64_t bytes) {
    if (bytes > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
        return wrong(ErrorKind::usage, name, "its size does not fit a file; use fewer slots");
    }
    if (isMoreThanFree(bytes)) {
        return noRoom(name, bytes);
    }
    // Not ftruncate: on a full tmpfs that succeeds, and the first touch is a SIGBUS.
    int result = EINTR;
    while (result == EINTR) {
        result = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
    }
    if (result == ENOSPC || result == EFBIG || result == ENOMEM) {
        return noRoom(name, bytes);
    }
    if (result != 0) {
        return systemError(ErrorKind::failed, "ring segment " + name + ": cannot be allocated",
                           result);
    }
    return {};
}

// ready and then the magic are written last: who sees them sees the rest.
Expected<void> initialise(int fd, const SegmentSpec& spec) {
    std::uint64_t bytes = 0;
    const auto head = plan(spec, &bytes);
    layout::Header unfinished = head->header;
    unfinished.magic = 0;
    unfinished.ready = 0;
    // First, so that a creation that is cut off by SIGKILL leaves its creator's identity.
    if (auto done = writeAll(fd, spec.name, &unfinished, sizeof(unfinished), 0); !done) {
        return done;
    }
    if (auto done = allocate(fd, spec.name, bytes); !done) {
        return done;
    }
    for (std::size_t index = 0; index < spec.channels.size(); ++index) {
        if (auto done = writeSequences(fd, spec.name, head->channels[index]); !done) {
            return done;
        }
    }
    if (auto done = writeAll(fd, spec.name, head->channels, sizeof(head->channels),
                             offsetof(SegmentHead, channels));
        !done) {
        return done;
    }
    constexpr std::size_t kAfterMagic = offsetof(layout::Header, version);
    if (auto done = writeAll(fd, spec.name, &head->header.version,
                             sizeof(layout::Header) - kAfterMagic, kAfterMagic);
        !done) {
        return done;
    }
    return writeAll(fd, spec.name, &head->header.magic, sizeof(head->header.magic), 0);
}

Error openError(const std::string& name, const bip::interprocess_exception& exception) {
    const int error = exception.get_native_error();
    if (error == ENOENT) {
        return wrong(ErrorKind::target, name,
                     "does not exist; `ringscope-cli rings` lists those that do");
    }
    return systemError(ErrorKind::target, "ring segment " + name + ": cannot be opened", error);
}

} // namespace

struct Segment::Mapping {
    std::string name;
    SegmentGeometry geometry;
    FileKey file;
    bip::mapped_region region;
    bool ownsName = false;

    [[nodiscard]] std::byte* base() const noexcept {
        return static_cast<std::byte*>(region.get_address());
    }
};

std::string segmentName(std::string_view scenario) {
    std::string name(kSegmentPrefix);
    for (const char c : scenario.substr(0, 64)) {
        const bool isPlain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '.' || c == '_';
        name += isPlain ? c : '_';
    }
    std::random_device random;
    char nonce[16];
    std::snprintf(nonce, sizeof(nonce), "%08x", static_cast<unsigned>(random()));
    return name + "-" + std::to_string(::getpid()) + "-" + nonce;
}

Segment::Segment(std::unique_ptr<Mapping> mapping)
    : m_mapping(std::move(mapping)) {}

Segment::Segment(Segment&& other) noexcept = default;

Segment& Segment::operator=(Segment&& other) noexcept {
    std::swap(m_mapping, other.m_mapping);
    return *this;
}

Segment::~Segment() {
    if (m_mapping && m_mapping->ownsName) {
        bip::shared_memory_object::remove(m_mapping->name.c_str());
    }
}

Expected<Segment> Segment::create(const SegmentSpec& spec) {
    if (auto checked = checkSpec(spec); !checked) {
        return checked.error();
    }
    bool isCreated = false;
    Error failure;
    try {
        bip::permissions mode;
        mode.set_permissions(0600);
        // create_only is O_EXCL: an existing name is refused, never truncated.
        bip::shared_memory_object object(bip::create_only, spec.name.c_str(), bip::read_write,
                                         mode);
        isCreated = true;
        auto done = initialise(object.get_mapping_handle().handle, spec);
        if (done) {
            auto attached = attach(spec.name);
            if (attached) {
                attached->m_mapping->ownsName = true;
                return attached;
            }
            failure = attached.error();
        } else {
            failure = done.error();
        }
    } catch (const bip::interprocess_exception& exception) {
        const int error = exception.get_native_error();
        failure = error == EEXIST
                      ? wrong(ErrorKind::failed, spec.name,
                              "exists already and is left alone; use another name or remove it")
                      : systemError(ErrorKind::failed,
                                    "ring segment " + spec.name + ": cannot be created", error);
    }
    if (isCreated) {
        bip::shared_memory_object::remove(spec.name.c_str());
    }
    return failure;
}

Expected<Segment> Segment::attach(const std::string& name, std::chrono::milliseconds readyTimeout) {
    if (auto checked = checkName(name); !checked) {
        return checked.error();
    }
    try {
        const bip::shared_memory_object object(bip::open_only, name.c_str(), bip::read_write);
        const int fd = object.get_mapping_handle().handle;
        const auto head = readReadyHead(fd, name, readyTimeout);
        if (!head) {
            return head.error();
        }
        struct stat status {};
        if (::fstat(fd, &status) != 0) {
            return systemError(ErrorKind::target, "ring segment " + name + ": cannot be read",
                               errno);
        }
        auto geometry = checkGeometry(name, **head, static_cast<std::uint64_t>(status.st_size));
        if (!geometry) {
            return geometry.error();
        }
        if (geometry->isDmxpCompatible) {
            if (auto done = awaitInitialisedSlots(fd, name, *geometry, readyTimeout); !done) {
                return done.error();
            }
        }
        auto mapping = std::make_unique<Mapping>();
        mapping->name = name;
        mapping->file = {status.st_dev, status.st_ino};
        mapping->region = bip::mapped_region(object, bip::read_write, 0, geometry->bytes);
        mapping->geometry = std::move(*geometry);
        return Segment(std::move(mapping));
    } catch (const bip::interprocess_exception& exception) {
        return openError(name, exception);
    }
}

const std::string& Segment::name() const noexcept {
    return m_mapping->name;
}

const SegmentGeometry& Segment::geometry() const noexcept {
    return m_mapping->geometry;
}

std::size_t Segment::channelCount() const noexcept {
    return m_mapping->geometry.channels.size();
}

ChannelView Segment::channel(std::size_t index) const noexcept {
    assert(index < channelCount() && m_mapping->geometry.channels[index].capacity != 0);
    const SegmentGeometry::Channel& from = m_mapping->geometry.channels[index];
    ChannelView view;
    view.shared =
        reinterpret_cast<layout::Channel*>(m_mapping->base() + sizeof(layout::Header)) + index;
    view.band = m_mapping->base() + from.bandOffset;
    view.mask = from.capacity - 1;
    view.slotStride = from.slotStride;
    view.payloadCapacity = from.payloadCapacity;
    view.channelId = from.channelId;
    view.index = static_cast<std::uint32_t>(index);
    view.wakesDmxpConsumers = from.wakesDmxpConsumers;
    return view;
}

layout::RosterEntry* Segment::rosterEntries() const noexcept {
    return m_mapping->geometry.hasExtension
               ? reinterpret_cast<layout::RosterEntry*>(m_mapping->base() +
                                                        m_mapping->geometry.rosterOffset)
               : nullptr;
}

std::uint32_t Segment::rosterEntryCount() const noexcept {
    return m_mapping->geometry.rosterEntries;
}

FileKey Segment::file() const noexcept {
    return m_mapping->file;
}

layout::Header* Segment::header() const noexcept {
    return reinterpret_cast<layout::Header*>(m_mapping->base());
}

void Segment::prefault() const noexcept {
    const auto bytes = static_cast<std::size_t>(m_mapping->geometry.bytes);
#ifdef MADV_POPULATE_WRITE // Linux 5.14
    if (::madvise(m_mapping->base(), bytes, MADV_POPULATE_WRITE) == 0) {
        return;
    }
#endif
    // The pages exist since posix_fallocate, so reading maps them without changing a byte.
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    for (std::size_t at = 0; at < bytes; at += page) {
        (void)*const_cast<const volatile std::byte*>(m_mapping->base() + at);
    }
}

bool Segment::ownsName() const noexcept {
    return m_mapping->ownsName;
}

void Segment::releaseOwnership() noexcept {
    m_mapping->ownsName = false;
}

Expected<ChannelView> usableChannel(const Segment& segment, std::size_t channel) {
    if (channel >= segment.channelCount() || segment.geometry().channels[channel].capacity == 0) {
        return makeError(ErrorKind::usage, "ring segment " + segment.name() + " has no channel " +
                                               std::to_string(channel) + "; `ringscope-cli ring " +
                                               segment.name() + "` lists its channels");
    }
    return segment.channel(channel);
}

} // namespace ringscope
