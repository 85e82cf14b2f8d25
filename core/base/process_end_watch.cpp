// SPDX-License-Identifier: MIT
#include "core/base/process_end_watch.h"

#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace ringscope {

void ProcessEndWatch::add(const ProcessIdentity& process) {
    Watched watched;
    watched.process = process;
    watched.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    // Judged after opening: if the start time is right now, it is that process's descriptor.
    const Liveness liveness = livenessOf(process);
    if (liveness == Liveness::dead || liveness == Liveness::unknown) {
        watched.pidfd.reset();
    }
    m_polled.push_back({watched.pidfd.get(), POLLIN, 0});
    m_watched.push_back(std::move(watched));
}

std::vector<std::size_t> ProcessEndWatch::takeEnded() {
    const bool isPolled = ::poll(m_polled.data(), m_polled.size(), 0) >= 0;
    std::vector<std::size_t> ended;
    for (std::size_t i = 0; i < m_watched.size(); ++i) {
        Watched& watched = m_watched[i];
        if (watched.hasEnded) {
            continue;
        }
        // A pidfd is readable once the last thread has ended; on some kernels for a moment also
        // when another thread than the first calls exec, hence the second look.
        const bool mayHaveEnded = !isPolled || !watched.pidfd.isOpen() || m_polled[i].revents != 0;
        watched.hasEnded = mayHaveEnded && livenessOf(watched.process) == Liveness::dead;
        if (watched.hasEnded) {
            watched.pidfd.reset();
            m_polled[i].fd = -1;
            ended.push_back(i);
        }
    }
    return ended;
}

} // namespace ringscope
