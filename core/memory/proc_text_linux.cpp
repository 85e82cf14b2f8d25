// SPDX-License-Identifier: MIT
#include "core/memory/proc_text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <unistd.h>

#include "core/base/process_identity.h"

namespace ringscope::proc {

std::optional<StatLine> parseStat(std::string_view text) {
    // The command (field 2) may hold spaces and parentheses, so fields are counted from the last
    // ')'. Numbers are those of proc(5): state is 3, starttime 22.
    constexpr std::size_t kFirst = 3;
    constexpr std::size_t kLast = 22;
    constexpr std::uint64_t kKernelThreadFlag = 0x00200000; // PF_KTHREAD
    const auto close = text.rfind(')');
    if (close == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view rest = text.substr(close + 1);
    const std::string_view state = takeWord(rest);
    if (state.size() != 1) {
        return std::nullopt;
    }
    std::array<std::uint64_t, kLast + 1> field{};
    for (std::size_t number = kFirst + 1; number <= kLast; ++number) {
        const std::string_view word = takeWord(rest);
        if (word.empty()) {
            return std::nullopt;
        }
        field[number] = parseUnsigned(word).value_or(0); // some, not ours, may be negative
    }
    return StatLine{state[0],  (field[9] & kKernelThreadFlag) != 0,
                    field[10], field[12],
                    field[14], field[15],
                    field[20], field[22]};
}

std::string nameForMessage(std::int32_t pid) {
    std::string name = processName(pid);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "process " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

std::optional<Error> reasonNotReadable(std::int32_t pid, const StatLine& stat) {
    if (stat.isKernelThread) {
        return makeError(ErrorKind::target,
                         nameForMessage(pid) +
                             " is a kernel thread and has no memory of its own: choose a program");
    }
    if (stat.isZombie() && stat.threads > 1) {
        return makeError(ErrorKind::target,
                         nameForMessage(pid) +
                             " has ended its main thread, through which its memory is read, while "
                             "other threads go on: choose another process");
    }
    if (stat.isZombie()) {
        return makeError(ErrorKind::target, nameForMessage(pid) +
                                                " has ended and only waits for its parent to "
                                                "notice (zombie): choose a running process");
    }
    return std::nullopt;
}

Error processEnded(std::int32_t pid) {
    return makeError(ErrorKind::target, "process " + std::to_string(pid) +
                                            " does not exist or has ended: choose a running one");
}

Error readError(std::int32_t pid, const std::string& file, int errnoValue) {
    if (errnoValue == ESRCH || errnoValue == ENOENT) {
        return processEnded(pid);
    }
    if (errnoValue == EACCES || errnoValue == EPERM) {
        return makeError(ErrorKind::target,
                         nameForMessage(pid) + " does not permit reading its " + file +
                             ": run Ringscope as the user of that process, or as root or with "
                             "CAP_SYS_PTRACE if it is another user's or not dumpable");
    }
    return systemError(ErrorKind::target, "cannot read " + file + " of " + nameForMessage(pid),
                       errnoValue);
}

WholeText readWhole(int fd, std::string& buffer) {
    constexpr std::size_t kFirstSize = 4096;
    buffer.resize(std::max(buffer.size(), kFirstSize));
    for (;;) {
        // From offset 0 each time: the kernel writes the text anew, so two halves of two readings
        // would not fit together.
        const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return WholeText{{}, errno};
        }
        if (static_cast<std::size_t>(got) < buffer.size()) {
            return WholeText{std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), 0};
        }
        buffer.resize(buffer.size() * 2);
    }
}

} // namespace ringscope::proc
