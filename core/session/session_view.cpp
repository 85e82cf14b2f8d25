// SPDX-License-Identifier: MIT
#include "core/session/session_view.h"

namespace ringscope {

bool matchesPattern(std::string_view text, std::string_view pattern) {
    std::size_t t = 0;
    std::size_t p = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

std::vector<TrackRef> SessionView::match(std::string_view pattern) const {
    std::vector<TrackRef> found;
    for (std::uint32_t group = 0; group < groups.size(); ++group) {
        const auto& tracks = *groups[group].tracks;
        for (std::uint32_t column = 0; column < tracks.size(); ++column) {
            if (matchesPattern(tracks[column].name, pattern)) {
                found.push_back({group, column});
            }
        }
    }
    return found;
}

std::optional<TrackRef> SessionView::find(std::string_view trackName) const {
    for (std::uint32_t group = 0; group < groups.size(); ++group) {
        const auto& tracks = *groups[group].tracks;
        for (std::uint32_t column = 0; column < tracks.size(); ++column) {
            if (tracks[column].name == trackName) {
                return TrackRef{group, column};
            }
        }
    }
    return std::nullopt;
}

std::shared_ptr<const StallPicture> SessionView::stallAt(std::int64_t timeNs) const {
    if (stalls) {
        for (const auto& stall : *stalls) {
            if (stall->timeNs == timeNs) {
                return stall;
            }
        }
    }
    return nullptr;
}

const TrackDescription& SessionView::description(TrackRef track) const {
    return (*groups[track.group].tracks)[track.column];
}

const SampleTableView& SessionView::samples(TrackRef track) const {
    return groups[track.group].samples;
}

} // namespace ringscope
