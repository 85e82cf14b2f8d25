// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"

// Pieces of text as /proc writes it, for the units of this folder. All of it is checked: a value
// that is no number is empty, never 0.
namespace ringscope::proc {

// Cuts the first line off text, without its newline.
[[nodiscard]] inline std::string_view takeLine(std::string_view& text) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

// Cuts the first word off text, with the spaces and tabs before it.
[[nodiscard]] inline std::string_view takeWord(std::string_view& text) {
    const auto first = text.find_first_not_of(" \t");
    text.remove_prefix(first == std::string_view::npos ? text.size() : first);
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    return word;
}

[[nodiscard]] inline std::optional<std::uint64_t> parseUnsigned(std::string_view word,
                                                                int base = 10) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
    if (word.empty() || error != std::errc{} || end != word.data() + word.size()) {
        return std::nullopt;
    }
    return value;
}

// "   1708 kB" in bytes; empty without a number or with another unit.
[[nodiscard]] inline std::optional<std::uint64_t> parseKilobytes(std::string_view text) {
    const auto value = parseUnsigned(takeWord(text));
    if (!value || *value > std::numeric_limits<std::uint64_t>::max() / 1024 ||
        takeWord(text) != "kB") {
        return std::nullopt;
    }
    return *value * 1024;
}

// Calls field(key, rest) for each "Key: rest" line.
template <typename Field>
void forEachField(std::string_view text, Field&& field) {
    while (!text.empty()) {
        const std::string_view line = takeLine(text);
        const auto colon = line.find(':');
        if (colon != std::string_view::npos) {
            field(line.substr(0, colon), line.substr(colon + 1));
        }
    }
}

// What /proc/PID/stat says, over all threads of the process.
struct StatLine {
    char state = '?';
    bool isKernelThread = false;
    std::uint64_t minorFaults = 0;
    std::uint64_t majorFaults = 0;
    std::uint64_t userTicks = 0;
    std::uint64_t systemTicks = 0;
    std::uint64_t threads = 0;
    std::uint64_t startTicks = 0;

    [[nodiscard]] bool isZombie() const { return state == 'Z' || state == 'X' || state == 'x'; }
};
[[nodiscard]] std::optional<StatLine> parseStat(std::string_view text);

// "process 123 (name)" for messages; bytes of the name that are not printable ASCII become '?',
// because any program may put what it likes there. A process that is gone has no name.
[[nodiscard]] std::string nameForMessage(std::int32_t pid);

// Why a process that stat describes has no memory to read; empty when it has.
[[nodiscard]] std::optional<Error> reasonNotReadable(std::int32_t pid, const StatLine& stat);
[[nodiscard]] Error processEnded(std::int32_t pid);
// Error of opening or reading /proc/PID/FILE. ESRCH and ENOENT mean that the process has ended.
[[nodiscard]] Error readError(std::int32_t pid, const std::string& file, int errnoValue);

// The whole of a file that the kernel writes in one piece, from its beginning: one consistent
// text. buffer only grows. Returns the text (in buffer) or an errno.
struct WholeText {
    std::string_view text;
    int errnoValue = 0;
};
[[nodiscard]] WholeText readWhole(int fd, std::string& buffer);

} // namespace ringscope::proc
