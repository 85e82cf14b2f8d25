// SPDX-License-Identifier: MIT
#include "core/session/target_processes.h"

#include <algorithm>
#include <utility>

namespace ringscope {

std::optional<std::size_t> TargetProcesses::indexOf(const ProcessIdentity& identity) const {
    for (std::size_t i = 0; i < m_all.size(); ++i) {
        if (m_all[i].identity.pid == identity.pid &&
            m_all[i].identity.startTicks == identity.startTicks) {
            return i;
        }
    }
    return std::nullopt;
}

std::uint64_t TargetProcesses::rssOf(const ProcessIdentity& identity) const {
    const std::optional<std::size_t> index = indexOf(identity);
    return index ? m_all[*index].rssBytes : 0;
}

std::optional<HeapFigures> TargetProcesses::heapOf(const ProcessIdentity& identity) const {
    const std::optional<std::size_t> index = indexOf(identity);
    return index ? m_all[*index].heap : std::nullopt;
}

std::size_t TargetProcesses::findOrAdd(const ProcessIdentity& identity, TargetOrigin origin) {
    add({}, identity, origin);
    return *indexOf(identity);
}

bool TargetProcesses::add(std::string label, const ProcessIdentity& identity, TargetOrigin origin) {
    if (indexOf(identity)) {
        return false;
    }
    const auto isTaken = [&] {
        return std::any_of(m_all.begin(), m_all.end(),
                           [&](const TargetProcess& other) { return other.label == label; });
    };
    for (std::size_t i = m_all.size(); label.empty() || isTaken(); ++i) {
        label = "P" + std::to_string(i);
    }
    m_all.push_back({std::move(label),
                     identity,
                     origin,
                     true,
                     m_all.size() < kMaxProcessesWithTracks,
                     0,
                     {},
                     {}});
    m_endWatch.add(identity);
    return true;
}

std::vector<std::size_t> TargetProcesses::findEnded() {
    std::vector<std::size_t> ended = m_endWatch.takeEnded();
    for (const std::size_t index : ended) {
        m_all[index].isAlive = false;
    }
    return ended;
}

std::size_t TargetProcesses::aliveCount() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        m_all.begin(), m_all.end(), [](const TargetProcess& process) { return process.isAlive; }));
}

} // namespace ringscope
