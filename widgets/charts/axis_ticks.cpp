// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/axis_ticks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ringscope {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// Data has to stay below this share of the range, for this long, before the range shrinks.
constexpr double kShrinkBelow = 0.6;
constexpr std::int64_t kShrinkAfterNs = 3 * kSecond;
constexpr double kHeadroom = 1.04;

// The smallest round number that is at least `value`.
double roundStep(double value, bool isBinary) {
    if (isBinary) {
        return std::max(1.0, std::exp2(std::ceil(std::log2(value))));
    }
    const double decade = std::pow(10.0, std::floor(std::log10(value)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * decade >= value * (1 - 1e-9)) {
            return factor * decade;
        }
    }
    return 10 * decade;
}

std::int64_t roundTimeStep(std::int64_t atLeastNs) {
    for (std::int64_t decade = 1; decade < kSecond; decade *= 10) {
        for (const std::int64_t factor : {1, 2, 5}) {
            if (factor * decade >= atLeastNs) {
                return factor * decade;
            }
        }
    }
    constexpr std::array<std::int64_t, 17> kSteps{
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400};
    for (const std::int64_t seconds : kSteps) {
        if (seconds * kSecond >= atLeastNs) {
            return seconds * kSecond;
        }
    }
    return (atLeastNs / (86400 * kSecond) + 1) * 86400 * kSecond;
}

int decimalsFor(std::int64_t resolutionNs) {
    int decimals = 0;
    for (std::int64_t unit = kSecond; unit > resolutionNs && decimals < 9; unit /= 10) {
        ++decimals;
    }
    return decimals;
}

QString momentText(std::int64_t sinceStartNs, int decimals) {
    QString text = QString::fromStdString(formatClockTime(sinceStartNs));
    if (decimals > 0) {
        const std::int64_t fraction = std::abs(sinceStartNs % kSecond);
        const QString digits =
            QStringLiteral("%1").arg(fraction, 9, 10, QLatin1Char('0')).left(decimals);
        text += QLatin1Char('.') + digits;
    }
    return text;
}

} // namespace

std::vector<AxisTick> ValueAxis::ticks(Unit unit, ByteScale scale) const {
    std::vector<AxisTick> found;
    const auto count = static_cast<int>(std::floor(top / step + 1e-9));
    for (int i = 0; i <= count; ++i) {
        const double value = step * i;
        // Zero is the same in each unit: "0 ns" below "1 s" would only be one more to read.
        found.push_back({value, i == 0 ? QStringLiteral("0")
                                       : QString::fromStdString(formatValue(value, unit, scale))});
    }
    return found;
}

ValueAxis valueAxisFor(double largest, Unit unit, int maxTicks) {
    const bool isBinary = unit == Unit::bytes || unit == Unit::bytesPerSec;
    const bool isWhole = isBinary || unit == Unit::count;
    maxTicks = std::max(1, maxTicks);
    if (!(largest > 0) || !std::isfinite(largest)) {
        return {static_cast<double>(isBinary ? 1024 : 1), static_cast<double>(isBinary ? 1024 : 1)};
    }
    const double needed = largest * kHeadroom;
    double step = roundStep(needed / maxTicks, isBinary);
    if (isWhole) {
        step = std::max(1.0, step);
    }
    // The top need not be a tick: half a step is enough, and wastes less of a low chart.
    const double top = std::ceil(needed / (step / 2)) * step / 2;
    return {std::max(top, step), step};
}

ValueAxis fixedValueAxis(double top, int maxTicks) {
    for (const int parts : {5, 4, 2}) {
        if (parts <= maxTicks) {
            return {top, top / parts};
        }
    }
    return {top, top};
}

const ValueAxis& SteadyValueAxis::update(double largest, Unit unit, int maxTicks,
                                         std::int64_t nowNs, bool isSteady) {
    const ValueAxis fitting = valueAxisFor(largest, unit, maxTicks);
    const bool grows = fitting.top > m_axis.top;
    if (!m_hasAxis || !isSteady || grows) {
        m_axis = fitting;
        m_maxTicks = maxTicks;
        m_hasAxis = true;
        m_neededAtNs = nowNs;
        return m_axis;
    }
    if (maxTicks != m_maxTicks) { // resized: other ticks over the same range
        const double top = m_axis.top;
        m_axis = valueAxisFor(top / kHeadroom, unit, maxTicks);
        m_maxTicks = maxTicks;
    }
    if (fitting.top > m_axis.top * kShrinkBelow) {
        m_neededAtNs = nowNs;
    } else if (nowNs - m_neededAtNs > kShrinkAfterNs) {
        m_axis = fitting;
        m_neededAtNs = nowNs;
    }
    return m_axis;
}

std::vector<AxisTick> timeTicks(TimeRange visible, std::int64_t startNs, int maxTicks) {
    std::vector<AxisTick> found;
    const std::int64_t span = visible.spanNs();
    if (span <= 0 || maxTicks <= 0) {
        return found;
    }
    const std::int64_t step = roundTimeStep(std::max<std::int64_t>(1, span / maxTicks));
    const int decimals = decimalsFor(step);
    const std::int64_t from = visible.fromNs - startNs;
    const std::int64_t to = visible.toNs - startNs;
    std::int64_t at = from / step * step;
    while (at < from) {
        at += step;
    }
    for (; at <= to; at += step) {
        found.push_back({static_cast<double>(at), momentText(at, decimals)});
    }
    return found;
}

QString formatMoment(std::int64_t sinceStartNs, std::int64_t pixelNs) {
    return momentText(sinceStartNs, std::clamp(decimalsFor(pixelNs), 1, 6));
}

} // namespace ringscope
