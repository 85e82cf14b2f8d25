// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/core/memory/child_process.h"

namespace ringscope::testing {

// What a forked child answers that may do to itself what a test must not: give up its rights, or
// lose system calls. Empty: it died.
[[nodiscard]] inline std::string answerOfChild(const std::function<std::string()>& ask) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) {
        return "";
    }
    const ChildProcess child([&](const auto&) {
        const std::string answer = ask();
        [[maybe_unused]] const auto written = ::write(pipe[1], answer.data(), answer.size());
    });
    ::close(pipe[1]); // so that a child that dies ends the reading
    std::array<char, 4096> bytes{};
    const ssize_t size = ::read(pipe[0], bytes.data(), bytes.size());
    ::close(pipe[0]);
    return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : "";
}

// Makes this process one of another user without any right. False: that cannot be done here, or
// other users than root see no /proc.
[[nodiscard]] inline bool becomeNobody() {
    constexpr uid_t kNobody = 65534;
    return ::geteuid() == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 &&
           ::access("/proc/self/stat", R_OK) == 0;
}

// From now on this process gets errnoValue from that system call, as from an older kernel: always,
// or (ioctl) when its second argument is "request".
[[nodiscard]] inline bool loseSystemCall(long number, int errnoValue, std::uint32_t request = 0) {
    const auto statement = [](std::uint32_t code, std::uint32_t k) {
        return sock_filter{static_cast<std::uint16_t>(code), 0, 0, k};
    };
    const auto unlessEqual = [](std::uint32_t k, std::uint8_t skip) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, skip, k};
    };
    constexpr std::uint32_t kLoad = BPF_LD | BPF_W | BPF_ABS;
    const auto refuse = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(errnoValue);
    std::array filter{
        statement(kLoad, offsetof(seccomp_data, nr)),
        unlessEqual(static_cast<std::uint32_t>(number), 3),
        statement(kLoad, offsetof(seccomp_data, args) + sizeof(std::uint64_t)), // its low half
        unlessEqual(request, 1),
        statement(BPF_RET | BPF_K, refuse),
        statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    if (request == 0) {
        filter[3].jf = 0;
    }
    sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

} // namespace ringscope::testing
