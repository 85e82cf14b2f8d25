// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <vector>

#include "core/base/units.h"
#include "widgets/charts/time_link.h"

namespace ringscope {

struct AxisTick {
    double position = 0; // a value, or nanoseconds since the session's start
    QString label;
    bool operator==(const AxisTick&) const = default;
};

// Where a y axis from 0 that has to show `largest` ends and which ticks it has: round in binary for
// bytes (1, 2, 4 ... of KiB, MiB), round in decimal (1, 2, 5) for the rest; at most maxTicks above
// 0.
struct ValueAxis {
    double top = 1;
    double step = 1;
    [[nodiscard]] std::vector<AxisTick> ticks(Unit unit,
                                              ByteScale scale = ByteScale::automatic) const;
    auto operator<=>(const ValueAxis&) const = default;
};
[[nodiscard]] ValueAxis valueAxisFor(double largest, Unit unit, int maxTicks);
// An axis that ends at a given value (100 %), divided evenly.
[[nodiscard]] ValueAxis fixedValueAxis(double top, int maxTicks);

// The y range of a live chart: it grows at once, and shrinks only when the data stayed well below
// it for a while, so that the picture does not pump. One chart's; takes the time, has no clock.
class SteadyValueAxis {
public:
    // largest: of the visible data; NaN counts as 0. isSteady = false fits at once (history,
    // files).
    const ValueAxis& update(double largest, Unit unit, int maxTicks, std::int64_t nowNs,
                            bool isSteady);
    void reset() { m_hasAxis = false; }

private:
    ValueAxis m_axis;
    int m_maxTicks = 0;
    bool m_hasAxis = false;
    std::int64_t m_neededAtNs = 0; // when the data last needed this range
};

// Ticks of a time axis relative to startNs: round steps (1, 2, 5 of a second's fractions; 1, 2, 5,
// 10, 15, 30 s and min; hours), at most maxTicks. Labels "00:01:23", with as many decimals as the
// step needs.
[[nodiscard]] std::vector<AxisTick> timeTicks(TimeRange visible, std::int64_t startNs,
                                              int maxTicks);
// "00:01:23.250": a moment, to the precision that a pixel of pixelNs has.
[[nodiscard]] QString formatMoment(std::int64_t sinceStartNs, std::int64_t pixelNs);

} // namespace ringscope
