// SPDX-License-Identifier: MIT
#include "core/session/recorder.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

namespace ringscope {

namespace {

// A due time: the source's grid begins with the next step.
constexpr std::int64_t kNotStarted = std::numeric_limits<std::int64_t>::min();

std::int64_t budgetedCostNs(std::span<const std::int64_t> costsNs) {
    if (costsNs.empty()) {
        return 0;
    }
    if (costsNs.size() < 3) {
        return *std::min_element(costsNs.begin(), costsNs.end()); // the first is a cold one
    }
    const std::int64_t sum = std::accumulate(costsNs.begin(), costsNs.end(), std::int64_t{0});
    const std::int64_t largest = *std::max_element(costsNs.begin(), costsNs.end());
    return (sum - largest) / static_cast<std::int64_t>(costsNs.size() - 1);
}

std::int64_t medianNs(std::span<const std::int64_t> costsNs) {
    if (costsNs.empty()) {
        return 0;
    }
    std::vector<std::int64_t> sorted(costsNs.begin(), costsNs.end());
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
}

} // namespace

Recorder::Recorder(Session& session, const Clock& wall, const Clock& cost)
    : m_session(session)
    , m_wall(wall)
    , m_cost(cost) {}

void Recorder::add(std::unique_ptr<Source> source) {
    Polled polled;
    polled.periodNs = source->desiredPeriodNs();
    polled.dueNs = kNotStarted;
    polled.source = std::move(source);
    m_sources.push_back(std::move(polled));
}

void Recorder::setPeriod(std::string_view source, std::int64_t periodNs) {
    for (Polled& polled : m_sources) {
        if (polled.source->name() == source) {
            polled.askedNs = periodNs;
            polled.periodNs = periodNs;
            polled.dueNs = kNotStarted;
        }
    }
}

void Recorder::takeNow(std::string_view source, const std::string& reason, std::int64_t nowNs) {
    for (Polled& polled : m_sources) {
        if (polled.source->name() == source) {
            take(polled, std::max(m_wall.nowNs(), nowNs), &reason);
        }
    }
}

std::optional<Error> Recorder::hindranceOf(std::string_view source) const {
    for (const Polled& polled : m_sources) {
        if (polled.source->name() == source) {
            if (auto hindrance = polled.source->hindrance()) {
                return hindrance;
            }
        }
    }
    return std::nullopt;
}

void Recorder::take(Polled& polled, std::int64_t nowNs, const std::string* reason) {
    const std::int64_t before = m_cost.nowNs();
    if (reason != nullptr) {
        polled.source->sampleFor(*reason, nowNs, m_session);
    } else {
        polled.source->sample(nowNs, m_session);
    }
    polled.costsNs[polled.samples % kCostWindow] =
        std::max<std::int64_t>(m_cost.nowNs() - before, 0);
    ++polled.samples;
}

void Recorder::schedule(Polled& polled, std::int64_t nowNs) {
    const std::int64_t missed = (nowNs - polled.dueNs) / polled.periodNs;
    polled.lost += static_cast<std::uint64_t>(missed);
    polled.dueNs += (missed + 1) * polled.periodNs;

    const std::size_t known = std::min<std::uint64_t>(polled.samples, kCostWindow);
    const std::int64_t affordable =
        budgetedCostNs({polled.costsNs.data(), known}) * kSourceBudgetDivisor;
    // A source may change its mind.
    const std::int64_t desired = polled.askedNs.value_or(polled.source->desiredPeriodNs());
    // Whole multiples of what is desired, and back only when clearly affordable, so that a cost
    // near the limit does not change the rate with every sample.
    const std::int64_t multiple = std::max<std::int64_t>((affordable + desired - 1) / desired, 1);
    const std::int64_t wanted = multiple * desired;
    if (wanted > polled.periodNs || affordable < (polled.periodNs - desired) / 10 * 9) {
        polled.periodNs = wanted;
        polled.dueNs = nowNs + wanted;
    }
}

std::int64_t Recorder::step(std::int64_t nowNs) {
    for (Polled& polled : m_sources) {
        if (polled.dueNs == kNotStarted) {
            polled.dueNs = nowNs;
        }
    }
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < m_sources.size(); ++i) {
        Polled& polled = m_sources[i];
        if (polled.periodNs == kOnDemand) {
            continue;
        }
        if (polled.dueNs <= nowNs) {
            // Read anew: an earlier source of this step may have taken milliseconds.
            const std::int64_t stampNs = std::max(m_wall.nowNs(), nowNs);
            take(polled, stampNs);
            schedule(polled, stampNs);
        }
        next = std::min(next, polled.dueNs);
    }
    return next;
}

void Recorder::sampleAll(std::int64_t nowNs) {
    for (Polled& polled : m_sources) {
        if (polled.periodNs != kOnDemand) {
            take(polled, std::max(m_wall.nowNs(), nowNs));
        }
    }
}

std::vector<SourceStatus> Recorder::status() const {
    std::vector<SourceStatus> all;
    all.reserve(m_sources.size());
    for (const Polled& polled : m_sources) {
        if (polled.periodNs == kOnDemand) {
            continue;
        }
        const std::size_t known = std::min<std::uint64_t>(polled.samples, kCostWindow);
        all.push_back({std::string(polled.source->name()), polled.periodNs,
                       medianNs({polled.costsNs.data(), known}), polled.samples, polled.lost});
    }
    return all;
}

} // namespace ringscope
