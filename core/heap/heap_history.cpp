// SPDX-License-Identifier: MIT
#include "core/heap/heap_history.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

namespace ringscope {

namespace {

constexpr std::array kNumbers = {
    &HeapStackMoment::blocks,    &HeapStackMoment::bytes,           &HeapStackMoment::liveBlocks,
    &HeapStackMoment::liveBytes, &HeapStackMoment::temporaryBlocks, &HeapStackMoment::lifetimeNs,
};

HeapStackMoment momentOf(const HeapStack& stack) {
    const HeapSums& sums = stack.sums;
    return {stack.number,
            sums.blocks,
            sums.bytes,
            sums.liveBlocks,
            sums.liveBytes,
            sums.temporaryBlocks,
            static_cast<std::uint64_t>(std::max(sums.lifetimeNs, 0.0))};
}

std::uint64_t difference(std::uint64_t later, std::uint64_t earlier) {
    return later > earlier ? later - earlier : 0; // of readings that nobody vouches for
}

// Goes through the moments of a profile and knows what each of its stacks had at the newest.
class Replay {
public:
    explicit Replay(const HeapProfile& whole)
        : m_stacks(whole.stacks.size()) {
        for (std::size_t i = 0; i < whole.stacks.size(); ++i) {
            m_indexOf.emplace(whole.stacks[i].number, i);
        }
    }

    // changed: is told of each stack its place, what it had and what it has.
    template <typename Changed>
    void apply(const HeapMoment& moment, Changed changed) {
        for (const HeapStackMoment& stack : moment.stacks) {
            if (const auto at = m_indexOf.find(stack.stack); at != m_indexOf.end()) {
                set(at->second, stack, changed);
            }
        }
    }
    template <typename Changed>
    void apply(const HeapProfile& whole, Changed changed) {
        for (std::size_t i = 0; i < whole.stacks.size(); ++i) {
            set(i, momentOf(whole.stacks[i]), changed);
        }
    }
    template <typename Reading>
    void apply(const Reading& reading) {
        apply(reading, [](std::size_t, const HeapStackMoment&, const HeapStackMoment&) {});
    }
    [[nodiscard]] const std::vector<HeapStackMoment>& stacks() const { return m_stacks; }
    [[nodiscard]] std::uint64_t liveBytes() const { return m_liveBytes; }

private:
    template <typename Changed>
    void set(std::size_t place, const HeapStackMoment& now, Changed changed) {
        m_liveBytes += now.liveBytes - m_stacks[place].liveBytes;
        changed(place, m_stacks[place], now);
        m_stacks[place] = now;
    }

    std::unordered_map<std::uint32_t, std::size_t> m_indexOf;
    std::vector<HeapStackMoment> m_stacks; // by their place in the profile
    std::uint64_t m_liveBytes = 0;
};

// What was alive at the reading of a range with most bytes alive, and each stack's own most.
class Peaks {
public:
    void look(const Replay& replay, std::int64_t timeNs) {
        const auto& stacks = replay.stacks();
        m_most.resize(stacks.size());
        for (std::size_t i = 0; i < stacks.size(); ++i) {
            if (stacks[i].liveBytes >= m_most[i].liveBytes) {
                m_most[i] = stacks[i];
            }
        }
        if (!m_peakNs || replay.liveBytes() >= m_peakBytes) {
            m_peakNs = timeNs;
            m_peakBytes = replay.liveBytes();
            m_atPeak = stacks;
        }
    }
    [[nodiscard]] const HeapStackMoment& most(std::size_t stack) const { return m_most[stack]; }
    [[nodiscard]] const HeapStackMoment& atPeak(std::size_t stack) const { return m_atPeak[stack]; }
    [[nodiscard]] std::int64_t timeNs() const { return m_peakNs.value_or(0); }
    [[nodiscard]] std::uint64_t bytes() const { return m_peakBytes; }

private:
    std::vector<HeapStackMoment> m_most;
    std::vector<HeapStackMoment> m_atPeak;
    std::optional<std::int64_t> m_peakNs;
    std::uint64_t m_peakBytes = 0;
};

// Tells look() of the sums of each group at the start, at each moment and at the end.
template <typename Look>
void eachMoment(const HeapProfile& whole, const HeapMoments& moments,
                const std::vector<std::uint32_t>& groupOf, std::size_t groups, Look look) {
    Replay replay(whole);
    std::vector<HeapStackMoment> sums(groups);
    const auto change = [&](std::size_t place, const HeapStackMoment& before,
                            const HeapStackMoment& now) {
        for (const auto member : kNumbers) {
            sums[groupOf[place]].*member += now.*member - before.*member;
        }
    };
    look(whole.startNs, sums);
    for (const auto& moment : moments) {
        replay.apply(*moment, change);
        look(moment->timeNs, sums);
    }
    if (moments.empty() || whole.timeNs > moments.back()->timeNs) {
        replay.apply(whole, change);
        look(whole.timeNs, sums);
    }
}

} // namespace

// Both readings are by rising number, so each is gone through once. Numbers are the target's word:
// nothing is made as large as they are.
HeapMoment HeapMomentMaker::next(const HeapProfile& profile) {
    HeapMoment moment;
    moment.timeNs = profile.timeNs;
    std::vector<HeapStackMoment> all;
    all.reserve(profile.stacks.size());
    std::size_t before = 0;
    for (const HeapStack& stack : profile.stacks) {
        const HeapStackMoment now = momentOf(stack);
        while (before < m_before.size() && m_before[before].stack < now.stack) {
            ++before;
        }
        if (before == m_before.size() || m_before[before] != now) {
            moment.stacks.push_back(now);
        }
        all.push_back(now);
    }
    m_before = std::move(all);
    return moment;
}

HeapProfile profileBetween(const HeapProfile& whole, const HeapMoments& moments,
                           std::int64_t fromNs, std::int64_t toNs) {
    Replay replay(whole);
    // The last that is not after the range's start, or -1: the recording's start.
    std::size_t next = 0;
    for (; next < moments.size() && moments[next]->timeNs <= fromNs; ++next) {
        replay.apply(*moments[next]);
    }
    const std::int64_t beginNs = next > 0 ? moments[next - 1]->timeNs : whole.startNs;
    const std::vector<HeapStackMoment> before = replay.stacks();
    Peaks peaks;
    peaks.look(replay, beginNs);
    std::int64_t endNs = beginNs;
    for (; next < moments.size() && endNs < toNs; ++next) {
        replay.apply(*moments[next]);
        endNs = moments[next]->timeNs;
        peaks.look(replay, endNs);
    }
    if (endNs < toNs) {
        replay.apply(whole);
        endNs = whole.timeNs;
        peaks.look(replay, endNs);
    }

    HeapProfile part = whole;
    part.range = HeapRange{beginNs, endNs};
    part.total = {};
    const bool hasItsPeak = whole.peakNs >= beginNs && whole.peakNs <= endNs && whole.peakNs != 0;
    for (std::size_t i = 0; i < part.stacks.size(); ++i) {
        const HeapStackMoment& begin = before[i];
        const HeapStackMoment& end = replay.stacks()[i];
        HeapStack& stack = part.stacks[i];
        HeapSums sums;
        sums.blocks = difference(end.blocks, begin.blocks);
        sums.bytes = difference(end.bytes, begin.bytes);
        sums.liveBlocks = end.liveBlocks;
        sums.liveBytes = end.liveBytes;
        sums.peakBlocks = hasItsPeak ? stack.sums.peakBlocks : peaks.atPeak(i).liveBlocks;
        sums.peakBytes = hasItsPeak ? stack.sums.peakBytes : peaks.atPeak(i).liveBytes;
        sums.maxBlocks = peaks.most(i).liveBlocks;
        sums.maxBytes = peaks.most(i).liveBytes;
        sums.temporaryBlocks = difference(end.temporaryBlocks, begin.temporaryBlocks);
        sums.lifetimeNs = static_cast<double>(difference(end.lifetimeNs, begin.lifetimeNs));
        sums.olderBlocks = begin.liveBlocks;
        sums.olderBytes = begin.liveBytes;
        stack.sums = sums;
        stack.isMaxExact = false;
        part.total += sums;
    }
    if (!hasItsPeak) {
        part.peakNs = peaks.timeNs();
        part.peakBytes = peaks.bytes();
    }
    part.lifetimes.clear();
    part.sizes.clear();
    part.threads.clear();
    std::erase_if(part.blocks, [&](const LiveBlock& block) {
        return block.timeNs < beginNs || block.timeNs > endNs;
    });
    return part;
}

HeapTimeline timelineOf(const HeapProfile& whole, const HeapMoments& moments,
                        const std::vector<std::uint32_t>& groupOf, std::size_t groups) {
    HeapTimeline timeline;
    timeline.groups.resize(groups);
    const auto keep = [&timeline](std::int64_t timeNs, const std::vector<HeapStackMoment>& sums) {
        timeline.timesNs.push_back(timeNs);
        for (std::size_t group = 0; group < sums.size(); ++group) {
            timeline.groups[group].push_back(sums[group]);
        }
    };
    eachMoment(whole, moments, groupOf, groups, keep);
    return timeline;
}

std::vector<HeapStackMoment> mostOverTime(const HeapProfile& whole, const HeapMoments& moments,
                                          const std::vector<std::uint32_t>& groupOf,
                                          std::size_t groups) {
    std::vector<HeapStackMoment> most(groups);
    const auto look = [&most](std::int64_t /*timeNs*/, const std::vector<HeapStackMoment>& sums) {
        for (std::size_t group = 0; group < sums.size(); ++group) {
            for (const auto member : kNumbers) {
                most[group].*member = std::max(most[group].*member, sums[group].*member);
            }
        }
    };
    eachMoment(whole, moments, groupOf, groups, look);
    return most;
}

} // namespace ringscope
