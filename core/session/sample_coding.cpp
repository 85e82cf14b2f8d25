// SPDX-License-Identifier: MIT
#include "core/session/sample_coding.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <span>

namespace ringscope {

namespace {

// How the values of a column that are no gaps are written.
enum class ColumnForm : std::uint8_t {
    empty = 0,    // all are gaps
    constant = 1, // one double, for all
    integers = 2, // shift, then differences of value * 2^shift, which is exact
    doubles = 3,  // xor with the one before, byte planes: all lowest bytes, then the next, ...
};
constexpr std::uint8_t kHasGaps = 0x80; // a bitmap follows: bit row % 8 of byte row / 8

// Beyond it not every integer is a double.
constexpr double kLargestInteger = 9007199254740992.0; // 2^53
// Fill in percent of a power-of-two capacity: value * 2^shift is an integer from log2(capacity) - 2
// on.
constexpr unsigned kMaxShift = 24;

std::optional<unsigned> shiftToIntegers(std::span<const double> values) {
    unsigned shift = 0;
    for (const double value : values) {
        while (true) {
            const double scaled = std::ldexp(value, static_cast<int>(shift));
            if (!(std::abs(scaled) < kLargestInteger) ||
                (value == 0 && std::signbit(value))) { // -0.0 is no integer
                return std::nullopt;
            }
            if (scaled == std::trunc(scaled)) {
                break;
            }
            if (++shift > kMaxShift) {
                return std::nullopt;
            }
        }
    }
    // An earlier, larger value may have left the range since.
    const auto fits = [shift](double value) {
        return std::abs(std::ldexp(value, static_cast<int>(shift))) < kLargestInteger;
    };
    return std::all_of(values.begin(), values.end(), fits) ? std::optional(shift) : std::nullopt;
}

void putIntegers(std::string& to, std::span<const double> values, unsigned shift) {
    to.push_back(static_cast<char>(shift));
    std::int64_t before = 0;
    for (const double value : values) {
        const auto integer = static_cast<std::int64_t>(std::ldexp(value, static_cast<int>(shift)));
        putSigned(to, integer - before);
        before = integer;
    }
}

void putDoubles(std::string& to, std::span<const double> values) {
    const std::size_t start = to.size();
    to.resize(start + values.size() * sizeof(double));
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto bits = std::bit_cast<std::uint64_t>(values[i]);
        const std::uint64_t changed = bits ^ before;
        for (std::size_t plane = 0; plane < sizeof(double); ++plane) {
            to[start + plane * values.size() + i] = static_cast<char>(changed >> (8 * plane));
        }
        before = bits;
    }
}

void putColumn(std::string& to, const std::vector<double>& rows, std::vector<double>& values) {
    values.clear();
    std::string gaps((rows.size() + 7) / 8, '\0');
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (std::isnan(rows[row])) {
            gaps[row / 8] = static_cast<char>(gaps[row / 8] | (1 << (row % 8)));
        } else {
            values.push_back(rows[row]);
        }
    }
    const auto isFirst = [&](double value) {
        return std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(values.front());
    };
    ColumnForm form = ColumnForm::doubles;
    std::optional<unsigned> shift;
    if (values.empty()) {
        form = ColumnForm::empty;
    } else if (std::all_of(values.begin(), values.end(), isFirst)) {
        form = ColumnForm::constant;
    } else if ((shift = shiftToIntegers(values))) {
        form = ColumnForm::integers;
    }
    const bool hasGaps = values.size() < rows.size() && form != ColumnForm::empty;
    to.push_back(static_cast<char>(static_cast<unsigned>(form) | (hasGaps ? kHasGaps : 0U)));
    if (hasGaps) {
        to += gaps;
    }
    switch (form) {
    case ColumnForm::empty:
        break;
    case ColumnForm::constant:
        putFixed(to, values.front());
        break;
    case ColumnForm::integers:
        putIntegers(to, values, *shift);
        break;
    case ColumnForm::doubles:
        putDoubles(to, values);
        break;
    }
}

// Differences that overflow wrap around, as they did when they were made.
std::int64_t wrappingAdd(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void readIntegers(ByteReader& from, std::span<double> values) {
    const unsigned shift = from.fixed<std::uint8_t>();
    std::int64_t integer = 0;
    for (double& value : values) {
        integer = wrappingAdd(integer, from.signedVarint());
        value = std::ldexp(static_cast<double>(integer), -static_cast<int>(shift));
    }
}

void readDoubles(ByteReader& from, std::span<double> values) {
    const std::string_view planes = from.take(values.size() * sizeof(double));
    if (planes.empty()) {
        return;
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint64_t changed = 0;
        for (std::size_t plane = 0; plane < sizeof(double); ++plane) {
            const auto byte = static_cast<unsigned char>(planes[plane * values.size() + i]);
            changed |= std::uint64_t{byte} << (8 * plane);
        }
        bits ^= changed;
        values[i] = std::bit_cast<double>(bits);
    }
}

// False when the form is none of ours or the bytes end.
bool readColumn(ByteReader& from, std::span<double> rows, std::vector<double>& values) {
    const auto head = from.fixed<std::uint8_t>();
    const auto form = static_cast<ColumnForm>(head & ~unsigned{kHasGaps});
    std::fill(rows.begin(), rows.end(), std::numeric_limits<double>::quiet_NaN());
    std::string_view gaps;
    if ((head & kHasGaps) != 0) {
        gaps = from.take((rows.size() + 7) / 8);
        if (gaps.empty()) {
            return false;
        }
    }
    const auto isGap = [&](std::size_t row) {
        return !gaps.empty() &&
               (static_cast<unsigned>(static_cast<unsigned char>(gaps[row / 8])) >> (row % 8) &
                1U) != 0;
    };
    std::size_t count = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        count += isGap(row) ? 0U : 1U;
    }
    values.assign(count, 0);
    switch (form) {
    case ColumnForm::empty:
        return !from.hasFailed();
    case ColumnForm::constant:
        std::fill(values.begin(), values.end(), from.fixed<double>());
        break;
    case ColumnForm::integers:
        readIntegers(from, values);
        break;
    case ColumnForm::doubles:
        readDoubles(from, values);
        break;
    default:
        return false;
    }
    std::size_t next = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!isGap(row)) {
            rows[row] = values[next++];
        }
    }
    return !from.hasFailed();
}

} // namespace

void encodeSamples(std::string& to, std::uint32_t group, const SampleTableView& samples,
                   std::size_t firstRow, std::size_t lastRow) {
    assert(lastRow > firstRow && lastRow - firstRow <= kMaxRowsPerRun);
    const std::size_t rows = lastRow - firstRow;
    putVarint(to, group);
    putVarint(to, firstRow);
    putVarint(to, rows);
    putVarint(to, samples.columns());
    std::int64_t before = 0;
    std::int64_t stepBefore = 0;
    for (std::size_t row = firstRow; row < lastRow; ++row) {
        const std::int64_t step = samples.timeAt(row) - before;
        putSigned(to, step - stepBefore);
        // The first difference is the time itself: no step to compare the next one with.
        stepBefore = row == firstRow ? 0 : step;
        before = samples.timeAt(row);
    }
    std::vector<double> values(rows);
    std::vector<double> scratch;
    for (std::size_t column = 0; column < samples.columns(); ++column) {
        for (std::size_t row = 0; row < rows; ++row) {
            values[row] = samples.valueAt(column, firstRow + row);
        }
        putColumn(to, values, scratch);
    }
}

std::optional<SampleRun> decodeSamples(ByteReader& from) {
    SampleRun run;
    run.group = static_cast<std::uint32_t>(from.varint());
    run.firstRow = from.varint();
    const std::uint64_t rows = from.varint();
    const std::uint64_t columns = from.varint();
    // Each row takes a byte at least (its time), and so does each column.
    if (from.hasFailed() || rows == 0 || rows > kMaxRowsPerRun || rows > from.left() ||
        columns > from.left() || rows * columns > kMaxValuesPerRun) {
        return std::nullopt;
    }
    run.times.resize(rows);
    std::int64_t time = 0;
    std::int64_t step = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        step = wrappingAdd(step, from.signedVarint());
        time = wrappingAdd(time, step);
        run.times[row] = time;
        step = row == 0 ? 0 : step;
    }
    run.columns.assign(columns, std::vector<double>(rows));
    std::vector<double> scratch;
    for (std::vector<double>& column : run.columns) {
        if (!readColumn(from, column, scratch)) {
            return std::nullopt;
        }
    }
    return run;
}

} // namespace ringscope
