// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/expected.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/segment.h"
#include "core/ring/wait.h"
#include "core/workload/run_plan.h"

namespace ringscope {

struct SendingEnd {
    using Joined = Producer;
    Producer producer;
    ChannelWaiter waiter;
    std::uint32_t channel;
};

struct ReceivingEnd {
    using Joined = Consumer;
    Consumer consumer;
    ChannelWaiter waiter;
    std::uint32_t channel;
    std::uint64_t tombstones = 0; // of those it skipped, counted already
};

// The ends of the channels that one worker uses, each with its place in the roster. The worker's
// thread only.
class WorkerEnds {
public:
    // All must outlive it.
    WorkerEnds(const Segment& segment, const layout::RunPlan& plan, std::uint32_t worker)
        : m_segment(segment)
        , m_plan(plan)
        , m_worker(worker) {}

    // Joins all of them, anew if it has. When one is refused (the roster is full: failed) it leaves
    // the others too: somebody else may need just those places.
    [[nodiscard]] Expected<void> join();
    void leave();
    [[nodiscard]] bool hasJoined() const noexcept {
        return !m_sending.empty() || !m_receiving.empty();
    }

    [[nodiscard]] std::vector<SendingEnd>& sending() noexcept { return m_sending; }
    [[nodiscard]] std::vector<ReceivingEnd>& receiving() noexcept { return m_receiving; }

private:
    template <typename End>
    Expected<void> joinChannel(std::vector<End>& ends, std::uint32_t channel, layout::Role role);
    Expected<void> joinAll();

    const Segment& m_segment;
    const layout::RunPlan& m_plan;
    std::uint32_t m_worker;
    std::vector<SendingEnd> m_sending;
    std::vector<ReceivingEnd> m_receiving;
};

} // namespace ringscope
