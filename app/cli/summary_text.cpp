// SPDX-License-Identifier: MIT
#include "app/cli/summary_text.h"

#include "app/cli/annotation_text.h"
#include "app/cli/console.h"
#include "core/base/units.h"

namespace ringscope {

namespace {

std::string nanoseconds(std::uint64_t ns) {
    return formatValue(static_cast<double>(ns), Unit::nanoseconds);
}
std::string bytes(std::uint64_t amount) {
    return formatBytes(static_cast<double>(amount));
}

std::string bytesOrUnknown(const std::optional<std::uint64_t>& amount) {
    return amount ? bytes(*amount) : "unknown (not permitted, or never read)";
}

std::string deliveryLines(const RunSummary& summary) {
    const auto& m = *summary.messages;
    std::string text = "messages   sent " + std::to_string(m.sent) + ", received " +
                       std::to_string(m.received) + ", in the ring " + std::to_string(m.inRing) +
                       '\n';
    text += "delivery   lost " + std::to_string(m.lost) +
            (m.lostWithHolder != 0
                 ? " (" + std::to_string(m.lostWithHolder) + " with the consumer that held it)"
                 : "") +
            ", duplicated " + std::to_string(m.duplicated) + ", reordered " +
            std::to_string(m.reordered) + ", corrupted " + std::to_string(m.corrupted) + '\n';
    if (m.takenByOthers + m.foreign > 0) {
        text += "others     took " + std::to_string(m.takenByOthers) + " of ours, sent " +
                std::to_string(m.foreign) + " that we received\n";
    }
    return text + "throughput " + formatValue(summary.throughputPerSecond, Unit::countPerSec) +
           '\n';
}

std::string recoveryLines(const RunSummary::Recovery& r) {
    std::string text = "recovery   " + std::to_string(r.deaths) + " deaths, " +
                       std::to_string(r.restarts) + " restarts, " + std::to_string(r.stops) +
                       " stops; given back " + std::to_string(r.tombstones) +
                       " slots of producers and " + std::to_string(r.slotsOfMessages) +
                       " of consumers; longest standstill " + nanoseconds(r.standstillNs) + '\n';
    for (const std::string& sentence : r.unrepaired) {
        text += "           not repaired: " + sentence + '\n';
    }
    return text;
}

std::string workerTable(const RunSummary& summary) {
    std::vector<std::vector<std::string>> rows{{"worker", "outcome", "pid", "messages"}};
    for (const RunSummary::Worker& worker : summary.workers) {
        rows.push_back({worker.role + " " + std::to_string(worker.index), worker.outcome,
                        std::to_string(worker.pid), std::to_string(worker.messages)});
    }
    return alignedTable(rows, 2);
}

} // namespace

std::string sizingText(const std::vector<ChannelSizing>& sizing) {
    constexpr std::size_t kMostLines = 8;
    const bool areAll = sizing.size() <= kMostLines;
    std::string text;
    std::size_t lines = 0;
    for (const ChannelSizing& channel : sizing) {
        if ((areAll || channel.advice != SizingAdvice::suffices) && lines < kMostLines) {
            ++lines;
            text += "sizing     " + channel.label + ": " + sizingSentence(channel) + '\n';
        }
    }
    if (lines < sizing.size()) {
        text += "sizing     " + std::to_string(sizing.size() - lines) +
                " more channels: --json has them\n";
    }
    return text;
}

std::string summaryText(const RunSummary& summary) {
    std::string text = summary.scenario + ": " + summary.outcome + " after " +
                       formatDuration(static_cast<std::int64_t>(summary.durationSeconds * 1e9)) +
                       (summary.messages ? ", seed " + std::to_string(summary.seed) : "") + '\n';
    if (summary.messages) {
        text += deliveryLines(summary);
    }
    if (summary.recovery && summary.recovery->deaths + summary.recovery->stops > 0) {
        text += recoveryLines(*summary.recovery);
    }
    if (summary.latency && summary.latency->samples > 0) {
        const auto& l = *summary.latency;
        text += "latency    p50 " + nanoseconds(l.p50) + ", p90 " + nanoseconds(l.p90) + ", p99 " +
                nanoseconds(l.p99) + ", p99.9 " + nanoseconds(l.p999) + ", max " +
                nanoseconds(l.max) + '\n';
    }
    if (summary.ring) {
        const auto& r = *summary.ring;
        text += "ring       " + r.name + ": " + std::to_string(r.channels) + " x " +
                std::to_string(r.capacity) + " slots of " + std::to_string(r.slotStride) +
                " bytes, " + bytes(r.bytes) + ", fullest " +
                formatValue(r.fillMaxPercent, Unit::percent) + ", full waits " +
                std::to_string(r.fullWaits) + ", empty waits " + std::to_string(r.emptyWaits) +
                '\n';
    }
    text += sizingText(summary.sizing);
    if (summary.leaks) {
        const auto& l = *summary.leaks;
        text += "leaks      definite " + bytes(l.definiteBytes) + " in " +
                std::to_string(l.definite) + " blocks, indirect " + bytes(l.indirectBytes) +
                " in " + std::to_string(l.indirect) + ", possible " + bytes(l.possibleBytes) +
                " in " + std::to_string(l.possible) +
                "; processes searched at exit: " + std::to_string(l.processes) + '\n';
    }
    if (summary.heap) {
        const auto& h = *summary.heap;
        text += "heap       " + std::to_string(h.allocations) + " allocations, " +
                std::to_string(h.frees) + " frees, live " + bytes(h.liveBytes) + ", peak " +
                bytes(h.peakBytes) + " (as sampled)";
        if (h.allocationsPerMessage) {
            text += ", " + formatValue(*h.allocationsPerMessage, Unit::ratePerMessage);
        }
        text += '\n' + annotationLines(h.annotations);
    }
    if (summary.memory) {
        const auto& m = *summary.memory;
        text += "memory     peaks: RSS " + bytes(m.rssPeak) + ", PSS " + bytesOrUnknown(m.pssPeak) +
                ", private " + bytesOrUnknown(m.privatePeak) +
                "; faults: " + std::to_string(m.minorFaults) + " minor, " +
                std::to_string(m.majorFaults) + " major\n";
    }
    return summary.workers.empty() ? text : text + workerTable(summary);
}

} // namespace ringscope
