// SPDX-License-Identifier: MIT
#include "core/workload/run_ring.h"

#include <algorithm>
#include <fcntl.h>
#include <random>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"
#include "core/ring/ring_layout.h"
#include "core/workload/message_body.h"

namespace ringscope {

namespace {

constexpr std::uint64_t kDmxpMinimumBytes = std::uint64_t{128} << 20U;

SegmentSpec segmentSpec(const Scenario& scenario, const std::string& name) {
    SegmentSpec spec;
    spec.name = name;
    ChannelSpec channel;
    channel.capacity = scenario.ring.capacity;
    channel.payloadCapacity = scenario.ring.payloadCapacity;
    channel.slotStride = scenario.ring.slotStride;
    if (scenario.ring.isDmxpCompatible) {
        channel.slotStride = layout::kDmxpStride;
        spec.wakeDmxpConsumers = true;
        spec.minimumBytes = kDmxpMinimumBytes;
    }
    spec.channels.assign(scenario.channelCount(), channel);
    // One entry per worker, role and channel that it may use.
    spec.rosterEntries = scenario.ring.rosterEntries != 0
                             ? scenario.ring.rosterEntries
                             : std::clamp(scenario.workerCount() * scenario.channelCount() * 2,
                                          std::uint32_t{256}, layout::kMaxRosterEntries);
    return spec;
}

// What checkScenario() cannot know of a ring that somebody else made.
Expected<void> checkFits(const Scenario& scenario, const Segment& segment) {
    const std::string ring = "ring segment " + segment.name();
    if (scenario.recovery.repairs && segment.rosterEntries() == nullptr) {
        return makeError(ErrorKind::usage,
                         ring + ": DMXP created it, so it has no roster that tells what a dead "
                                "worker held; set recovery.repair to false");
    }
    for (std::uint32_t index = 0; index < scenario.channelCount(); ++index) {
        const auto channel = usableChannel(segment, index);
        if (!channel) {
            return channel.error();
        }
        const std::string where = ring + ": channel " + std::to_string(index);
        if (scenario.largestPayload() > channel->payloadCapacity) {
            return makeError(ErrorKind::usage, where + " has slots for " +
                                                   std::to_string(channel->payloadCapacity) +
                                                   " bytes, the scenario sends up to " +
                                                   std::to_string(scenario.largestPayload()) +
                                                   "; make its payload smaller");
        }
        if (scenario.workers.batch > channel->capacity()) {
            return makeError(ErrorKind::usage,
                             where + " has " + std::to_string(channel->capacity()) +
                                 " slots, fewer than workers.batch (" +
                                 std::to_string(scenario.workers.batch) + "); make it smaller");
        }
    }
    return {};
}

} // namespace

void planRing(const Scenario& scenario, layout::RunPlan& plan) {
    const ProcessIdentity self = selfProcess();
    plan.creatorPid = self.pid;
    plan.creatorStartTicks = self.startTicks;
    plan.messageType = kWorkloadMessageType;
    if (scenario.ring.attach.empty()) {
        return;
    }
    plan.isShared = 1;
    std::random_device random;
    plan.messageType = sharedMessageType(static_cast<std::uint16_t>(random()));
    // Without one, a ring that DMXP clients can join is created under its name.
    const bool isThere = ::access(("/dev/shm/" + std::string(plan.ringName)).c_str(), F_OK) == 0;
    plan.isForeign = isThere || !scenario.ring.isDmxpCompatible ? 1 : 0;
    if (plan.isForeign != 0) {
        plan.prefault = 0; // its memory is not ours to make resident
    }
}

Expected<Segment> openRunRing(const Scenario& scenario, const layout::RunPlan& plan) {
    const std::string name = plan.ringName;
    if (plan.isForeign == 0) {
        return Segment::create(segmentSpec(scenario, name));
    }
    auto segment = Segment::attach(name);
    if (segment) {
        if (auto fits = checkFits(scenario, *segment); !fits) {
            return fits.error();
        }
    }
    return segment;
}

void removeRingOfDeadRun(const layout::RunPlan& plan) {
    if (plan.isForeign != 0) {
        return;
    }
    const std::string path = "/" + std::string(plan.ringName);
    if (plan.isShared != 0) {
        // Under a name that others use as well there may be another's ring by now.
        const FileDescriptor file(::shm_open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
        layout::Header header{};
        if (!file.isOpen() ||
            ::pread(file.get(), &header, sizeof(header), 0) != ssize_t{sizeof(header)} ||
            header.creatorPid != plan.creatorPid ||
            header.creatorStartTicks != plan.creatorStartTicks) {
            return;
        }
    }
    ::shm_unlink(path.c_str());
}

} // namespace ringscope
