// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/session/session.h"
#include "core/session/source.h"

namespace ringscope {

// A source may take this share of one core on average. One that would take more gets a longer
// period, one that became cheaper gets its own back.
constexpr std::int64_t kSourceBudgetDivisor = 100; // 1 %
// Costs that the budget looks at: the mean of these without the largest, so that one page fault or
// one long lock does not slow a source down, but a cost that comes every few samples does.
constexpr std::size_t kCostWindow = 16;

// Polls sources, each at its own period, and counts what was due and not taken. Has no thread: who
// owns it calls step() when due. One thread.
//
// Due times of a source are a grid, start + k * period. A step that comes too late takes one sample
// and counts the grid points it missed as lost. When a source is stretched its grid starts anew,
// and points that the longer period leaves out are not lost: that rate is what it has then.
class Recorder {
public:
    // wall says when; cost is read before and after each sample (CPU time of this thread).
    Recorder(Session& session, const Clock& wall, const Clock& cost);

    // Its first sample is due at once. The source's groups may exist already or be added later.
    void add(std::unique_ptr<Source> source);
    // Instead of what the source desires; of every source of that name.
    void setPeriod(std::string_view source, std::int64_t periodNs);
    // Takes a sample of every source of that name, due or not.
    void takeNow(std::string_view source, const std::string& reason, std::int64_t nowNs);
    // Why sources of that name will have no samples; empty when nothing is known against them.
    [[nodiscard]] std::optional<Error> hindranceOf(std::string_view source) const;
    // Takes every sample that is due at nowNs; returns when the next one is (INT64_MAX without
    // sources).
    std::int64_t step(std::int64_t nowNs);
    // Takes one sample of every source that has a period, due or not: for the last row before the
    // end.
    void sampleAll(std::int64_t nowNs);

    // Of the sources that have a period.
    [[nodiscard]] std::vector<SourceStatus> status() const;

private:
    struct Polled {
        std::unique_ptr<Source> source;
        std::optional<std::int64_t> askedNs; // setPeriod(), instead of what the source desires
        std::int64_t periodNs = 0;
        std::int64_t dueNs = 0;
        std::array<std::int64_t, kCostWindow> costsNs{};
        std::uint64_t samples = 0;
        std::uint64_t lost = 0;
    };
    // reason: null when it is due.
    void take(Polled& polled, std::int64_t nowNs, const std::string* reason = nullptr);
    static void schedule(Polled& polled, std::int64_t nowNs);

    Session& m_session;
    const Clock& m_wall;
    const Clock& m_cost;
    std::vector<Polled> m_sources;
};

} // namespace ringscope
