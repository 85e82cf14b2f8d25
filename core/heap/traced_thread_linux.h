// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/user.h>
#include <vector>

#include "core/base/expected.h"

namespace ringscope {

// One thread of another process, held by ptrace; let go of by the destructor, with the registers
// and the signal mask that it was found with. The rest of its process runs on. All calls are made
// by one thread, the one that seized it.
class TracedThread {
public:
    // Errors (target): not permitted, traced by another already, or gone.
    [[nodiscard]] static Expected<TracedThread> seize(std::int32_t pid, std::int32_t tid);
    TracedThread(TracedThread&& other) noexcept;
    TracedThread& operator=(TracedThread&&) = delete;
    ~TracedThread();

    // False: it is in the kernel's hands for longer than that, or gone.
    [[nodiscard]] bool stop(std::int64_t waitNs);

    // While it is stopped, until run(): as it was found.
    [[nodiscard]] const user_regs_struct& registers() const noexcept { return m_registers; }
    [[nodiscard]] const std::vector<std::byte>& vectorState() const noexcept { return m_vectors; }
    [[nodiscard]] std::uint64_t signalMask() const noexcept { return m_signalMask; }
    // In a sequence that the kernel would restart if it noticed that the thread was elsewhere.
    [[nodiscard]] bool isInRestartableSequence() const;
    // Words of its memory, also such as the process itself may not write to.
    [[nodiscard]] bool write(std::uint64_t address, const void* from, std::size_t bytes);

    enum class RunEnd { reached, faulted, timedOut, gone };
    // Lets it go on with those registers, and all signals blocked, until it is about to make the
    // system call rt_sigreturn behind that address.
    [[nodiscard]] RunEnd run(const user_regs_struct& registers, std::uint64_t sigreturnAt,
                             std::int64_t waitNs);
    // After timedOut: lets it go on towards there.
    [[nodiscard]] RunEnd goOn(std::uint64_t sigreturnAt, std::int64_t waitNs);
    // The system call that it waits in, after timedOut; -1: none.
    [[nodiscard]] long waitsIn();

    // Puts back what it was found with. False: it could not be brought to a stop for it.
    [[nodiscard]] bool restore();
    // Lets go of it wherever it is, without putting anything back.
    void abandon();

private:
    TracedThread(std::int32_t pid, std::int32_t tid)
        : m_pid(pid)
        , m_tid(tid) {}
    // What waitpid says of it; empty: nothing in that time.
    [[nodiscard]] std::optional<int> waitFor(std::int64_t waitNs);
    [[nodiscard]] bool interrupt(std::int64_t waitNs);

    std::int32_t m_pid;
    std::int32_t m_tid;
    bool m_isHeld = true;
    bool m_isStopped = false;
    bool m_isChanged = false; // its registers are not those it was found with
    user_regs_struct m_registers{};
    std::vector<std::byte> m_vectors;
    std::uint64_t m_signalMask = 0;
};

} // namespace ringscope
