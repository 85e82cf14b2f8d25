// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/session/session_view.h"

namespace ringscope {

// On what a session keeps memory maps by itself.
struct MapTrigger {
    enum class Kind : std::uint8_t {
        marker, // each marker: a phase, a finding, one that a person set
        above,  // the track rises above value, again only after it was 5 % below
        below,  // it falls below value, again only after it was 5 % above
        grown   // it is value more than at the map before, or than when it was first seen
    };
    Kind kind = Kind::marker;
    std::string track; // empty for a marker
    double value = 0;  // as the track stores it: bytes, ns, a total
    bool operator==(const MapTrigger&) const = default;
};

// When a session keeps the memory maps of its processes without being asked for them.
struct MapPlan {
    std::optional<std::int64_t> periodNs; // empty: not again and again
    std::vector<MapTrigger> triggers;
    bool operator==(const MapPlan&) const = default;
};

// "marker", "memory.rss>500MiB", "ring.fill<5", "heap.live_bytes+64MiB"; values are plain numbers,
// amounts (parseBytes()) or durations (parseDurationNs()). Errors (usage) name the text.
[[nodiscard]] Expected<MapTrigger> parseMapTrigger(std::string_view text);
// What parseMapTrigger() reads as the same trigger.
[[nodiscard]] std::string mapTriggerText(const MapTrigger& trigger);

// Watches for its triggers, view by view of one session.
class MapTriggers {
public:
    // markers: those that were there before it watches.
    explicit MapTriggers(std::vector<MapTrigger> triggers = {},
                         std::shared_ptr<const std::vector<Marker>> markers = nullptr);

    // Why maps are due now, in words; empty: they are not. At most once a kMinimumGapNs: what
    // happens within it is due behind it, if it still holds then.
    [[nodiscard]] std::string due(const SessionView& view);
    // After each taking: its cost stretches the gap to 100 times of it.
    void noteCost(std::int64_t costNs);
    // The tracks that no view had so far.
    [[nodiscard]] std::vector<std::string> unknownTracks() const;

    static constexpr std::int64_t kMinimumGapNs = 1'000'000'000;

private:
    struct Watched {
        MapTrigger trigger;
        std::optional<TrackRef> track; // empty: not seen yet, or a marker
        std::optional<double> base;    // of grown
        bool isArmed = true;
    };
    // The newest value, NaN without one.
    static double valueOf(Watched& watched, const SessionView& view);
    static void rearm(Watched& watched, double value);
    [[nodiscard]] static bool isMet(const Watched& watched, double value);
    [[nodiscard]] std::string newMarker(const SessionView& view) const;

    std::vector<Watched> m_watched;
    std::shared_ptr<const std::vector<Marker>> m_markers; // those that were answered
    std::int64_t m_notBeforeNs = 0;
    std::int64_t m_gapNs = kMinimumGapNs;
};

} // namespace ringscope
