// SPDX-License-Identifier: MIT
#include "core/workload/worker_ends.h"

#include <utility>

namespace ringscope {

template <typename End>
Expected<void> WorkerEnds::joinChannel(std::vector<End>& ends, std::uint32_t channel,
                                       layout::Role role) {
    auto joined = End::Joined::join(m_segment, channel);
    if (!joined) {
        return joined.error();
    }
    const ChannelView view = joined->channel();
    const WaitPolicy policy =
        m_plan.waiting == WaitingPolicy::futex ? WaitPolicy::futex : WaitPolicy::spinYield;
    ends.push_back(End{std::move(*joined), ChannelWaiter(view, role, policy), channel});
    return {};
}

Expected<void> WorkerEnds::joinAll() {
    const ChannelShare share = channelShare(m_plan, m_worker);
    const bool receivesThere = m_worker >= m_plan.producers;
    const auto joinEnd = [&](bool receives, std::uint32_t channel) {
        return receives ? joinChannel(m_receiving, channel, layout::Role::consumer)
                        : joinChannel(m_sending, channel, layout::Role::producer);
    };
    for (std::uint32_t use = 0; use < share.count; ++use) {
        const std::uint32_t there = share.channel(use);
        auto joined = joinEnd(receivesThere, there);
        if (joined && m_plan.isPingPong()) {
            joined = joinEnd(!receivesThere, there + 1);
        }
        if (!joined) {
            return joined;
        }
    }
    return {};
}

Expected<void> WorkerEnds::join() {
    leave();
    auto joined = joinAll();
    if (!joined) {
        leave();
    }
    return joined;
}

void WorkerEnds::leave() {
    m_sending.clear();
    m_receiving.clear();
}

} // namespace ringscope
