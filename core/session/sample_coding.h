// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/session/byte_coding.h"
#include "core/session/sample_table.h"

namespace ringscope {

// Rows of one group as a session file holds them (docs/file-format.md, "samples"): times as
// differences of differences, each column in the smallest of a few exact forms. What comes back is
// bit for bit what went in, except that every NaN is the same one.
constexpr std::size_t kMaxRowsPerRun = 65'536;
constexpr std::size_t kMaxValuesPerRun = std::size_t{1} << 24U;

struct SampleRun {
    std::uint32_t group = 0;
    std::uint64_t firstRow = 0; // of the group, counted from the session's start
    std::vector<std::int64_t> times;
    std::vector<std::vector<double>> columns;
};

// Appends rows [firstRow, lastRow) of a view; lastRow - firstRow is 1 to kMaxRowsPerRun.
void encodeSamples(std::string& to, std::uint32_t group, const SampleTableView& samples,
                   std::size_t firstRow, std::size_t lastRow);
// The next run; empty, and the reader failed, when the bytes make no sense.
[[nodiscard]] std::optional<SampleRun> decodeSamples(ByteReader& from);

} // namespace ringscope
