// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/ring/ring_description.h"
#include "core/ring/ring_observer.h"
#include "core/ring/ring_reader.h"
#include "core/ring/segment_mappers.h"

namespace ringscope {

// A read-only view of a ring that is not ours, by its user's description. Never maps it; every
// number is read with pread, so one that lies beyond the end is an error, and is checked before it
// is used. An index is made a counter: what passes by between two calls of cursors() in whole laps
// is not seen. One thread at a time; movable.
class ForeignRing final : public RingReader {
public:
    // object: a name under /dev/shm, or a path (it has a slash); empty: the description's. Errors:
    // there is none, or not permitted (target); what the description says cannot be there (usage),
    // with its line.
    [[nodiscard]] static Expected<ForeignRing> open(const std::string& object,
                                                    RingDescription description);

    [[nodiscard]] const std::string& name() const noexcept override { return m_name; }
    [[nodiscard]] const SegmentGeometry& geometry() const noexcept override { return m_geometry; }
    [[nodiscard]] std::uint64_t generation() const noexcept override { return m_generation; }
    // Head is read before tail, so that a ring at work never seems to hold less than nothing.
    [[nodiscard]] Expected<std::span<const ChannelCursors>> cursors() override;

    // Reads the capacities again. What has changed since the last call, a sentence each: another
    // capacity, or a cursor that went back. Errors (usage, damaged): as open().
    [[nodiscard]] Expected<std::vector<std::string>> refresh();
    [[nodiscard]] SegmentPresence presence() const;
    [[nodiscard]] const std::string& path() const noexcept { return m_path; }
    [[nodiscard]] FileKey file() const noexcept { return m_key; }

private:
    struct Pair {
        std::uint64_t head = 0;
        std::uint64_t tail = 0;
    };
    struct Position { // of one cursor
        std::uint64_t raw = 0;
        std::uint64_t total = 0;
    };
    struct State { // of one channel
        Position head;
        Position tail;
        bool isKnown = false;
        bool hasGoneBack = false;
    };

    ForeignRing(std::string name, std::string path, FileDescriptor file, FileKey key,
                RingDescription description);
    [[nodiscard]] Expected<std::uint64_t> read(const RingDescription::Word& word) const;
    [[nodiscard]] Error wrongAt(std::uint32_t line, const std::string& sentence) const;
    [[nodiscard]] Expected<std::uint64_t> capacityOf(std::size_t channel) const;
    // As near to one instant as four attempts come.
    [[nodiscard]] Expected<Pair> readTogether(const RingDescription::Channel& described) const;
    [[nodiscard]] Expected<void> follow(std::size_t channel);
    [[nodiscard]] Expected<void> findCursors();
    [[nodiscard]] std::optional<std::size_t> firstMisfit() const;

    // Constant after construction.
    std::string m_name;
    std::string m_path;
    FileDescriptor m_file;
    FileKey m_key;
    RingDescription m_description;

    SegmentGeometry m_geometry;
    std::uint64_t m_generation = 0;
    std::vector<State> m_states; // by channel
    std::vector<ChannelCursors> m_cursors;
};

} // namespace ringscope
