// SPDX-License-Identifier: MIT
#include "core/base/units.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "tests/support/comma_locale.h"

namespace ringscope {
namespace {

TEST(Units, BytesAreBinaryWithAtMostFourDigits) {
    EXPECT_EQ(formatBytes(0), "0 B");
    EXPECT_EQ(formatBytes(1023), "1023 B");
    EXPECT_EQ(formatBytes(4096), "4 KiB");
    EXPECT_EQ(formatBytes(4.4 * 1048576), "4.40 MiB");
    EXPECT_EQ(formatBytes(142.3 * 1048576), "142 MiB");
    EXPECT_EQ(formatBytes(-8192), "-8 KiB");
}

TEST(Units, NumbersHaveAPointInEveryLocale) {
    const CommaLocale locale;
    if (!locale.isSet()) {
        GTEST_SKIP() << "no locale with a decimal comma is installed here (Debian: locales)";
    }
    EXPECT_EQ(formatBytes(4.4 * 1048576), "4.40 MiB");
    EXPECT_EQ(formatDuration(1'500'000), "1.50 ms");
    EXPECT_EQ(parseDurationNs("1.5 ms").value(), 1'500'000);
}

TEST(Units, WholeMinutesHaveNoSeconds) {
    EXPECT_EQ(formatDuration(60'000'000'000), "1 min");
    EXPECT_EQ(formatDuration(125'000'000'000), "2 min 5 s");
}

TEST(Units, TheLargestNumberIsWrittenInFull) {
    EXPECT_EQ(formatCount(std::numeric_limits<double>::max()).size(), 297U + 2U); // and " T"
}

TEST(Units, ByteScaleCanBeFixed) {
    EXPECT_EQ(formatBytes(8192, ByteScale::pages4k), "2 pages");
    EXPECT_EQ(formatBytes(8192, ByteScale::bytes), "8192 B");
}

TEST(Units, ValuesCarryTheirUnit) {
    EXPECT_EQ(formatValue(3.2e6, Unit::countPerSec), "3.20 M/s");
    EXPECT_EQ(formatValue(7, Unit::countPerSec), "7 /s");
    EXPECT_EQ(formatValue(41'000, Unit::nanoseconds), "41 µs");
    EXPECT_EQ(formatValue(63, Unit::percent), "63 %");
    EXPECT_EQ(formatValue(0.25, Unit::ratePerMessage), "0.25 /msg");
    EXPECT_EQ(formatValue(0.0013, Unit::ratePerMessage), "0.001 /msg");
    EXPECT_EQ(formatValue(std::nan(""), Unit::bytes), "–");
}

TEST(Units, SteadyDigitsDoNotJumpAtARoundValue) {
    const auto steady = [](double value, Unit unit, ByteScale scale = ByteScale::automatic) {
        return formatValue(value, unit, scale, Digits::steady);
    };
    EXPECT_EQ(steady(45.0 * 1048576, Unit::bytes), "45.0 MiB");
    EXPECT_EQ(steady(45.1 * 1048576, Unit::bytes), "45.1 MiB");
    EXPECT_EQ(steady(512.0 * 1048576, Unit::bytes), "512 MiB");
    EXPECT_EQ(steady(8.0 * 1024, Unit::bytesPerSec, ByteScale::kib), "8.00 KiB/s");
    EXPECT_EQ(steady(20'000, Unit::countPerSec), "20.0 k/s");
    EXPECT_EQ(steady(63, Unit::percent), "63.0 %");
    EXPECT_EQ(steady(41'000, Unit::nanoseconds), "41.0 µs");
    EXPECT_EQ(steady(41, Unit::nanoseconds), "41 ns");
    EXPECT_EQ(steady(17, Unit::count), "17");
    EXPECT_EQ(steady(0, Unit::percent), "0 %");
    EXPECT_EQ(steady(4096, Unit::bytes, ByteScale::bytes), "4096 B");
}

TEST(Units, NothingIsShownAsThousandOfTheSmallerUnit) {
    EXPECT_EQ(formatCount(999'950), "1.00 M");
    EXPECT_EQ(formatCount(999), "999");
}

TEST(Units, UnitNamesRoundTrip) {
    for (const Unit unit :
         {Unit::none, Unit::count, Unit::countPerSec, Unit::bytes, Unit::bytesPerSec,
          Unit::nanoseconds, Unit::percent, Unit::ratePerMessage}) {
        EXPECT_EQ(unitFromName(unitName(unit)), unit);
    }
}

TEST(Units, ClockTimeIsHoursMinutesSeconds) {
    EXPECT_EQ(formatClockTime(83'500'000'000), "00:01:23");
    EXPECT_EQ(formatClockTime(-1'000'000'000), "-00:00:01");
}

TEST(Units, ParsesSizes) {
    EXPECT_EQ(parseBytes("64MiB").value(), 64U << 20U);
    EXPECT_EQ(parseBytes(" 4k ").value(), 4000U);
    EXPECT_EQ(parseBytes("1.5 KiB").value(), 1536U);
    EXPECT_EQ(parseBytes("12").value(), 12U);
}

TEST(Units, RefusesSizesThatAreNotSizes) {
    for (const char* text : {"", "abc", "-4", "4 parsecs", "nan", "inf", "99999999TiB"}) {
        EXPECT_FALSE(parseBytes(text)) << text;
    }
    EXPECT_EQ(parseBytes("4 parsecs").error().kind, ErrorKind::usage);
}

TEST(Units, ParsesDurations) {
    EXPECT_EQ(parseDurationNs("10s").value(), 10'000'000'000);
    EXPECT_EQ(parseDurationNs("250ms").value(), 250'000'000);
    EXPECT_EQ(parseDurationNs("1.5min").value(), 90'000'000'000);
    EXPECT_EQ(parseDurationNs("2").value(), 2'000'000'000);
    EXPECT_FALSE(parseDurationNs("10 fortnights"));
}

} // namespace
} // namespace ringscope
