// SPDX-License-Identifier: MIT
#include "core/session/series.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope {

namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr SeriesColumn kGapColumn{kGap, kGap, kGap, kGap};

// A value stands for this long after its sample: 2.5 of its own periods, so that one late sample is
// no gap. The first sample's period is the one behind it; a lone sample stands for two seconds.
std::int64_t holdNs(const SampleTableView& samples, std::size_t row) {
    constexpr std::int64_t kAtLeastNs = 5'000'000;
    constexpr std::int64_t kAloneNs = 2'000'000'000;
    if (samples.rows() < 2) {
        return kAloneNs;
    }
    const std::size_t later = std::max<std::size_t>(row, 1);
    const std::int64_t period = samples.timeAt(later) - samples.timeAt(later - 1);
    return std::max(kAtLeastNs, period * 5 / 2);
}

// Rate in 1/s between rows a < b; a gap where a value is missing or the counter fell (its target
// was replaced).
double rateBetween(const SampleTableView& samples, std::size_t column, std::size_t a,
                   std::size_t b) {
    const double increase = samples.valueAt(column, b) - samples.valueAt(column, a);
    const auto ns = static_cast<double>(samples.timeAt(b) - samples.timeAt(a));
    return increase >= 0 && ns > 0 ? increase * 1e9 / ns : kGap;
}

SeriesColumn gaugeColumn(const SampleTableView& samples, std::size_t column, std::size_t first,
                         std::size_t last, std::int64_t start) {
    if (first < last) {
        const RangeSummary range = samples.summarize(column, first, last);
        if (range.valid == 0) {
            return kGapColumn;
        }
        return {range.min, range.max, range.mean(), samples.valueAt(column, last - 1)};
    }
    if (first == 0 || start - samples.timeAt(first - 1) > holdNs(samples, first - 1)) {
        return kGapColumn;
    }
    const double held = samples.valueAt(column, first - 1);
    return {held, held, held, held};
}

// The rows [first, last) lie in the column; the increase is measured from the sample before it.
SeriesColumn counterColumn(const SampleTableView& samples, std::size_t column, std::size_t first,
                           std::size_t last, std::int64_t start) {
    std::size_t from = first;
    std::size_t to = last;
    if (first < last) {
        from = first == 0 ? 0 : first - 1;
        to = last - 1;
    } else {
        // Between two samples: the rate of the pair around it, unless they are a gap apart.
        if (first == 0 || first >= samples.rows() ||
            start - samples.timeAt(first - 1) > holdNs(samples, first - 1)) {
            return kGapColumn;
        }
        from = first - 1;
        to = first;
    }
    if (from == to) {
        return kGapColumn;
    }
    const double rate = rateBetween(samples, column, from, to);
    return {rate, rate, rate, rate};
}

} // namespace

Unit shownUnit(const TrackDescription& description) {
    if (description.kind == TrackKind::gauge) {
        return description.unit;
    }
    return description.unit == Unit::bytes ? Unit::bytesPerSec : Unit::countPerSec;
}

std::vector<SeriesColumn> seriesColumns(const SessionView& view, TrackRef track,
                                        std::int64_t columnNs, std::int64_t firstColumn,
                                        std::size_t count) {
    const SampleTableView& samples = view.samples(track);
    const bool isCounter = view.description(track).kind == TrackKind::counter;
    std::vector<SeriesColumn> columns(count, kGapColumn);
    if (samples.rows() == 0 || columnNs <= 0) {
        return columns;
    }
    std::size_t row = samples.lowerBound(firstColumn * columnNs);
    for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t start = (firstColumn + static_cast<std::int64_t>(i)) * columnNs;
        if (start > view.endNs) {
            break; // nothing is known of the future, however long a value is held
        }
        const std::size_t next = samples.lowerBound(start + columnNs);
        columns[i] = isCounter ? counterColumn(samples, track.column, row, next, start)
                               : gaugeColumn(samples, track.column, row, next, start);
        row = next;
    }
    return columns;
}

double valueAt(const SessionView& view, TrackRef track, std::int64_t timeNs) {
    const SampleTableView& samples = view.samples(track);
    const std::size_t after = samples.lowerBound(timeNs + 1);
    if (after == 0 || timeNs > view.endNs ||
        timeNs - samples.timeAt(after - 1) > holdNs(samples, after - 1)) {
        return kGap;
    }
    if (view.description(track).kind == TrackKind::gauge) {
        return samples.valueAt(track.column, after - 1);
    }
    return after < 2 ? kGap : rateBetween(samples, track.column, after - 2, after - 1);
}

double seriesMean(const SessionView& view, TrackRef track, std::int64_t fromNs, std::int64_t toNs) {
    const SampleTableView& samples = view.samples(track);
    const std::size_t first = samples.lowerBound(fromNs);
    const std::size_t last = samples.lowerBound(toNs + 1);
    if (view.description(track).kind == TrackKind::counter) {
        return last < first + 2 ? kGap : rateBetween(samples, track.column, first, last - 1);
    }
    const RangeSummary range = samples.summarize(track.column, first, last);
    return range.valid > 0 ? range.mean() : kGap;
}

SeriesStatistics seriesStatistics(const SessionView& view, TrackRef track, std::int64_t fromNs,
                                  std::int64_t toNs) {
    SeriesStatistics result{kGap, kGap, kGap, kGap, kGap, kGap, 0};
    const SampleTableView& samples = view.samples(track);
    const std::size_t first = samples.lowerBound(fromNs);
    const std::size_t last = samples.lowerBound(toNs + 1);
    if (first >= last) {
        return result;
    }
    if (view.description(track).kind == TrackKind::gauge) {
        const RangeSummary range = samples.summarize(track.column, first, last);
        result.samples = range.valid;
        if (range.valid > 0) {
            result.min = range.min;
            result.max = range.max;
            result.mean = range.mean();
        }
        result.first = samples.valueAt(track.column, first);
        result.last = samples.valueAt(track.column, last - 1);
        return result;
    }
    RangeSummary rates;
    for (std::size_t row = first + 1; row < last; ++row) {
        rates.add(rateBetween(samples, track.column, row - 1, row));
    }
    result.samples = last - first;
    if (rates.valid > 0) {
        result.min = rates.min;
        result.max = rates.max;
        result.first = rateBetween(samples, track.column, first, first + 1);
        result.last = rateBetween(samples, track.column, last - 2, last - 1);
    }
    result.mean = seriesMean(view, track, fromNs, toNs);
    if (!std::isnan(result.mean)) {
        result.total =
            samples.valueAt(track.column, last - 1) - samples.valueAt(track.column, first);
    }
    return result;
}

} // namespace ringscope
