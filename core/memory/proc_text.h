// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

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

// "   1708 kB" in bytes; empty without a number or with another unit. Called some 20 times for each
// mapping of a process, hence by hand.
[[nodiscard]] inline std::optional<std::uint64_t> parseKilobytes(std::string_view text) {
    const char* at = text.data();
    const char* end = at + text.size();
    while (at != end && (*at == ' ' || *at == '\t')) {
        ++at;
    }
    std::uint64_t value = 0;
    const auto [rest, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value > std::numeric_limits<std::uint64_t>::max() / 1024 ||
        std::string_view(rest, static_cast<std::size_t>(end - rest)) != " kB") {
        return std::nullopt;
    }
    return value * 1024;
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
    std::uint64_t virtualBytes = 0;
    std::uint64_t rssPages = 0; // each CPU may hold back some pages of the count

    [[nodiscard]] bool isZombie() const { return state == 'Z' || state == 'X' || state == 'x'; }
};
[[nodiscard]] std::optional<StatLine> parseStat(std::string_view text);

} // namespace ringscope::proc
