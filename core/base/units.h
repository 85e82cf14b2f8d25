// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace ringscope {

// The unit of a number that is stored or shown. The only place that knows how each is written for
// people.
enum class Unit : std::uint8_t {
    none,           // a plain number or ratio
    count,          // 12.1 k
    countPerSec,    // 12.1 k/s
    bytes,          // 4.2 MiB
    bytesPerSec,    // 4.2 MiB/s
    nanoseconds,    // 41 us
    percent,        // 63 %, stored as 0..100
    ratePerMessage, // 0.25 /msg
};

// How byte amounts are written; the rest of the units ignore it.
enum class ByteScale : std::uint8_t { automatic, bytes, kib, mib, pages4k };

// Whether a round value is written short ("45 MiB") or, in a place where it changes all the time,
// with the digits of its neighbours ("45.0 MiB"). Zero and whole numbers of the smallest unit are
// always short.
enum class Digits : std::uint8_t { fewest, steady };

// For people: at most four digits, the unit behind a space ("4.21 MiB", "12.1 k/s", "41 µs", "63
// %"). NaN is "–".
[[nodiscard]] std::string formatValue(double value, Unit unit,
                                      ByteScale scale = ByteScale::automatic,
                                      Digits digits = Digits::fewest);
[[nodiscard]] std::string formatBytes(double bytes, ByteScale scale = ByteScale::automatic);
[[nodiscard]] std::string formatCount(double count);
// "41 µs", "3.2 s", "12 min 3 s".
[[nodiscard]] std::string formatDuration(std::int64_t ns);
// "00:01:23" from nanoseconds, for clocks and axes.
[[nodiscard]] std::string formatClockTime(std::int64_t ns);
// "bytes", "1/s", "ns", "%": as written in files and column heads.
[[nodiscard]] std::string_view unitName(Unit unit);
// Inverse of unitName; empty names and unknown ones are Unit::none.
[[nodiscard]] Unit unitFromName(std::string_view name);

// "64MiB", "4k", "1.5 GB" (k, M, G are decimal; Ki, Mi, Gi binary; a bare number is bytes). Errors
// (usage) name the text.
[[nodiscard]] Expected<std::uint64_t> parseBytes(std::string_view text);
// "10s", "250ms", "1.5min", "50us", "100ns", "2h"; a bare number is seconds. Result in nanoseconds.
[[nodiscard]] Expected<std::int64_t> parseDurationNs(std::string_view text);

} // namespace ringscope
