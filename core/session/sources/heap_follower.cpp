// SPDX-License-Identifier: MIT
#include "core/session/sources/heap_follower.h"

#include <algorithm>
#include <utility>

#include "core/base/clock.h"

namespace ringscope {

namespace {

constexpr std::int64_t kShortestPeriodNs = 250 * kNsPerMs;
constexpr std::int64_t kPeriodsSoFar = 256;
constexpr std::int64_t kLeastPeriodsOfCost = 100;
// At 56 bytes each; from so many on readings become rarer.
constexpr std::uint64_t kManyEntries = 400'000;

} // namespace

std::shared_ptr<const HeapMomentRecord> HeapFollower::read() {
    const auto profile = m_profile->read();
    if (!profile) {
        return nullptr;
    }
    auto record = std::make_shared<HeapMomentRecord>();
    record->moment = m_maker.next(*profile);
    record->label = m_label;
    record->process = m_process;
    record->profileStartNs = profile->startNs;
    return record;
}

void HeapHistory::sample(std::int64_t nowNs, const Followers& followers, Session& session) {
    if (auto found = m_reading.take()) {
        for (const auto& record : found->moments) {
            m_entries += record->moment.stacks.size();
        }
        const std::int64_t periodNs =
            std::max({kShortestPeriodNs, (nowNs - m_startNs) / kPeriodsSoFar,
                      found->costNs * kLeastPeriodsOfCost});
        m_nextNs = nowNs + periodNs * static_cast<std::int64_t>(1 + m_entries / kManyEntries);
        if (!found->moments.empty()) {
            session.addHeapMoments(std::move(found->moments));
        }
    }
    if (followers.empty() || nowNs < m_nextNs) {
        return;
    }
    if (m_startNs == 0) {
        m_startNs = nowNs;
    }
    m_reading.start([followers](const std::stop_token& stop) {
        const ThreadCpuClock cpu;
        const std::int64_t startNs = cpu.nowNs();
        Reading reading;
        for (const auto& follower : followers) {
            if (stop.stop_requested()) {
                break;
            }
            if (auto moment = follower->read()) {
                reading.moments.push_back(std::move(moment));
            }
        }
        reading.costNs = cpu.nowNs() - startNs;
        return reading;
    });
}

} // namespace ringscope
