// SPDX-License-Identifier: MIT
#include "core/session/map_trigger.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/units.h"

namespace ringscope {

namespace {

using Kind = MapTrigger::Kind;

constexpr double kRearmShare = 0.05;
constexpr std::int64_t kBudgetDivisor = 100; // 1 % of a core

constexpr std::string_view kMarkerWord = "marker";
constexpr std::string_view kSigns = "><+";

char signOf(Kind kind) {
    return kind == Kind::above ? '>' : kind == Kind::below ? '<' : '+';
}

Kind kindOf(char sign) {
    return sign == '>' ? Kind::above : sign == '<' ? Kind::below : Kind::grown;
}

std::string_view withoutSpaces(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    return first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<double> valueFromText(std::string_view text) {
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
        return std::isfinite(number) ? std::optional(number) : std::nullopt;
    }
    if (const auto bytes = parseBytes(text)) {
        return static_cast<double>(*bytes);
    }
    if (const auto ns = parseDurationNs(text)) {
        return static_cast<double>(*ns);
    }
    return std::nullopt;
}

} // namespace

Expected<MapTrigger> parseMapTrigger(std::string_view text) {
    const std::string_view all = withoutSpaces(text);
    if (all == kMarkerWord) {
        return MapTrigger{};
    }
    const auto refuse = [text] {
        return makeError(ErrorKind::usage,
                         "'" + std::string(text) +
                             "' does not say when to keep a memory map: write marker, or a track, "
                             "one of > < + and a value, for example memory.rss>500MiB");
    };
    const auto sign = all.find_first_of(kSigns);
    if (sign == std::string_view::npos) {
        return refuse();
    }
    MapTrigger trigger;
    trigger.kind = kindOf(all[sign]);
    trigger.track = withoutSpaces(all.substr(0, sign));
    const auto value = valueFromText(withoutSpaces(all.substr(sign + 1)));
    if (trigger.track.empty() || !value || (trigger.kind == Kind::grown && *value <= 0)) {
        return refuse();
    }
    trigger.value = *value;
    return trigger;
}

std::string mapTriggerText(const MapTrigger& trigger) {
    if (trigger.kind == Kind::marker) {
        return std::string(kMarkerWord);
    }
    std::array<char, 32> number{};
    const auto end = std::to_chars(number.data(), number.data() + number.size(), trigger.value).ptr;
    return trigger.track + signOf(trigger.kind) + std::string(number.data(), end);
}

MapTriggers::MapTriggers(std::vector<MapTrigger> triggers,
                         std::shared_ptr<const std::vector<Marker>> markers)
    : m_markers(std::move(markers)) {
    for (MapTrigger& trigger : triggers) {
        m_watched.push_back({std::move(trigger), std::nullopt, std::nullopt});
    }
}

double MapTriggers::valueOf(Watched& watched, const SessionView& view) {
    if (!watched.track) {
        watched.track = view.find(watched.trigger.track);
    }
    if (!watched.track) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const SampleTableView& samples = view.samples(*watched.track);
    return samples.rows() == 0 ? std::numeric_limits<double>::quiet_NaN()
                               : samples.valueAt(watched.track->column, samples.rows() - 1);
}

void MapTriggers::rearm(Watched& watched, double value) {
    const double limit = watched.trigger.value;
    const double margin = std::abs(limit) * kRearmShare;
    if (watched.trigger.kind == Kind::above) {
        watched.isArmed = watched.isArmed || value <= limit - margin;
    } else if (watched.trigger.kind == Kind::below) {
        watched.isArmed = watched.isArmed || value >= limit + margin;
    } else if (!watched.base && !std::isnan(value)) {
        watched.base = value;
    }
}

bool MapTriggers::isMet(const Watched& watched, double value) {
    switch (watched.trigger.kind) {
    case Kind::above:
        return watched.isArmed && value > watched.trigger.value;
    case Kind::below:
        return watched.isArmed && value < watched.trigger.value;
    case Kind::grown:
        return watched.base && value >= *watched.base + watched.trigger.value;
    case Kind::marker:
        break;
    }
    return false;
}

// Views share their markers, and one that is set later may stand before others.
std::string MapTriggers::newMarker(const SessionView& view) const {
    if (!view.markers || view.markers == m_markers || view.markers->empty()) {
        return {};
    }
    const std::vector<Marker> none;
    const std::vector<Marker>& before = m_markers ? *m_markers : none;
    if (view.markers->size() == before.size()) {
        return {};
    }
    const auto same = [](const Marker& one, const Marker& other) {
        return one.timeNs == other.timeNs && one.kind == other.kind && one.text == other.text;
    };
    const auto [added, old] = std::mismatch(view.markers->begin(), view.markers->end(),
                                            before.begin(), before.end(), same);
    return added == view.markers->end() ? std::string() : added->text;
}

std::string MapTriggers::due(const SessionView& view) {
    const bool isAllowed = view.endNs >= m_notBeforeNs;
    std::string why;
    const auto add = [&why](const std::string& reason) {
        why += why.empty() ? reason : "; " + reason;
    };
    for (Watched& watched : m_watched) {
        const MapTrigger& trigger = watched.trigger;
        if (trigger.kind == Kind::marker) {
            if (const std::string text = isAllowed ? newMarker(view) : std::string();
                !text.empty()) {
                add("marker: " + text);
            }
            continue;
        }
        const double value = valueOf(watched, view);
        rearm(watched, value);
        if (!isAllowed || !isMet(watched, value)) {
            continue;
        }
        const Unit unit = view.description(*watched.track).unit;
        if (trigger.kind == Kind::grown) {
            add(trigger.track + " grew by " + formatValue(value - *watched.base, unit));
            watched.base = value;
        } else {
            add(trigger.track + (trigger.kind == Kind::above ? " rose above " : " fell below ") +
                formatValue(trigger.value, unit));
            watched.isArmed = false;
        }
    }
    if (isAllowed) {
        m_markers = view.markers;
    }
    if (!why.empty()) {
        m_notBeforeNs = view.endNs + m_gapNs;
    }
    return why;
}

void MapTriggers::noteCost(std::int64_t costNs) {
    const std::int64_t gapNs = std::max(kMinimumGapNs, costNs * kBudgetDivisor);
    m_notBeforeNs += gapNs - m_gapNs;
    m_gapNs = gapNs;
}

std::vector<std::string> MapTriggers::unknownTracks() const {
    std::vector<std::string> names;
    for (const Watched& watched : m_watched) {
        if (watched.trigger.kind != Kind::marker && !watched.track) {
            names.push_back(watched.trigger.track);
        }
    }
    return names;
}

} // namespace ringscope
