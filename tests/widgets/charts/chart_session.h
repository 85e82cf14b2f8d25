// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <memory>
#include <utility>

#include "tests/support/session_builder.h"

namespace ringscope {

constexpr std::int64_t kTestStart = 1'000'000'000'000;
constexpr std::int64_t kTestMs = 1'000'000;

// A session of `ms` milliseconds with channels, messages and memory types; a hole in the channels
// between 2.0 and 2.5 s, as lost samples leave one.
inline std::shared_ptr<SessionView> chartSession(std::int64_t ms, int channels = 2,
                                                 bool isLive = true) {
    SessionBuilder builder;
    for (int channel = 0; channel < channels; ++channel) {
        SessionBuilder::Samples fill;
        for (std::int64_t at = 0; at <= ms; ++at) {
            const double value = 50 + 30 * std::sin(static_cast<double>(at) / 300.0 + channel);
            fill.emplace_back(kTestStart + at * kTestMs,
                              at > 2000 && at < 2500 ? std::nan("") : value);
        }
        builder.track("ring.ch" + std::to_string(channel) + ".fill", TrackKind::gauge,
                      Unit::percent, fill);
    }
    SessionBuilder::Samples sent;
    SessionBuilder::Samples received;
    SessionBuilder::Samples heap;
    SessionBuilder::Samples shareable;
    for (std::int64_t at = 0; at <= ms; at += 10) {
        const auto t = static_cast<double>(at);
        sent.emplace_back(kTestStart + at * kTestMs, 3000 * t);
        received.emplace_back(kTestStart + at * kTestMs, 2000 * t);
    }
    for (std::int64_t at = 0; at <= ms; at += 100) {
        heap.emplace_back(kTestStart + at * kTestMs, 4.0 * 1048576);
        shareable.emplace_back(kTestStart + at * kTestMs, 8.0 * 1048576);
    }
    builder.track("messages.sent", TrackKind::counter, Unit::count, sent);
    builder.track("messages.received", TrackKind::counter, Unit::count, received);
    builder.track("memory.type.Shareable", TrackKind::gauge, Unit::bytes, shareable);
    builder.track("memory.type.Heap", TrackKind::gauge, Unit::bytes, heap);
    auto view = std::make_shared<SessionView>(builder.build());
    Provenance from;
    from.version = "0.1.0";
    from.scenario = "steady <&>";
    from.seed = 42;
    from.kernel = "Linux 6.1";
    from.machine = "Test CPU, 2 cores";
    from.startMonotonicNs = kTestStart;
    view->provenance = std::make_shared<const Provenance>(from);
    view->markers = std::make_shared<const std::vector<Marker>>(
        std::vector<Marker>{{kTestStart + 500 * kTestMs, MarkerKind::user, "here"}});
    view->sources = {{"ring cursors", 1'000'000, 3000, 1000, 7}};
    view->startNs = kTestStart;
    view->endNs = kTestStart + ms * kTestMs;
    view->isLive = isLive;
    return view;
}

} // namespace ringscope
