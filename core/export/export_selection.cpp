// SPDX-License-Identifier: MIT
#include "core/export/export_selection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace ringscope {

namespace {

std::string someTrackNames(const SessionView& view) {
    constexpr std::size_t kShown = 6;
    const std::vector<TrackRef> all = view.match("*");
    std::string names;
    for (std::size_t i = 0; i < std::min(kShown, all.size()); ++i) {
        names += (i == 0 ? "" : ", ") + view.description(all[i]).name;
    }
    return all.size() > kShown ? names + ", ..." : names;
}

} // namespace

Expected<std::vector<TrackRef>> selectTracks(const SessionView& view,
                                             const ExportSelection& selection) {
    if (selection.patterns.empty()) {
        return view.match("*");
    }
    std::vector<TrackRef> chosen;
    for (const std::string& pattern : selection.patterns) {
        const std::vector<TrackRef> found = view.match(pattern);
        if (found.empty()) {
            return makeError(ErrorKind::usage, "no track is called '" + pattern +
                                                   "'; this session has " + someTrackNames(view) +
                                                   " (ringscope-cli info lists all)");
        }
        chosen.insert(chosen.end(), found.begin(), found.end());
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

std::string secondsText(std::int64_t ns) {
    constexpr std::int64_t kNs = 1'000'000'000;
    const std::int64_t whole = ns / kNs;
    const std::int64_t rest = ns % kNs;
    std::array<char, 48> text{};
    const bool isNegative = ns < 0;
    std::snprintf(text.data(), text.size(), "%s%lld.%09lld", isNegative ? "-" : "",
                  static_cast<long long>(isNegative ? -whole : whole),
                  static_cast<long long>(isNegative ? -rest : rest));
    return text.data();
}

std::string numberText(double value) {
    if (std::isnan(value)) {
        return {};
    }
    std::array<char, 40> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? std::string(text.data(), end) : std::string{};
}

} // namespace ringscope
