// SPDX-License-Identifier: MIT
#include "core/ring/segment_list.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "core/ring/layout_check.h"
#include "core/ring/ring_observer.h"
#include "core/ring/segment.h"
#include "core/ring/segment_mappers.h"

namespace ringscope {

namespace {

constexpr const char* kFolder = "/dev/shm";
constexpr std::uint64_t kSlotsPerChannel = 16; // of a look at every segment there is

bool isDmxpName(const std::string& name) {
    return name == kDmxpSegmentName || name.rfind("dmxp_ctrl", 0) == 0 ||
           name.rfind("dmxp_data_", 0) == 0;
}

void judge(SegmentSummary& summary) {
    if (isDmxpName(summary.name) || !summary.hasExtension) {
        summary.keptBecause = "it is DMXP's";
    } else if (summary.creatorLiveness == Liveness::unknown ||
               summary.creator.pidNamespace != selfProcess().pidNamespace) {
        summary.keptBecause = "its creator belongs to another pid namespace and cannot be judged";
    } else if (summary.creatorLiveness != Liveness::dead) {
        summary.keptBecause =
            "its creator (pid " + std::to_string(summary.creator.pid) + ") is running";
    } else if (!summary.mappedBy.empty()) {
        summary.keptBecause = "pid " + std::to_string(summary.mappedBy.front()) + " has it mapped";
    } else if (summary.liveParticipants > 0) {
        summary.keptBecause = "a live participant is registered in its roster";
    } else {
        summary.isOrphaned = true;
    }
}

void readContents(SegmentSummary& summary) {
    auto observer = RingObserver::open(summary.name);
    if (!observer) {
        summary.problem = observer.error().message;
        return;
    }
    if (const auto cursors = observer->cursors()) {
        summary.channels.assign(cursors->begin(), cursors->end());
    } else {
        summary.problem = cursors.error().message;
    }
    if (auto participants = observer->participants()) {
        summary.participants = std::move(*participants);
    } else {
        summary.problem = participants.error().message;
    }
    if (auto checked = checkLayout(*observer, kSlotsPerChannel)) {
        summary.layoutOff = std::move(checked->off);
    }
    for (const Participant& one : summary.participants) {
        summary.liveParticipants += livenessOf(one) == Liveness::dead ? 0U : 1U;
    }
}

// Empty when the file is no ring (scoreboards and ledgers lie in the same folder) or is not ours to
// read.
std::optional<SegmentSummary> summarise(const std::string& name, const SegmentMappers& mappers) {
    const std::string path = std::string(kFolder) + "/" + name;
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status {};
    layout::Header header{};
    if (!file.isOpen() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        ::pread(file.get(), &header, sizeof(header), 0) < 8) {
        return std::nullopt;
    }
    SegmentSummary summary;
    summary.name = name;
    summary.bytes = static_cast<std::uint64_t>(status.st_size);
    summary.isDmxpCompatible = header.magic == layout::kDmxpMagic;
    summary.hasExtension = header.extensionMagic == layout::kExtensionMagic;
    if (!summary.isDmxpCompatible && header.magic != layout::kRingscopeMagic &&
        !summary.hasExtension) {
        return std::nullopt;
    }
    if (summary.hasExtension) {
        summary.creator = {header.creatorPid, header.creatorStartTicks, header.creatorPidNamespace};
        summary.creatorLiveness = livenessOf(summary.creator);
    }
    if (const auto found = mappers.find(FileKey{status.st_dev, status.st_ino});
        found != mappers.end()) {
        summary.mappedBy = found->second;
    }
    readContents(summary);
    judge(summary);
    return summary;
}

} // namespace

std::vector<SegmentSummary> listSegments() {
    std::vector<SegmentSummary> segments;
    const SegmentMappers mappers = readSegmentMappers();
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder, error)) {
        if (auto summary = summarise(entry.path().filename().string(), mappers)) {
            segments.push_back(std::move(*summary));
        }
    }
    std::sort(segments.begin(), segments.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return segments;
}

Expected<void> removeSegment(const std::string& name, RemovePolicy policy) {
    const std::string path = std::string(kFolder) + "/" + name;
    if (name.empty() || name.find('/') != std::string::npos || ::access(path.c_str(), F_OK) != 0) {
        return makeError(ErrorKind::target,
                         "ring segment " + name +
                             ": does not exist; `ringscope-cli rings` lists those that do");
    }
    const auto summary = summarise(name, readSegmentMappers());
    if (!summary) {
        return makeError(ErrorKind::failed, "/dev/shm/" + name +
                                                " is no ring segment, or may not be read; it was "
                                                "left alone");
    }
    if (policy == RemovePolicy::refuseWhileInUse &&
        (summary->liveParticipants > 0 || !summary->mappedBy.empty())) {
        const std::string user =
            summary->mappedBy.empty()
                ? "a live participant is registered in its roster"
                : "pid " + std::to_string(summary->mappedBy.front()) + " has it mapped";
        return makeError(ErrorKind::failed, "ring segment " + name + " is in use (" + user +
                                                "); end that first, or use --force");
    }
    if (::unlink(path.c_str()) != 0) {
        return systemError(ErrorKind::target, "ring segment " + name + ": cannot be removed",
                           errno);
    }
    return {};
}

} // namespace ringscope
