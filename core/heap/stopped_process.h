// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"

namespace ringscope {

// Stops all threads of a process by ptrace, without a signal, as long as it lives; they then go on
// as if nothing had been. The kernel lets them go too if we die. All calls, and the destructor, on
// the thread that called stop(): the kernel knows that one alone as their tracer.
class StoppedProcess {
public:
    struct Thread {
        std::int32_t tid = 0;
        std::uint64_t stackPointer = 0;
        std::uint64_t threadPointer = 0;  // fs_base
        std::vector<std::uint64_t> words; // of its registers, also the vector registers
    };

    // Waits a second at most for a thread that does not stop. Errors (target): it ended, is traced
    // by another, or that is not permitted.
    [[nodiscard]] static Expected<StoppedProcess> stop(const ProcessIdentity& process);

    StoppedProcess(const StoppedProcess&) = delete;
    StoppedProcess& operator=(const StoppedProcess&) = delete;
    StoppedProcess(StoppedProcess&& other) noexcept;
    StoppedProcess& operator=(StoppedProcess&&) = delete;
    ~StoppedProcess() { resume(); }

    void resume() noexcept;
    [[nodiscard]] const std::vector<Thread>& threads() const noexcept { return m_threads; }

private:
    struct Held {
        std::int32_t tid = 0;
        int signal = 0; // that it was about to be given
        bool isStopped = false;
        bool isEnded = false;
    };
    StoppedProcess() = default;
    [[nodiscard]] Expected<bool> seizeNew();
    [[nodiscard]] Expected<void> waitForAll(std::int64_t untilNs);
    void takeStop(Held& held);
    [[nodiscard]] Expected<void> readRegisters();
    [[nodiscard]] Error seizeError(std::int32_t tid, int errnoValue) const;

    ProcessIdentity m_process;
    bool m_isOwnChild = false;
    std::vector<Held> m_held;
    std::vector<Thread> m_threads;
};

} // namespace ringscope
