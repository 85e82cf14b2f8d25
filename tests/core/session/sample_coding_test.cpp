// SPDX-License-Identifier: MIT
#include "core/session/sample_coding.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace ringscope {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

SampleTable tableOf(const std::vector<std::int64_t>& times,
                    const std::vector<std::vector<double>>& columns) {
    SampleTable table(columns.size());
    std::vector<double> row(columns.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
        for (std::size_t column = 0; column < columns.size(); ++column) {
            row[column] = columns[column][i];
        }
        table.append(times[i], row);
    }
    return table;
}

bool isSameValue(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) ||
           std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

void expectRoundTrip(const std::vector<std::int64_t>& times,
                     const std::vector<std::vector<double>>& columns) {
    const SampleTable table = tableOf(times, columns);
    std::string bytes;
    encodeSamples(bytes, 7, table.view(), 0, times.size());
    ByteReader reader(bytes);
    const auto run = decodeSamples(reader);
    ASSERT_TRUE(run);
    EXPECT_TRUE(reader.isAtEnd());
    EXPECT_EQ(run->group, 7U);
    EXPECT_EQ(run->times, times);
    ASSERT_EQ(run->columns.size(), columns.size());
    for (std::size_t column = 0; column < columns.size(); ++column) {
        for (std::size_t row = 0; row < times.size(); ++row) {
            EXPECT_TRUE(isSameValue(run->columns[column][row], columns[column][row]))
                << "column " << column << " row " << row;
        }
    }
}

TEST(SampleCoding, BringsEveryDoubleBackBitForBit) {
    expectRoundTrip({-5, 0, 1'000'000, 1'000'001, 1'000'001, std::int64_t{1} << 60},
                    {{0, -0.0, 1, -1, 0.1, 1e300},
                     {1, 2, 3, 4, 5, 6},
                     {0.5, 0.25, 100.0 * 37 / 4096, 0, 100, 50},
                     {9007199254740991.0, -9007199254740991.0, 0, 1, 2, 3},
                     {9007199254740992.0, 0.5, 0, 0, 0, 0},
                     {7.25, 7.25, 7.25, 7.25, 7.25, 7.25},
                     {std::numeric_limits<double>::infinity(), 5e-324, 1, 2, 3, 4}});
}

TEST(SampleCoding, KeepsGaps) {
    expectRoundTrip({1, 2, 3}, {{kNan, kNan, kNan}, {1, kNan, 2}, {kNan, 0.1, 0.2}, {kNan, 5, 5}});
}

TEST(SampleCoding, BringsRandomColumnsBack) {
    std::mt19937_64 random(20);
    std::vector<std::int64_t> times;
    std::vector<std::vector<double>> columns(4);
    std::int64_t time = 1'000'000'000'000;
    for (int row = 0; row < 4096; ++row) {
        times.push_back(time += 1'000'000 + static_cast<std::int64_t>(random() % 60'000));
        columns[0].push_back(std::bit_cast<double>(random() & 0x7FEF'FFFF'FFFF'FFFF));
        columns[1].push_back(static_cast<double>(row * 1000 + static_cast<int>(random() % 999)));
        columns[2].push_back(100.0 * static_cast<double>(random() % 1025) / 1024);
        columns[3].push_back(random() % 3 == 0 ? kNan : static_cast<double>(random() % 100) / 7);
    }
    expectRoundTrip(times, columns);
}

TEST(SampleCoding, WritesFillOfAPowerOfTwoInTwoBytes) {
    std::vector<std::int64_t> times;
    std::vector<std::vector<double>> columns(1);
    for (int row = 0; row < 1000; ++row) {
        times.push_back(row * 1'000'000);
        columns[0].push_back(100.0 * ((row * 7) % 1024) / 1024);
    }
    const SampleTable table = tableOf(times, columns);
    std::string bytes;
    encodeSamples(bytes, 0, table.view(), 0, 1000);
    EXPECT_LT(bytes.size(), 1000U * 4);
}

TEST(SampleCoding, RefusesEveryCutAndSurvivesEveryFlip) {
    const SampleTable table = tableOf({10, 20, 30}, {{1, kNan, 3}, {0.1, 0.2, 0.3}, {5, 5, 5}});
    std::string bytes;
    encodeSamples(bytes, 1, table.view(), 0, 3);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        // A copy of that length, so that a sanitizer sees a read past its end.
        const std::string cut(bytes, 0, length);
        ByteReader reader(cut);
        EXPECT_FALSE(decodeSamples(reader)) << "cut to " << length;
    }
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        ByteReader reader(flipped);
        if (const auto run = decodeSamples(reader)) {
            EXPECT_LE(run->times.size(), flipped.size());
        }
    }
}

} // namespace
} // namespace ringscope
