// SPDX-License-Identifier: MIT
#include "core/session/sources/ring_backlog_source.h"

#include <algorithm>
#include <vector>

namespace ringscope {

namespace {

constexpr std::uint64_t kHeadersPerLook = 1000;

} // namespace

void RingBacklogSource::sample(std::int64_t /*nowNs*/, Session& session) {
    (void)m_ring->refresh(); // what it finds, the target says
    const auto cursors = m_ring->cursors();
    if (!cursors || cursors->empty()) {
        return;
    }
    const std::uint64_t most = std::max<std::uint64_t>(kHeadersPerLook / cursors->size(), 1);
    std::vector<ChannelBacklog> backlogs;
    for (const ChannelCursors& channel : *cursors) {
        backlogs.push_back(readBacklog(*m_ring, channel, most, wallClockNs()));
    }
    session.setBacklogs(std::move(backlogs));
}

} // namespace ringscope
