// SPDX-License-Identifier: MIT
#include "core/memory/proc_text.h"

#include <array>

namespace ringscope::proc {

std::optional<StatLine> parseStat(std::string_view text) {
    // The command (field 2) may hold spaces and parentheses, so fields are counted from the last
    // ')'. Numbers are those of proc(5): state is 3, rss 24.
    constexpr std::size_t kFirst = 3;
    constexpr std::size_t kLast = 24;
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
                    field[20], field[22],
                    field[23], field[24]};
}

} // namespace ringscope::proc
