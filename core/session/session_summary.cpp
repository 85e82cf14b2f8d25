// SPDX-License-Identifier: MIT
#include "core/session/session_summary.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace ringscope {

namespace {

// Largest value of a track; empty without one.
std::optional<double> largest(const SessionView& view, std::string_view name) {
    const std::optional<TrackRef> track = view.find(name);
    if (!track) {
        return std::nullopt;
    }
    const SampleTableView& samples = view.samples(*track);
    const RangeSummary all = samples.summarize(track->column, 0, samples.rows());
    return all.valid == 0 ? std::nullopt : std::optional(all.max);
}

std::optional<std::uint64_t> bytesOf(const std::optional<double>& value) {
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

std::uint64_t bytesOr0(const std::optional<double>& value) {
    return static_cast<std::uint64_t>(value.value_or(0));
}

} // namespace

void addTrackNumbers(RunSummary& summary, const SessionView& view) {
    if (const auto rss = largest(view, "memory.rss")) {
        RunSummary::Memory& memory = summary.memory.emplace(RunSummary::Memory{});
        memory.rssPeak = bytesOr0(rss);
        memory.pssPeak = bytesOf(largest(view, "memory.pss"));
        memory.privatePeak = bytesOf(largest(view, "memory.private"));
        // They only rise, so the largest is the last, whatever gaps there are.
        memory.minorFaults = bytesOr0(largest(view, "memory.minor_faults"));
        memory.majorFaults = bytesOr0(largest(view, "memory.major_faults"));
    }
    if (const auto fill = largest(view, "ring.fill")) {
        if (!summary.ring) {
            summary.ring.emplace(RunSummary::Ring{});
        }
        summary.ring->fillMaxPercent = std::max(summary.ring->fillMaxPercent, *fill);
    }
    summary.sizing = sizingOf(view);
    if (view.ring && summary.ring && summary.ring->name.empty()) {
        RunSummary::Ring& ring = *summary.ring;
        ring.name = view.ring->name;
        ring.bytes = view.ring->bytes;
        ring.slotStride = view.ring->slotStride;
        ring.channels = static_cast<std::uint32_t>(view.ring->channels.size());
        for (const ChannelCursors& channel : view.ring->channels) {
            ring.capacity = std::max(ring.capacity, channel.capacity);
        }
    }
}

} // namespace ringscope
