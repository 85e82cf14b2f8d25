// SPDX-License-Identifier: MIT
#include "core/base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace ringscope {

namespace {

struct Suffix {
    std::string_view name;
    double factor;
};

// At most four digits, never scientific, no trailing zeros behind the point beyond what three
// digits need.
std::string fourDigits(double value, Digits digits) {
    const double magnitude = std::fabs(value);
    const bool isShort =
        magnitude == 0 || (digits == Digits::fewest && magnitude == std::floor(magnitude));
    int decimals = 0;
    if (magnitude < 0.0995 && magnitude >= 0.0005) {
        decimals = 3;
    } else if (magnitude < 9.995 && !isShort) {
        decimals = 2;
    } else if (magnitude < 99.95 && !isShort) {
        decimals = 1;
    }
    // Not printf, which writes a comma in many a user's locale.
    std::array<char, 320> text{}; // room for the largest double
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                            std::chars_format::fixed, decimals);
    return {text.data(), end};
}

template <std::size_t N>
std::string scaled(double value, const std::array<Suffix, N>& steps, Digits digits) {
    const double magnitude = std::fabs(value);
    const Suffix* chosen = &steps.front();
    for (const Suffix& step : steps) {
        // 0.9995: what would be shown as 1000 of the smaller unit belongs to the larger one.
        if (magnitude >= step.factor * 0.9995) {
            chosen = &step;
        }
    }
    const std::string number =
        fourDigits(value / chosen->factor, chosen == &steps.front() ? Digits::fewest : digits);
    return chosen->name.empty() ? number : number + " " + std::string(chosen->name);
}

constexpr std::array<Suffix, 6> kBinary{{{"B", 1},
                                         {"KiB", 1024.0},
                                         {"MiB", 1048576.0},
                                         {"GiB", 1073741824.0},
                                         {"TiB", 1099511627776.0},
                                         {"PiB", 1125899906842624.0}}};
constexpr std::array<Suffix, 5> kDecimal{
    {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}}};
constexpr std::array<Suffix, 4> kTime{{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

struct Parsed {
    double number;
    std::string_view suffix;
};

Expected<Parsed> splitNumber(std::string_view text, const char* what) {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && text.back() == ' ') {
        text.remove_suffix(1);
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !(number >= 0) || !std::isfinite(number)) {
        return makeError(ErrorKind::usage, std::string(what) + " '" + std::string(text) +
                                               "' does not start with a number that is 0 or more");
    }
    std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!suffix.empty() && suffix.front() == ' ') {
        suffix.remove_prefix(1);
    }
    return Parsed{number, suffix};
}

template <std::size_t N>
const Suffix* find(const std::array<Suffix, N>& table, std::string_view name) {
    for (const Suffix& entry : table) {
        if (entry.name == name) {
            return &entry;
        }
    }
    return nullptr;
}

std::string bytesText(double bytes, ByteScale scale, Digits digits) {
    switch (scale) {
    case ByteScale::bytes:
        return fourDigits(bytes, Digits::fewest) + " B";
    case ByteScale::kib:
        return fourDigits(bytes / 1024.0, digits) + " KiB";
    case ByteScale::mib:
        return fourDigits(bytes / 1048576.0, digits) + " MiB";
    case ByteScale::pages4k:
        return fourDigits(bytes / 4096.0, Digits::fewest) + " pages";
    case ByteScale::automatic:
        break;
    }
    return scaled(bytes, kBinary, digits);
}

} // namespace

std::string formatBytes(double bytes, ByteScale scale) {
    return formatValue(bytes, Unit::bytes, scale);
}

std::string formatCount(double count) {
    return formatValue(count, Unit::count);
}

std::string formatDuration(std::int64_t ns) {
    if (ns >= 60 * std::int64_t{1'000'000'000} || ns <= -60 * std::int64_t{1'000'000'000}) {
        const std::int64_t seconds = ns / 1'000'000'000;
        const std::string minutes = std::to_string(seconds / 60) + " min";
        return seconds % 60 == 0 ? minutes
                                 : minutes + " " + std::to_string(std::abs(seconds % 60)) + " s";
    }
    return scaled(static_cast<double>(ns), kTime, Digits::fewest);
}

std::string formatClockTime(std::int64_t ns) {
    const bool negative = ns < 0;
    const std::int64_t seconds = (negative ? -ns : ns) / 1'000'000'000;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%s%02lld:%02lld:%02lld", negative ? "-" : "",
                  static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                  static_cast<long long>(seconds % 60));
    return text.data();
}

std::string formatValue(double value, Unit unit, ByteScale scale, Digits digits) {
    if (std::isnan(value)) {
        return "–";
    }
    switch (unit) {
    case Unit::none:
        return fourDigits(value, digits);
    case Unit::count:
        return scaled(value, kDecimal, digits);
    case Unit::countPerSec: {
        const std::string number = scaled(value, kDecimal, digits);
        return number + (number.find(' ') == std::string::npos ? " /s" : "/s");
    }
    case Unit::bytes:
        return bytesText(value, scale, digits);
    case Unit::bytesPerSec:
        return bytesText(value, scale, digits) + "/s";
    case Unit::nanoseconds:
        return scaled(value, kTime, digits);
    case Unit::percent:
        return fourDigits(value, digits) + " %";
    case Unit::ratePerMessage:
        return fourDigits(value, digits) + " /msg";
    }
    return fourDigits(value, digits);
}

namespace {

struct UnitName {
    Unit unit;
    std::string_view name;
};
constexpr std::array<UnitName, 8> kUnitNames{{{Unit::none, ""},
                                              {Unit::count, "count"},
                                              {Unit::countPerSec, "1/s"},
                                              {Unit::bytes, "bytes"},
                                              {Unit::bytesPerSec, "bytes/s"},
                                              {Unit::nanoseconds, "ns"},
                                              {Unit::percent, "%"},
                                              {Unit::ratePerMessage, "1/message"}}};

} // namespace

std::string_view unitName(Unit unit) {
    for (const UnitName& entry : kUnitNames) {
        if (entry.unit == unit) {
            return entry.name;
        }
    }
    return "";
}

Unit unitFromName(std::string_view name) {
    for (const UnitName& entry : kUnitNames) {
        if (entry.name == name) {
            return entry.unit;
        }
    }
    return Unit::none;
}

Expected<std::uint64_t> parseBytes(std::string_view text) {
    static constexpr std::array<Suffix, 17> kSuffixes{{{"", 1},
                                                       {"B", 1},
                                                       {"k", 1e3},
                                                       {"kB", 1e3},
                                                       {"K", 1e3},
                                                       {"KB", 1e3},
                                                       {"M", 1e6},
                                                       {"MB", 1e6},
                                                       {"G", 1e9},
                                                       {"GB", 1e9},
                                                       {"Ki", 1024.0},
                                                       {"KiB", 1024.0},
                                                       {"Mi", 1048576.0},
                                                       {"MiB", 1048576.0},
                                                       {"Gi", 1073741824.0},
                                                       {"GiB", 1073741824.0},
                                                       {"TiB", 1099511627776.0}}};
    const auto parsed = splitNumber(text, "size");
    if (!parsed) {
        return parsed.error();
    }
    const Suffix* suffix = find(kSuffixes, parsed->suffix);
    if (suffix == nullptr || parsed->number * suffix->factor >= 9.2e18) {
        return makeError(ErrorKind::usage,
                         "size '" + std::string(text) +
                             "' is not understood; write for example 64MiB, 4KiB or 4096");
    }
    return static_cast<std::uint64_t>(std::llround(parsed->number * suffix->factor));
}

Expected<std::int64_t> parseDurationNs(std::string_view text) {
    static constexpr std::array<Suffix, 10> kSuffixes{{{"", 1e9},
                                                       {"ns", 1},
                                                       {"us", 1e3},
                                                       {"µs", 1e3},
                                                       {"ms", 1e6},
                                                       {"s", 1e9},
                                                       {"sec", 1e9},
                                                       {"min", 60e9},
                                                       {"m", 60e9},
                                                       {"h", 3600e9}}};
    const auto parsed = splitNumber(text, "duration");
    if (!parsed) {
        return parsed.error();
    }
    const Suffix* suffix = find(kSuffixes, parsed->suffix);
    if (suffix == nullptr || parsed->number * suffix->factor >= 9.2e18) {
        return makeError(ErrorKind::usage,
                         "duration '" + std::string(text) +
                             "' is not understood; write for example 10s, 250ms or 5min");
    }
    return std::llround(parsed->number * suffix->factor);
}

} // namespace ringscope
