// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/axis_ticks.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ringscope {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

} // namespace

TEST(ValueAxis, CoversTheDataWithFewRoundTicks) {
    for (const double largest : {0.003, 1.0, 7.3, 99.9, 1234.0, 3.2e6, 9.9e12}) {
        for (const Unit unit : {Unit::countPerSec, Unit::bytes, Unit::nanoseconds}) {
            for (const int maxTicks : {1, 2, 4, 9}) {
                const ValueAxis axis = valueAxisFor(largest, unit, maxTicks);
                EXPECT_GE(axis.top, largest);
                EXPECT_LE(std::floor(axis.top / axis.step), maxTicks + 1);
                EXPECT_DOUBLE_EQ(axis.ticks(unit).front().position, 0);
                EXPECT_GE(axis.ticks(unit).size(), 2U);
            }
        }
    }
}

TEST(ValueAxis, BytesHaveBinarySteps) {
    const ValueAxis axis = valueAxisFor(26e6, Unit::bytes, 4);
    EXPECT_DOUBLE_EQ(axis.step, 8.0 * 1048576);
    EXPECT_EQ(axis.ticks(Unit::bytes)[0].label, QStringLiteral("0"));
    EXPECT_EQ(axis.ticks(Unit::bytes)[1].label, QStringLiteral("8 MiB"));
}

TEST(ValueAxis, RatesHaveDecimalSteps) {
    EXPECT_DOUBLE_EQ(valueAxisFor(3.2e6, Unit::countPerSec, 4).step, 1e6);
    EXPECT_EQ(valueAxisFor(3.2e6, Unit::countPerSec, 4).ticks(Unit::countPerSec)[1].label,
              QStringLiteral("1 M/s"));
}

TEST(ValueAxis, NothingToShowIsStillAnAxis) {
    EXPECT_GT(valueAxisFor(0, Unit::bytes, 4).top, 0);
    EXPECT_GT(valueAxisFor(std::nan(""), Unit::count, 4).top, 0);
    EXPECT_GT(valueAxisFor(INFINITY, Unit::count, 4).top, 0);
}

TEST(SteadyValueAxis, GrowsAtOnceAndShrinksOnlyAfterAWhile) {
    SteadyValueAxis axis;
    EXPECT_GE(axis.update(10, Unit::count, 4, 0, true).top, 10);
    const double high = axis.update(1000, Unit::count, 4, kSecond, true).top;
    EXPECT_GE(high, 1000);
    EXPECT_EQ(axis.update(10, Unit::count, 4, 2 * kSecond, true).top, high);
    EXPECT_LT(axis.update(10, Unit::count, 4, 6 * kSecond, true).top, high);
}

TEST(SteadyValueAxis, FitsHistoryAtOnce) {
    SteadyValueAxis axis;
    axis.update(1000, Unit::count, 4, 0, true);
    EXPECT_LT(axis.update(10, Unit::count, 4, 1, false).top, 20);
}

TEST(TimeTicks, AreRoundAndRelativeToTheStart) {
    const std::int64_t start = 12'345'678'901;
    const auto ticks = timeTicks({start + 21 * kSecond, start + 31 * kSecond}, start, 5);
    ASSERT_EQ(ticks.size(), 5U);
    EXPECT_EQ(ticks.front().label, QStringLiteral("00:00:22"));
    EXPECT_DOUBLE_EQ(ticks.front().position, 22e9);
}

TEST(TimeTicks, HaveAsManyDecimalsAsTheStepNeeds) {
    EXPECT_EQ(timeTicks({0, kSecond / 10}, 0, 5)[1].label, QStringLiteral("00:00:00.02"));
}

TEST(FormatMoment, HasThePrecisionOfAPixel) {
    EXPECT_EQ(formatMoment(27'300'400'000, 10'000'000), QStringLiteral("00:00:27.30"));
    EXPECT_EQ(formatMoment(27'300'400'000, 100'000), QStringLiteral("00:00:27.3004"));
}

} // namespace ringscope
