// SPDX-License-Identifier: MIT
#include "core/ring/foreign_ring.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"

namespace ringscope {

namespace {

using Counting = RingDescription::Counting;

// Head and tail are read one after the other, in a microsecond. When whoever reads loses its
// processor in between, they do not belong together: the ring would seem fuller than it ever was.
constexpr std::int64_t kTogetherNs = 20'000;
constexpr int kMostAttempts = 4;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

// How far a cursor has come since it was read last; empty when it went back.
std::optional<std::uint64_t> advanced(std::uint64_t before, std::uint64_t now, std::uint32_t size) {
    const std::uint64_t by = size == 4 ? static_cast<std::uint32_t>(now - before) : now - before;
    const std::uint64_t half = std::uint64_t{1} << (size * 8 - 1);
    return by < half ? std::optional(by) : std::nullopt;
}

} // namespace

ForeignRing::ForeignRing(std::string name, std::string path, FileDescriptor file, FileKey key,
                         RingDescription description)
    : m_name(std::move(name))
    , m_path(std::move(path))
    , m_file(std::move(file))
    , m_key(key)
    , m_description(std::move(description))
    , m_states(m_description.channels.size()) {}

Expected<ForeignRing> ForeignRing::open(const std::string& object, RingDescription description) {
    std::string name = object.empty() ? description.object : object;
    if (name.empty()) {
        return makeError(ErrorKind::usage, description.source +
                                               " names no object; add object = \"NAME\" to it, or "
                                               "say which ring is meant");
    }
    // "/name", as shm_open() wants it, is a name.
    if (name.rfind('/') == 0 && ::access(name.c_str(), F_OK) != 0) {
        name.erase(0, 1);
    }
    std::string path = name.find('/') == std::string::npos ? "/dev/shm/" + name : name;
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.isOpen()) {
        return systemError(ErrorKind::target, path + " cannot be opened", errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return makeError(ErrorKind::target,
                         path + " is not a regular file; name the one that the ring lies in");
    }
    ForeignRing ring(std::move(name), std::move(path), std::move(file),
                     FileKey{status.st_dev, status.st_ino}, std::move(description));
    if (auto done = ring.refresh(); !done) {
        return done.error();
    }
    if (auto done = ring.findCursors(); !done) {
        return done.error();
    }
    ring.m_generation = 0;
    return ring;
}

// A ring at work may go on between its head and its tail being read, so one look decides nothing.
Expected<void> ForeignRing::findCursors() {
    std::optional<std::size_t> misfit;
    for (int look = 0; look < 16; ++look) {
        m_states.assign(m_states.size(), {});
        if (auto done = cursors(); !done) {
            return done.error();
        }
        misfit = firstMisfit();
        if (!misfit) {
            return {};
        }
    }
    const State& state = m_states[*misfit];
    return wrongAt(m_description.channels[*misfit].tail.line,
                   "in " + m_path + " head is " + number(state.head.raw) + " and tail " +
                       number(state.tail.raw) + ", which are not 0 to " +
                       number(m_geometry.channels[*misfit].capacity) +
                       " messages apart; are they elsewhere, or the other way round?");
}

std::optional<std::size_t> ForeignRing::firstMisfit() const {
    for (std::size_t index = 0; index < m_states.size(); ++index) {
        const RingDescription::Channel& described = m_description.channels[index];
        const auto apart =
            advanced(m_states[index].head.raw, m_states[index].tail.raw, described.head.size);
        if (described.counting == Counting::counter &&
            (!apart || *apart > m_geometry.channels[index].capacity)) {
            return index;
        }
    }
    return std::nullopt;
}

Error ForeignRing::wrongAt(std::uint32_t line, const std::string& sentence) const {
    return makeError(ErrorKind::usage, m_description.source + ":" + number(line) + ": " + sentence);
}

Expected<std::uint64_t> ForeignRing::read(const RingDescription::Word& word) const {
    std::uint64_t value = 0; // little-endian, as everything here: the low bytes come first
    ssize_t got = -1;
    do {
        got = ::pread(m_file.get(), &value, word.size, static_cast<off_t>(word.offset));
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return systemError(ErrorKind::target, m_path + " cannot be read", errno);
    }
    if (got < static_cast<ssize_t>(word.size)) {
        struct stat status {};
        const auto bytes =
            ::fstat(m_file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
        return wrongAt(word.line, word.key + ".offset " + number(word.offset) +
                                      " is beyond the end of " + m_path + " (" + number(bytes) +
                                      " bytes)");
    }
    return value;
}

Expected<std::uint64_t> ForeignRing::capacityOf(std::size_t channel) const {
    const RingDescription::Channel& described = m_description.channels[channel];
    if (!described.capacityWord) {
        return described.capacity;
    }
    const auto capacity = read(*described.capacityWord);
    if (capacity && (*capacity == 0 || *capacity > RingDescription::kMostSlots)) {
        return wrongAt(described.capacityWord->line,
                       "the capacity at offset " + number(described.capacityWord->offset) + " of " +
                           m_path + " is " + number(*capacity) +
                           ", which no ring has; is it elsewhere, or not written yet?");
    }
    return capacity;
}

Expected<std::vector<std::string>> ForeignRing::refresh() {
    SegmentGeometry next;
    struct stat status {};
    next.bytes =
        ::fstat(m_file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    next.isDmxpCompatible = false;
    next.channels.resize(m_description.channels.size());
    std::vector<std::string> changes;
    for (std::size_t index = 0; index < next.channels.size(); ++index) {
        const auto capacity = capacityOf(index);
        if (!capacity) {
            return capacity.error();
        }
        next.channels[index].channelId = static_cast<std::uint32_t>(index);
        next.channels[index].capacity = *capacity;
        next.channels[index].name = m_description.channels[index].name;
        const std::string which = "channel " + number(index);
        State& state = m_states[index];
        if (state.isKnown && m_geometry.channels[index].capacity != *capacity) {
            changes.push_back(which + " has " + number(*capacity) + " slots now");
            state.isKnown = false;
        }
        if (std::exchange(state.hasGoneBack, false)) {
            changes.push_back(which + ": a cursor went back; was it created anew?");
        }
    }
    m_geometry = std::move(next);
    m_generation += changes.empty() ? 0U : 1U;
    return changes;
}

Expected<ForeignRing::Pair>
ForeignRing::readTogether(const RingDescription::Channel& described) const {
    Pair best;
    std::int64_t bestNs = std::numeric_limits<std::int64_t>::max();
    for (int attempt = 0; attempt < kMostAttempts && bestNs > kTogetherNs; ++attempt) {
        const std::int64_t beginNs = monotonicNs();
        const auto head = read(described.head);
        const auto tail = head ? read(described.tail) : head;
        if (!tail) {
            return tail.error();
        }
        if (const std::int64_t ns = monotonicNs() - beginNs; ns < bestNs) {
            best = {*head, *tail};
            bestNs = ns;
        }
    }
    return best;
}

// Moves what is known of the channel's cursors to where they stand now.
Expected<void> ForeignRing::follow(std::size_t channel) {
    const RingDescription::Channel& described = m_description.channels[channel];
    const std::uint64_t capacity = m_geometry.channels[channel].capacity;
    const auto pair = readTogether(described);
    if (!pair) {
        return pair.error();
    }
    const auto& [head, tail] = *pair;
    State& state = m_states[channel];
    if (described.counting == Counting::index) {
        for (const auto& [word, value] :
             {std::pair(&described.head, head), std::pair(&described.tail, tail)}) {
            if (value >= capacity) {
                return wrongAt(word->line, word->key + " is " + number(value) + " in " + m_path +
                                               ", which is no index below the capacity " +
                                               number(capacity));
            }
        }
        const auto distance = [capacity](std::uint64_t from, std::uint64_t to) {
            return to >= from ? to - from : to + capacity - from;
        };
        std::uint64_t headTotal =
            state.isKnown ? state.head.total + distance(state.head.raw, head) : head;
        // Tail is at most a lap ahead of head; where it would have gone back, both have gone round.
        std::uint64_t tailTotal = headTotal + distance(head, tail);
        if (state.isKnown && tailTotal < state.tail.total) {
            headTotal += capacity;
            tailTotal += capacity;
        }
        state = {{head, headTotal}, {tail, tailTotal}, true, state.hasGoneBack};
        return {};
    }
    const std::uint32_t size = described.head.size;
    if (!state.isKnown) {
        // Of two that wrap with 4 bytes tail may have wrapped before head.
        state = {{head, head},
                 {tail, head + advanced(head, tail, size).value_or(0)},
                 true,
                 state.hasGoneBack};
        return {};
    }
    const auto headBy = advanced(state.head.raw, head, size);
    const auto tailBy = advanced(state.tail.raw, tail, size);
    if (!headBy || !tailBy) { // begin again where the totals stand
        const std::uint64_t total = std::max(state.head.total, state.tail.total);
        state = {{head, total}, {tail, total + advanced(head, tail, size).value_or(0)}, true, true};
        return {};
    }
    state.head = {head, state.head.total + *headBy};
    state.tail = {tail, state.tail.total + *tailBy};
    return {};
}

Expected<std::span<const ChannelCursors>> ForeignRing::cursors() {
    m_cursors.clear();
    for (std::size_t index = 0; index < m_states.size(); ++index) {
        if (auto done = follow(index); !done) {
            return done.error();
        }
        m_cursors.push_back({static_cast<std::uint32_t>(index), m_geometry.channels[index].capacity,
                             m_states[index].head.total, m_states[index].tail.total});
    }
    return std::span<const ChannelCursors>(m_cursors);
}

SegmentPresence ForeignRing::presence() const {
    struct stat named {};
    struct stat opened {};
    if (::fstat(m_file.get(), &opened) != 0 ||
        static_cast<std::uint64_t>(opened.st_size) < m_geometry.bytes) {
        return SegmentPresence::truncated;
    }
    if (::stat(m_path.c_str(), &named) != 0) {
        return SegmentPresence::removed;
    }
    return FileKey{named.st_dev, named.st_ino} == m_key ? SegmentPresence::present
                                                        : SegmentPresence::replaced;
}

} // namespace ringscope
