// SPDX-License-Identifier: MIT
#include "core/session/track_names.h"

#include <algorithm>
#include <array>

#include "core/memory/memory_type.h"

namespace ringscope {

namespace {

// In the order of docs/tracks.md, which a test holds against this.
constexpr std::array<std::string_view, 30> kSums = {
    "ring.fill",           "messages.sent",        "messages.received",
    "messages.full_waits", "messages.empty_waits", "latency.p50",
    "latency.p90",         "latency.p99",          "latency.p999",
    "latency.max",         "heap.allocations",     "heap.frees",
    "heap.live_bytes",     "heap.live_blocks",     "heap.peak_bytes",
    "memory.rss",          "memory.anonymous",     "memory.file",
    "memory.shmem",        "memory.swap",          "memory.page_tables",
    "memory.rss_peak",     "memory.minor_faults",  "memory.major_faults",
    "memory.pss",          "memory.private",       "memory.shared",
    "ringscope.cpu",       "ringscope.rss",        "heap.allocations_per_message"};
constexpr std::array<std::string_view, 11> kOfProcess = {
    "heap.allocations",    "heap.frees",       "heap.live_bytes", "heap.free_bytes",
    "memory.rss",          "memory.anonymous", "memory.shmem",    "memory.minor_faults",
    "memory.major_faults", "memory.pss",       "memory.private"};
constexpr std::array<std::string_view, 3> kOfChannel = {"fill", "sent", "received"};

template <typename Names>
bool holds(const Names& names, std::string_view name) {
    return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
}

// What follows "<prefix><number>."; empty: the name is none of those.
std::string_view behindNumber(std::string_view name, std::size_t prefix) {
    const auto dot = name.find('.', prefix);
    if (dot == std::string_view::npos || dot == prefix) {
        return {};
    }
    const std::string_view number = name.substr(prefix, dot - prefix);
    const bool isNumber =
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    return isNumber ? name.substr(dot + 1) : std::string_view();
}

} // namespace

bool canBeTrackName(std::string_view name) {
    constexpr std::string_view kChannel = "ring.ch";
    constexpr std::string_view kType = "memory.type.";
    if (name.starts_with(kChannel)) {
        return holds(kOfChannel, behindNumber(name, kChannel.size()));
    }
    if (name.starts_with(kType)) {
        return std::any_of(kMemoryTypes.begin(), kMemoryTypes.end(), [&](MemoryType type) {
            return memoryTypeName(type) == name.substr(kType.size()) && type != MemoryType::free &&
                   type != MemoryType::reserved;
        });
    }
    if (!name.empty() && name.front() >= 'A' && name.front() <= 'Z') {
        return holds(kOfProcess, behindNumber(name, 1));
    }
    return holds(kSums, name);
}

} // namespace ringscope
