// SPDX-License-Identifier: MIT
#include "tests/fuzz/segment_mutator.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "core/base/process_identity.h"
#include "core/ring/ring_layout.h"

namespace ringscope {

namespace {

struct Field {
    std::size_t offset;
    std::size_t size;
};

constexpr std::array kHeaderFields{
    Field{offsetof(layout::Header, magic), 8},
    Field{offsetof(layout::Header, version), 4},
    Field{offsetof(layout::Header, maxChannels), 4},
    Field{offsetof(layout::Header, channelCount), 4},
    Field{offsetof(layout::Header, extensionMagic), 8},
    Field{offsetof(layout::Header, extensionVersion), 4},
    Field{offsetof(layout::Header, ready), 4},
    Field{offsetof(layout::Header, rosterOffset), 8},
    Field{offsetof(layout::Header, rosterEntries), 4},
    Field{offsetof(layout::Header, rosterEntryBytes), 4},
    Field{offsetof(layout::Header, segmentBytes), 8},
    Field{offsetof(layout::Header, creatorPid), 4},
    Field{offsetof(layout::Header, creatorStartTicks), 8},
    Field{offsetof(layout::Header, creatorPidNamespace), 8},
    Field{offsetof(layout::Header, journalAct), 8},
    Field{offsetof(layout::Header, journalPosition), 8},
};
constexpr std::array kChannelFields{
    Field{offsetof(layout::Channel, channelId), 4},
    Field{offsetof(layout::Channel, flags), 4},
    Field{offsetof(layout::Channel, capacity), 8},
    Field{offsetof(layout::Channel, bandOffset), 8},
    Field{offsetof(layout::Channel, slotStride), 4},
    Field{offsetof(layout::Channel, payloadCapacity), 4},
    Field{offsetof(layout::Channel, wakeFlags), 4},
    Field{offsetof(layout::Channel, tail), 8},
    Field{offsetof(layout::Channel, head), 8},
    Field{offsetof(layout::Channel, consumersAsleep), 4},
    Field{offsetof(layout::Channel, tombstonesByRepair), 8},
};
constexpr std::array kRosterFields{
    Field{offsetof(layout::RosterEntry, owner), 8},
    Field{offsetof(layout::RosterEntry, confirmed), 8},
    Field{offsetof(layout::RosterEntry, pid), 4},
    Field{offsetof(layout::RosterEntry, tid), 4},
    Field{offsetof(layout::RosterEntry, pidNamespace), 8},
    Field{offsetof(layout::RosterEntry, processStartTicks), 8},
    Field{offsetof(layout::RosterEntry, role), 4},
    Field{offsetof(layout::RosterEntry, threadStartTicks), 8},
    Field{offsetof(layout::RosterEntry, channel), 4},
    Field{offsetof(layout::RosterEntry, joinedNs), 8},
    Field{offsetof(layout::RosterEntry, intentFirst), 8},
    Field{offsetof(layout::RosterEntry, intent), 8},
    Field{offsetof(layout::RosterEntry, activity), 8},
};

std::uint64_t below(std::mt19937& random, std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random);
}

std::uint64_t valueAtALimit(const SparseImage& image, std::mt19937& random) {
    const std::array<std::uint64_t, 12> limits{0,
                                               layout::kMaxCapacity,
                                               layout::kMaxRosterEntries,
                                               layout::kHeaderBytes,
                                               image.fileBytes,
                                               image.lateFileBytes,
                                               std::uint64_t{1} << 31U,
                                               std::uint64_t{1} << 32U,
                                               std::uint64_t{1} << 63U,
                                               layout::kIntentClaimed | 2,
                                               layout::kDmxpMagic,
                                               layout::kExtensionMagic};
    switch (below(random, 4)) {
    case 0:
        return limits[below(random, limits.size())];
    case 1:
        return limits[below(random, limits.size())] + below(random, 5) - 2;
    case 2:
        return std::uint64_t{1} << below(random, 64);
    default:
        return below(random, 300);
    }
}

void addRun(SparseImage& image, std::uint64_t offset, std::uint64_t value, std::size_t size,
            std::mt19937& random) {
    SparseImage::Run run;
    run.offset = offset / 8 * 8;
    run.isLate = below(random, 3) == 0;
    run.bytes.resize(8);
    // A run begins at a word: the other half of it is kept where it is known.
    for (const auto& known : image.runs) {
        if (known.offset <= run.offset && run.offset + 8 <= known.offset + known.bytes.size()) {
            std::memcpy(run.bytes.data(), known.bytes.data() + (run.offset - known.offset), 8);
        }
    }
    std::memcpy(run.bytes.data() + offset % 8, &value, size);
    image.runs.push_back(std::move(run));
}

void setField(SparseImage& image, std::mt19937& random) {
    const std::uint64_t value = valueAtALimit(image, random);
    const std::uint64_t roster = layout::kHeaderBytes + below(random, 4) * 128;
    const std::uint64_t channel = sizeof(layout::Header) + below(random, 3) * 384;
    switch (below(random, 5)) {
    case 0: {
        const Field field = kHeaderFields[below(random, kHeaderFields.size())];
        return addRun(image, field.offset, value, field.size, random);
    }
    case 1: {
        const Field field = kChannelFields[below(random, kChannelFields.size())];
        return addRun(image, channel + field.offset, value, field.size, random);
    }
    case 2: {
        const Field field = kRosterFields[below(random, kRosterFields.size())];
        return addRun(image, roster + field.offset, value, field.size, random);
    }
    case 3: { // somebody who lives
        const ProcessIdentity self = selfProcess();
        addRun(image, roster + offsetof(layout::RosterEntry, pid),
               static_cast<std::uint32_t>(self.pid), 4, random);
        return addRun(image, roster + offsetof(layout::RosterEntry, processStartTicks),
                      self.startTicks, 8, random);
    }
    default: // a slot, wherever
        return addRun(image, layout::kHeaderBytes + below(random, 1024) * 64, value, 8, random);
    }
}

} // namespace

void mutateSegment(SparseImage& image, std::mt19937& random) {
    if (image.runs.empty() || below(random, 2) == 0) {
        return setField(image, random);
    }
    auto& run = image.runs[below(random, image.runs.size())];
    switch (below(random, 5)) {
    case 0:
        image.fileBytes = valueAtALimit(image, random) % SparseImage::kLargestFile;
        break;
    case 1:
        image.lateFileBytes = valueAtALimit(image, random) % SparseImage::kLargestFile;
        break;
    case 2: // a table of 256 channels
        run.repeats = static_cast<std::uint32_t>(1U << below(random, 9));
        run.step = below(random, 2) == 0 ? 128 : below(random, 2) == 0 ? 384 : run.bytes.size();
        break;
    case 3:
        run.isLate = !run.isLate;
        break;
    default:
        image.runs.erase(image.runs.begin() + (&run - image.runs.data()));
    }
}

} // namespace ringscope
