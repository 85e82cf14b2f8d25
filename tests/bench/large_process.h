// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/process_identity.h"

namespace ringscope::bench {

// A sleeping process with that many mappings, which share the resident bytes evenly; killed at the
// end.
class LargeProcess {
public:
    LargeProcess(std::size_t mappings, std::size_t residentBytes) {
        std::array<int, 2> ready{};
        if (::pipe(ready.data()) != 0) {
            return;
        }
        m_pid = ::fork();
        if (m_pid == 0) {
            fill(mappings, residentBytes);
            [[maybe_unused]] const auto told = ::write(ready[1], "r", 1);
            for (;;) {
                ::pause();
            }
        }
        ::close(ready[1]);
        char byte = 0;
        m_isReady = ::read(ready[0], &byte, 1) == 1;
        ::close(ready[0]);
    }
    LargeProcess(const LargeProcess&) = delete;
    LargeProcess& operator=(const LargeProcess&) = delete;
    ~LargeProcess() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
    }
    [[nodiscard]] bool isReady() const { return m_isReady; }
    [[nodiscard]] ProcessIdentity identity() const { return {m_pid, 0, 0}; }

private:
    // One reservation whose pieces differ in protection by turns, so that none joins another.
    static void fill(std::size_t mappings, std::size_t residentBytes) {
        constexpr std::size_t kPage = 4096;
        const std::size_t pages = std::max<std::size_t>(residentBytes / kPage / mappings, 1) + 1;
        const std::size_t bytes = mappings * pages * kPage;
        void* const all = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (all == MAP_FAILED) {
            ::_exit(1);
        }
        ::madvise(all, bytes, MADV_NOHUGEPAGE);
        auto* at = static_cast<char*>(all);
        for (std::size_t i = 0; i < mappings; ++i, at += pages * kPage) {
            for (std::size_t page = 0; page + 1 < pages; ++page) {
                at[page * kPage] = 1;
            }
            if (i % 2 == 1 && ::mprotect(at, pages * kPage, PROT_READ) != 0) {
                ::_exit(1);
            }
        }
    }

    pid_t m_pid = -1;
    bool m_isReady = false;
};

} // namespace ringscope::bench
