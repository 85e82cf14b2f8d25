// SPDX-License-Identifier: MIT
#include "core/ring/layout_check.h"

#include <algorithm>
#include <memory>

#include "core/base/units.h"

namespace ringscope {

namespace {

constexpr std::uint64_t kDmxpDefaultBytes = std::uint64_t{128} << 20U;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

bool isBefore(std::uint64_t position, std::uint64_t other) {
    return static_cast<std::int64_t>(position - other) < 0;
}

// Slots of one channel that are not as they must be.
struct OddSlots {
    std::uint64_t uninitialised = 0;
    std::uint64_t unfit = 0; // a sequence that fits no position
    std::uint64_t old = 0;   // one that everybody has passed
    std::uint64_t ahead = 0; // one that nobody can have come to
    std::uint64_t tooLong = 0;
    std::uint32_t longest = 0;
};

class Checker {
public:
    Checker(const RingObserver& ring, std::uint64_t slotsPerChannel)
        : m_ring(ring)
        , m_slotsPerChannel(slotsPerChannel) {}

    Expected<LayoutCheck> run() {
        auto head = m_ring.readHead();
        if (!head) {
            return head.error();
        }
        checkHeader((*head)->header);
        const auto& channels = m_ring.geometry().channels;
        for (std::size_t index = 0; index < channels.size(); ++index) {
            if (channels[index].capacity == 0) {
                continue;
            }
            checkEntry(index, (*head)->channels[index]);
            if (auto done = checkSlots(index, (*head)->channels[index]); !done) {
                return done.error();
            }
        }
        return std::move(m_result);
    }

private:
    void check(bool isRight, const std::string& sentence) {
        ++m_result.checks;
        if (!isRight) {
            m_result.off.push_back(sentence);
        }
    }

    void checkHeader(const layout::Header& header) {
        const SegmentGeometry& geometry = m_ring.geometry();
        // Opening it has checked magic, version, max_channels, and each entry that is in use.
        m_result.checks += 3;
        check(header.reserved == 0,
              "the header's reserved word is " + number(header.reserved) + " instead of 0");
        for (const std::string& text : geometry.leftOut) {
            check(false, text);
        }
        std::uint64_t inUse = geometry.leftOut.size();
        for (const auto& channel : geometry.channels) {
            inUse += channel.capacity != 0 ? 1U : 0U;
        }
        check(inUse <= header.channelCount,
              "channel_count is " + number(header.channelCount) + ", but " + number(inUse) +
                  " are in use: one is being created, or two were at the same time; DMXP may give "
                  "the place of an uncounted one away");
        if (inUse < header.channelCount) {
            m_result.notes.push_back(number(header.channelCount - inUse) +
                                     " channels were removed");
        }
        if (geometry.isDmxpCompatible && geometry.bytes < kDmxpDefaultBytes) {
            m_result.notes.push_back("DMXP clients that ask for their default of 128 MiB refuse "
                                     "it: it has " +
                                     formatBytes(static_cast<double>(geometry.bytes)));
        }
    }

    void checkEntry(std::size_t index, const layout::Channel& raw) {
        const std::string which = "channel " + number(index) + ": ";
        const std::uint64_t capacity = m_ring.geometry().channels[index].capacity;
        check(raw.channelId == index, which + "its id is " + number(raw.channelId));
        check(!isBefore(raw.tail, raw.head), which + "head " + number(raw.head) +
                                                 " is beyond tail " + number(raw.tail) +
                                                 ": one of them is of a channel before");
        check(isBefore(raw.tail, raw.head) || raw.tail - raw.head <= capacity,
              which + number(raw.tail - raw.head) + " messages between head and tail do not fit " +
                  number(capacity) + " slots");
    }

    Expected<void> checkSlots(std::size_t index, const layout::Channel& before) {
        const std::uint64_t capacity = m_ring.geometry().channels[index].capacity;
        const std::uint64_t count = std::min(capacity, m_slotsPerChannel);
        std::vector<SlotDetail> slots;
        for (std::uint64_t i = 0; i <= count; ++i) {
            const std::uint64_t slot =
                i < count ? (before.head + i) & (capacity - 1) : capacity - 1;
            auto detail = m_ring.slotDetail(index, slot, 0);
            if (!detail) {
                return detail.error();
            }
            slots.push_back(*detail);
        }
        const auto after = m_ring.readHead();
        if (!after) {
            return after.error();
        }
        OddSlots odd;
        for (const SlotDetail& slot : slots) {
            judge(index, slot, before, (*after)->channels[index].tail, odd);
        }
        m_result.slots += count;
        report(index, odd);
        return {};
    }

    void judge(std::size_t index, const SlotDetail& slot, const layout::Channel& before,
               std::uint64_t tailAfter, OddSlots& odd) const {
        const SegmentGeometry::Channel& channel = m_ring.geometry().channels[index];
        const std::uint64_t capacity = channel.capacity;
        const std::uint64_t mask = capacity - 1;
        const bool isFree = (slot.sequence & mask) == slot.slot;
        const bool isFull = ((slot.sequence - 1) & mask) == slot.slot;
        if (slot.sequence == 0 && slot.slot != 0 && before.tail <= slot.slot) {
            ++odd.uninitialised;
        } else if (!isFree && !isFull) {
            ++odd.unfit;
        } else if (isBefore(slot.sequence, before.tail - capacity)) {
            ++odd.old;
        } else if (!isBefore(slot.sequence, tailAfter + capacity)) {
            ++odd.ahead;
        } else if (isFull && !isFree && slot.metadata.payloadLength > channel.payloadCapacity) {
            ++odd.tooLong;
            odd.longest = std::max(odd.longest, slot.metadata.payloadLength);
        }
    }

    void report(std::size_t index, const OddSlots& odd) {
        const std::string which = "channel " + number(index) + ": ";
        check(odd.uninitialised == 0,
              which + number(odd.uninitialised) +
                  " slots have no sequence: it is being created, or its creator died");
        check(odd.unfit == 0,
              which + number(odd.unfit) + " slots have a sequence that fits no position of theirs");
        check(odd.old == 0, which + number(odd.old) +
                                " slots have sequences from before the last lap: the slots are of "
                                "another channel than head and tail");
        check(odd.ahead == 0, which + number(odd.ahead) +
                                  " slots have sequences that tail has not come to: head and tail "
                                  "are of another channel than the slots");
        check(odd.tooLong == 0,
              which + number(odd.tooLong) + " messages claim more than a slot holds (up to " +
                  number(odd.longest) + " bytes); Ringscope's consumers cut them, DMXP's read on");
    }

    const RingObserver& m_ring;
    std::uint64_t m_slotsPerChannel;
    LayoutCheck m_result;
};

} // namespace

Expected<LayoutCheck> checkLayout(const RingObserver& ring, std::uint64_t slotsPerChannel) {
    return Checker(ring, slotsPerChannel).run();
}

} // namespace ringscope
