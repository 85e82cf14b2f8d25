// SPDX-License-Identifier: MIT
#include "core/ring/ring_observer.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"

namespace ringscope {

namespace {

// Up to this stride a block is read with one pread, payloads and all; above it, eight bytes a slot.
// 4096 slots take 0.4 ms at 512 B in one pread and 1.8 ms one by one (measured); from 1088 B on one
// pread would be little faster and turn 16 more lines a slot to shared, each of which costs the
// writer about 40 ns to own again.
constexpr std::uint32_t kLargestStrideReadWhole = 512;

std::string pathOf(const std::string& name) {
    return "/dev/shm/" + name;
}

Error cutShort(const std::string& name) {
    return makeError(ErrorKind::damaged, "ring segment " + name +
                                             ": the file was cut short while it was read; open it "
                                             "again if it was created anew");
}

bool isHeld(SlotState state) noexcept {
    return state == SlotState::writing || state == SlotState::reading || state == SlotState::stuck;
}

// Distances instead of <, so that positions may wrap around.
bool isBefore(std::uint64_t position, std::uint64_t cursor) noexcept {
    return static_cast<std::int64_t>(position - cursor) < 0;
}

// What became of a channel between two looks; empty when it is the same.
std::string changeOf(const SegmentGeometry::Channel& before, const SegmentGeometry::Channel& after,
                     bool hasGoneBack) {
    if (before.capacity == 0 && after.capacity == 0) {
        return "";
    }
    if (before.capacity == 0) {
        return "appeared, with " + std::to_string(after.capacity) + " slots";
    }
    if (after.capacity == 0) {
        return "was removed";
    }
    const bool isSame = before.capacity == after.capacity &&
                        before.bandOffset == after.bandOffset &&
                        before.slotStride == after.slotStride;
    // Positions never run backwards.
    return isSame && !hasGoneBack
               ? ""
               : "was created anew, with " + std::to_string(after.capacity) + " slots";
}

std::uint32_t millisecondsSince(std::int64_t epochNs, std::int64_t nowNs) noexcept {
    return static_cast<std::uint32_t>(std::max<std::int64_t>(0, nowNs - epochNs) / kNsPerMs);
}

std::vector<SlotHolder> holdersOf(const std::vector<Participant>& participants, std::size_t channel,
                                  std::uint64_t capacity) {
    std::vector<SlotHolder> holders;
    for (const Participant& one : participants) {
        if (!one.isConfirmed || one.channel != channel || one.intentCount == 0) {
            continue;
        }
        SlotHolder holder;
        holder.firstPosition = one.intentFirst;
        holder.count =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(one.intentCount, capacity));
        holder.pid = one.process.pid;
        holder.tid = one.thread.tid;
        holder.isProducer = one.role == layout::Role::producer;
        holder.isClaimed = one.isClaimed;
        holders.push_back(holder);
    }
    return holders;
}

} // namespace

SlotState slotStateOf(std::uint64_t slot, std::uint64_t sequence,
                      const ChannelCursors& cursors) noexcept {
    const std::uint64_t mask = cursors.capacity - 1;
    if (sequence == 0 && slot != 0 && cursors.head <= cursors.tail && cursors.tail <= slot) {
        return SlotState::free;
    }
    if ((sequence & mask) == slot) {
        return isBefore(sequence, cursors.tail) ? SlotState::writing : SlotState::free;
    }
    if (((sequence - 1) & mask) == slot) {
        return isBefore(sequence - 1, cursors.head) ? SlotState::reading : SlotState::ready;
    }
    return SlotState::stuck;
}

RingObserver::RingObserver(std::string name, FileDescriptor file, SegmentGeometry geometry,
                           std::uint64_t device, std::uint64_t inode)
    : m_name(std::move(name))
    , m_file(std::move(file))
    , m_device(device)
    , m_inode(inode)
    , m_geometry(std::move(geometry))
    , m_tailsSeen(m_geometry.channels.size())
    , m_scans(m_geometry.channels.size()) {}

Expected<RingObserver> RingObserver::open(const std::string& name,
                                          std::chrono::milliseconds timeout) {
    if (name.empty() || name.find('/') != std::string::npos) {
        return makeError(ErrorKind::usage,
                         "\"" + name + "\" cannot name a ring segment: use a name without a slash");
    }
    FileDescriptor file(
        ::open(pathOf(name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file.isOpen() && errno == ENOENT) {
        return makeError(ErrorKind::target,
                         "ring segment " + name +
                             ": does not exist; `ringscope-cli rings` lists those that do");
    }
    if (!file.isOpen()) {
        return systemError(ErrorKind::target, "ring segment " + name + ": cannot be opened", errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return makeError(ErrorKind::damaged,
                         "ring segment " + name + ": is not a regular file; name a ring segment");
    }
    const auto head = readReadyHead(file.get(), name, timeout);
    if (!head) {
        return head.error();
    }
    // The creator gives the file its length before it says ready.
    if (::fstat(file.get(), &status) != 0) {
        return systemError(ErrorKind::target, "ring segment " + name + ": cannot be read", errno);
    }
    auto geometry = checkGeometry(name, **head, static_cast<std::uint64_t>(status.st_size));
    if (!geometry) {
        return geometry.error();
    }
    return RingObserver(name, std::move(file), std::move(*geometry), status.st_dev, status.st_ino);
}

Expected<std::unique_ptr<SegmentHead>> RingObserver::readHead() const {
    auto head = std::make_unique<SegmentHead>();
    if (auto done = read(head.get(), sizeof(SegmentHead), 0); !done) {
        return done.error();
    }
    return head;
}

Expected<std::vector<std::string>> RingObserver::refresh() {
    const auto head = readHead();
    if (!head) {
        return head.error();
    }
    struct stat status {};
    if (::fstat(m_file.get(), &status) != 0 || (*head)->header.magic == 0) {
        return cutShort(m_name); // or it is being created anew
    }
    auto next = checkGeometry(m_name, **head, static_cast<std::uint64_t>(status.st_size));
    if (!next) {
        return next.error();
    }
    std::vector<std::string> changes;
    const std::size_t channels = std::max(m_geometry.channels.size(), next->channels.size());
    m_geometry.channels.resize(channels);
    m_tailsSeen.resize(channels);
    m_scans.resize(channels);
    m_tailsBefore.resize(channels);
    for (std::size_t index = 0; index < channels; ++index) {
        const bool isThere = index < next->channels.size();
        const auto after = isThere ? next->channels[index] : SegmentGeometry::Channel{};
        const std::uint64_t tail = (*head)->channels[index].tail;
        const std::string change =
            changeOf(m_geometry.channels[index], after, isBefore(tail, m_tailsSeen[index]));
        m_tailsSeen[index] = tail;
        if (!change.empty()) {
            changes.push_back("channel " + std::to_string(index) + " " + change);
            forget(index);
        }
    }
    for (const std::string& text : next->leftOut) {
        const auto& known = m_geometry.leftOut;
        if (std::find(known.begin(), known.end(), text) == known.end()) {
            changes.push_back(text);
        }
    }
    m_geometry = std::move(*next);
    m_generation += changes.empty() ? 0U : 1U;
    return changes;
}

void RingObserver::forget(std::size_t channel) {
    m_scans[channel] = {};
    m_tailsBefore[channel] = {};
}

SegmentPresence RingObserver::presence() const {
    struct stat named {};
    struct stat opened {};
    if (::fstat(m_file.get(), &opened) != 0 ||
        static_cast<std::uint64_t>(opened.st_size) < m_geometry.bytes) {
        return SegmentPresence::truncated;
    }
    if (::lstat(pathOf(m_name).c_str(), &named) != 0) {
        return SegmentPresence::removed;
    }
    return named.st_dev == m_device && named.st_ino == m_inode ? SegmentPresence::present
                                                               : SegmentPresence::replaced;
}

Expected<void> RingObserver::read(void* to, std::size_t length, std::uint64_t offset) const {
    auto* at = static_cast<char*>(to);
    while (length > 0) {
        const ssize_t got = ::pread(m_file.get(), at, length, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return systemError(ErrorKind::target, "ring segment " + m_name + ": cannot be read",
                               errno);
        }
        if (got == 0) {
            return cutShort(m_name);
        }
        at += got;
        offset += static_cast<std::uint64_t>(got);
        length -= static_cast<std::size_t>(got);
    }
    return {};
}

const SegmentGeometry::Channel* RingObserver::usedChannel(std::size_t channel) const {
    return channel < m_geometry.channels.size() && m_geometry.channels[channel].capacity != 0
               ? &m_geometry.channels[channel]
               : nullptr;
}

Expected<std::span<const ChannelCursors>> RingObserver::cursors() {
    m_channelBytes.resize(m_geometry.channels.size());
    m_cursors.clear();
    if (auto done = read(m_channelBytes.data(), m_channelBytes.size() * sizeof(layout::Channel),
                         sizeof(layout::Header));
        !done) {
        return done.error();
    }
    m_tailsBefore.resize(m_channelBytes.size());
    for (std::size_t index = 0; index < m_channelBytes.size(); ++index) {
        if (m_geometry.channels[index].capacity == 0) {
            continue;
        }
        ChannelCursors cursors{static_cast<std::uint32_t>(index),
                               m_geometry.channels[index].capacity, m_channelBytes[index].head,
                               m_channelBytes[index].tail};
        cursors.isBlocked = isBlocked(cursors);
        m_cursors.push_back(cursors);
    }
    return std::span<const ChannelCursors>(m_cursors);
}

// While the tail moves nobody is blocked, so a ring at work costs no second read; nor do hundreds
// of idle channels, which are asked ever more rarely.
bool RingObserver::isBlocked(const ChannelCursors& cursors) {
    constexpr std::uint32_t kLooksBetween = 64;
    Tail& before = m_tailsBefore[cursors.channel];
    if (before.position != cursors.tail) {
        before = {cursors.tail, 0, false};
        return false;
    }
    ++before.rests;
    if (before.isBlocked || std::has_single_bit(before.rests) ||
        before.rests % kLooksBetween == 0) {
        before.isBlocked = isHeldAtTail(cursors);
    }
    return before.isBlocked;
}

bool RingObserver::isHeldAtTail(const ChannelCursors& cursors) const {
    const SegmentGeometry::Channel& channel = m_geometry.channels[cursors.channel];
    std::uint64_t sequence = 0;
    const std::uint64_t slot = cursors.tail & (channel.capacity - 1);
    return read(&sequence, sizeof(sequence), channel.bandOffset + slot * channel.slotStride) &&
           sequence == cursors.tail - channel.capacity + 1;
}

Expected<ChannelCursors> RingObserver::cursorsOf(std::size_t channel) const {
    layout::Channel raw{};
    if (auto done = read(&raw, sizeof(raw), sizeof(layout::Header) + channel * sizeof(raw));
        !done) {
        return done.error();
    }
    return ChannelCursors{static_cast<std::uint32_t>(channel),
                          m_geometry.channels[channel].capacity, raw.head, raw.tail};
}

Expected<std::vector<Participant>> RingObserver::participants() {
    std::vector<layout::RosterEntry> entries(m_geometry.rosterEntries);
    if (auto done = read(entries.data(), entries.size() * sizeof(layout::RosterEntry),
                         m_geometry.rosterOffset);
        !done) {
        return done.error();
    }
    return participantsIn(entries.data(), entries.size());
}

Expected<void> RingObserver::readSequences(std::size_t channel, std::uint64_t firstSlot,
                                           std::uint32_t count, std::uint64_t* sequences) {
    const SegmentGeometry::Channel& from = m_geometry.channels[channel];
    const std::uint64_t begin = from.bandOffset + firstSlot * from.slotStride;
    if (from.slotStride > kLargestStrideReadWhole) {
        for (std::uint32_t i = 0; i < count; ++i) {
            if (auto done = read(&sequences[i], sizeof(sequences[i]),
                                 begin + std::uint64_t{i} * from.slotStride);
                !done) {
                return done;
            }
        }
        return {};
    }
    m_slotBytes.resize(std::size_t{count} * from.slotStride);
    if (auto done = read(m_slotBytes.data(), m_slotBytes.size(), begin); !done) {
        return done;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        std::memcpy(&sequences[i], m_slotBytes.data() + std::size_t{i} * from.slotStride,
                    sizeof(sequences[i]));
    }
    return {};
}

Expected<std::shared_ptr<const SlotBlock>>
RingObserver::readBlock(std::size_t channel, std::size_t block, const ChannelCursors& cursors,
                        const SlotBlock* before, std::int64_t nowNs, std::int64_t epochNs) {
    const std::uint64_t firstSlot = block * kSlotsPerBlock;
    auto read = std::make_shared<SlotBlock>();
    read->readAtNs = nowNs;
    read->count = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(kSlotsPerBlock, cursors.capacity - firstSlot));
    if (auto done = readSequences(channel, firstSlot, read->count, read->sequences.data()); !done) {
        return done.error();
    }
    const std::uint32_t nowMs = millisecondsSince(epochNs, nowNs);
    read->firstReadMs = before != nullptr ? before->firstReadMs : nowMs;
    for (std::uint32_t i = 0; i < read->count; ++i) {
        const std::uint64_t sequence = read->sequences[i];
        SlotState state = slotStateOf(firstSlot + i, sequence, cursors);
        // A claim does not change the sequence, so being held counts as a change too.
        const bool isUnchanged = before != nullptr && before->sequences[i] == sequence &&
                                 isHeld(before->states[i]) == isHeld(state);
        read->changedAtMs[i] = isUnchanged ? before->changedAtMs[i] : nowMs;
        if (isHeld(state) && isUnchanged &&
            std::int64_t{nowMs - read->changedAtMs[i]} * kNsPerMs >= m_stuckAfterNs) {
            state = SlotState::stuck;
        }
        read->states[i] = state;
    }
    return std::shared_ptr<const SlotBlock>(std::move(read));
}

Expected<std::shared_ptr<const SlotSnapshot>>
RingObserver::scan(std::size_t channel, std::uint64_t slotBudget, std::int64_t nowNs,
                   std::optional<std::uint64_t> detailOf) {
    const SegmentGeometry::Channel* geometry = usedChannel(channel);
    if (geometry == nullptr) {
        return makeError(ErrorKind::usage,
                         "ring segment " + m_name + " has no channel " + std::to_string(channel));
    }
    Scan& state = m_scans[channel];
    auto next = std::make_shared<SlotSnapshot>();
    if (state.newest) {
        *next = *state.newest;
    } else {
        next->epochNs = nowNs;
        next->channelName = geometry->name;
        next->slotStride = geometry->slotStride;
        next->payloadCapacity = geometry->payloadCapacity;
        next->blocks.resize((geometry->capacity + kSlotsPerBlock - 1) / kSlotsPerBlock);
    }
    next->timeNs = nowNs;
    auto cursors = cursorsOf(channel); // before any slot
    if (!cursors) {
        return cursors.error();
    }
    next->cursors = *cursors;

    const std::uint64_t mask = geometry->capacity - 1;
    const std::size_t blocks = next->blocks.size();
    const std::size_t budget = std::clamp<std::size_t>(slotBudget / kSlotsPerBlock, 1, blocks);
    const std::size_t tailBlock = (cursors->tail & mask) / kSlotsPerBlock;
    const std::size_t headBlock = (cursors->head & mask) / kSlotsPerBlock;
    std::vector<std::size_t> wanted = {tailBlock};
    if (headBlock != tailBlock && budget > 1) {
        wanted.push_back(headBlock);
    }
    // With a budget of one block every other scan is the rotating part's: all get their turn.
    if (budget == 1 && blocks > 1 && state.isTurnOfRest) {
        wanted.clear();
    }
    state.isTurnOfRest = !state.isTurnOfRest;
    for (std::size_t looked = 0; looked < blocks && wanted.size() < budget; ++looked) {
        if (std::find(wanted.begin(), wanted.end(), state.nextBlock) == wanted.end()) {
            wanted.push_back(state.nextBlock);
        }
        state.nextBlock = (state.nextBlock + 1) % blocks;
    }
    if (detailOf && *detailOf < geometry->capacity) {
        const auto block = static_cast<std::size_t>(*detailOf / kSlotsPerBlock);
        if (std::find(wanted.begin(), wanted.end(), block) == wanted.end()) {
            wanted.push_back(block);
        }
    }
    for (const std::size_t block : wanted) {
        auto read =
            readBlock(channel, block, *cursors, next->blocks[block].get(), nowNs, next->epochNs);
        if (!read) {
            return read.error();
        }
        next->blocks[block] = std::move(*read);
    }
    auto everybody = participants();
    if (!everybody) {
        return everybody.error();
    }
    next->holders = holdersOf(*everybody, channel, geometry->capacity);
    next->detail.reset();
    if (detailOf) {
        auto detail = slotDetail(channel, *detailOf, nowNs);
        if (!detail) {
            return detail.error();
        }
        next->detail = *detail;
    }
    state.newest = next;
    return state.newest;
}

Expected<SlotDetail> RingObserver::slotDetail(std::size_t channel, std::uint64_t slot,
                                              std::int64_t nowNs) const {
    const SegmentGeometry::Channel* geometry = usedChannel(channel);
    if (geometry == nullptr || slot >= geometry->capacity) {
        return makeError(ErrorKind::usage, "ring segment " + m_name + " has no slot " +
                                               std::to_string(slot) + " in channel " +
                                               std::to_string(channel));
    }
    layout::SlotHeader raw{};
    if (auto done = read(&raw, sizeof(raw), geometry->bandOffset + slot * geometry->slotStride);
        !done) {
        return done.error();
    }
    SlotDetail detail;
    detail.slot = slot;
    detail.sequence = raw.sequence;
    detail.metadata = {raw.metadata.messageId, raw.metadata.timestampNs,
                       raw.metadata.channelId, raw.metadata.messageType,
                       raw.metadata.senderPid, raw.metadata.senderRuntime,
                       raw.metadata.flags,     raw.metadata.payloadLength};
    detail.readAtNs = nowNs;
    return detail;
}

} // namespace ringscope
