// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_spec.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope {

namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kTypePrefix = "memory.type.";
constexpr std::int64_t kNowWindowNs = 500'000'000;

std::vector<ChartSpec> makeKnownCharts() {
    std::vector<ChartSpec> charts;
    charts.push_back({.name = "occupancy",
                      .title = "Occupancy",
                      .help = "Slots of each channel that hold a message, of its capacity.",
                      .tracks = {"ring.ch*.fill"},
                      .unit = Unit::percent,
                      .fixedMax = 100});
    charts.push_back({.name = "messages",
                      .title = "Messages",
                      .help = "Messages sent and received per second, all workers together.",
                      .tracks = {"messages.sent", "messages.received"},
                      .unit = Unit::countPerSec});
    charts.push_back({.name = "ring-traffic",
                      .title = "Ring traffic",
                      .help = "Positions that producers and consumers claimed per second, whoever "
                              "they are.",
                      .tracks = {"ring.ch*.sent", "ring.ch*.received"},
                      .unit = Unit::countPerSec,
                      .hiddenBeside = "messages.sent",
                      .isSumOfPattern = true});
    charts.push_back({.name = "latency",
                      .title = "Latency",
                      .help = "From the intended send time to receipt, percentiles.",
                      .tracks = {"latency.p50", "latency.p90", "latency.p99", "latency.p999"},
                      .unit = Unit::nanoseconds});
    charts.push_back({.name = "heap",
                      .title = "Heap",
                      .help = "Allocations and frees per second, all workers together.",
                      .tracks = {"heap.allocations", "heap.frees"},
                      .unit = Unit::countPerSec,
                      .readouts = {"heap.allocations_per_message"}});
    charts.push_back({.name = "heap-live",
                      .title = "Live heap",
                      .help = "Bytes allocated and not freed yet.",
                      .tracks = {"heap.live_bytes"},
                      .unit = Unit::bytes,
                      .readouts = {"heap.allocations_per_message"}});
    charts.push_back({.name = "memory-types",
                      .title = "Physical memory",
                      .help = "Resident memory by what it is used for.",
                      .tracks = {"memory.type.*"},
                      .style = ChartStyle::stacked,
                      .unit = Unit::bytes,
                      .seriesShownAtFirst = kMemoryTypeCount});
    charts.push_back({.name = "memory",
                      .title = "Memory counters",
                      .help = "The kernel's own counts of resident memory.",
                      .tracks = {"memory.rss", "memory.pss", "memory.private", "memory.shared",
                                 "memory.anonymous", "memory.file", "memory.shmem"},
                      .unit = Unit::bytes,
                      .seriesShownAtFirst = 4});
    charts.push_back({.name = "faults",
                      .title = "Page faults",
                      .help = "Faults per second; a major one waited for a disk.",
                      .tracks = {"memory.minor_faults", "memory.major_faults"},
                      .unit = Unit::countPerSec,
                      .isShownAtFirst = false});
    charts.push_back({.name = "swap",
                      .title = "Swap",
                      .help = "Memory that was written to swap.",
                      .tracks = {"memory.swap"},
                      .unit = Unit::bytes,
                      .isShownAtFirst = false});
    return charts;
}

// Swap is watched always and is of interest only once something is there.
bool hasSomethingToShow(const ChartSpec& spec, const SessionView& view) {
    for (const std::string& pattern : spec.tracks) {
        for (const TrackRef track : view.match(pattern)) {
            if (spec.name != "swap" ||
                seriesStatistics(view, track, view.startNs, view.endNs).max > 0) {
                return true;
            }
        }
    }
    return false;
}

ChartSeries seriesOf(const SessionView& view, TrackRef track) {
    const TrackDescription& description = view.description(track);
    ChartSeries series;
    series.label = description.label.empty() ? description.name : description.label;
    series.help = description.help;
    series.unit = shownUnit(description);
    series.tracks = {track};
    if (description.name.starts_with(kTypePrefix)) {
        series.memoryType =
            memoryTypeFromName(std::string_view(description.name).substr(kTypePrefix.size()));
    }
    return series;
}

// "ch2" before "ch10".
bool comesBefore(std::string_view a, std::string_view b) {
    const auto digits = [](std::string_view s) { return s.find_first_of("0123456789"); };
    const std::size_t x = digits(a);
    const std::size_t y = digits(b);
    if (x != std::string_view::npos && x == y && a.substr(0, x) == b.substr(0, y) &&
        a.size() != b.size()) {
        return a.size() < b.size();
    }
    return a < b;
}

void addAggregates(std::vector<ChartSeries>& lines, std::size_t& shownAtFirst) {
    std::vector<TrackRef> all;
    for (const ChartSeries& line : lines) {
        all.push_back(line.tracks.front());
    }
    const std::string count = std::to_string(all.size());
    ChartSeries max = lines.front();
    max.label = "max of " + count;
    max.help = "The largest of the " + count + " at each moment.";
    max.aggregate = Aggregate::max;
    max.tracks = all;
    ChartSeries mean = max;
    mean.label = "mean of " + count;
    mean.help = "The mean of the " + count + " at each moment.";
    mean.aggregate = Aggregate::mean;
    lines.insert(lines.begin(), {max, mean});
    // A handful beside the two: more lines than that cannot be told apart.
    shownAtFirst = std::min<std::size_t>(shownAtFirst, 5);
}

// All of one pattern together, called as the part of its name behind the '*' says.
ChartSeries sumOf(const std::vector<ChartSeries>& lines, std::string_view pattern) {
    ChartSeries sum = lines.front();
    sum.label = pattern.substr(pattern.rfind('.') + 1);
    sum.help = "All " + std::to_string(lines.size()) + " channels together.";
    sum.aggregate = Aggregate::sum;
    sum.tracks.clear();
    for (const ChartSeries& line : lines) {
        sum.tracks.push_back(line.tracks.front());
    }
    return sum;
}

SeriesColumn combined(const SeriesColumn& a, const SeriesColumn& b, Aggregate how) {
    if (std::isnan(b.mean)) {
        return a;
    }
    if (std::isnan(a.mean)) {
        return b;
    }
    if (how == Aggregate::max) {
        return {std::max(a.min, b.min), std::max(a.max, b.max), std::max(a.mean, b.mean),
                std::max(a.last, b.last)};
    }
    return {a.min + b.min, a.max + b.max, a.mean + b.mean, a.last + b.last};
}

double combinedValue(const ChartSeries& series, const auto& valueOf) {
    double result = kGap;
    double valid = 0;
    for (const TrackRef track : series.tracks) {
        const double value = valueOf(track);
        if (std::isnan(value)) {
            continue;
        }
        valid += 1;
        if (std::isnan(result)) {
            result = value;
        } else {
            result = series.aggregate == Aggregate::max ? std::max(result, value) : result + value;
        }
    }
    return series.aggregate == Aggregate::mean && valid > 0 ? result / valid : result;
}

} // namespace

QColor ChartSeries::color(const ThemeTokens& tokens) const {
    return memoryType ? tokens.memoryTypeColor(*memoryType) : tokens.seriesColor(colorIndex);
}

const std::vector<ChartSpec>& knownCharts() {
    static const std::vector<ChartSpec> charts = makeKnownCharts();
    return charts;
}

std::vector<ChartSpec> defaultCharts(const SessionView& view) {
    std::vector<ChartSpec> found;
    for (const ChartSpec& spec : knownCharts()) {
        if (hasSomethingToShow(spec, view)) {
            found.push_back(spec);
            found.back().isShownAtFirst =
                spec.isShownAtFirst &&
                (spec.hiddenBeside.empty() || view.match(spec.hiddenBeside).empty());
        }
    }
    return found;
}

std::int64_t timeZeroNs(const SessionView& view) {
    const bool isKnown = view.provenance && view.provenance->startMonotonicNs != 0;
    return isKnown ? view.provenance->startMonotonicNs : view.startNs;
}

const ChartSpec* findChart(std::string_view name) {
    for (const ChartSpec& spec : knownCharts()) {
        if (spec.name == name) {
            return &spec;
        }
    }
    return nullptr;
}

std::vector<ChartSeries> chartSeries(const ChartSpec& spec, const SessionView& view) {
    std::vector<ChartSeries> found;
    std::vector<ChartSeries> sums;
    for (const std::string& pattern : spec.tracks) {
        std::vector<ChartSeries> matching;
        for (const TrackRef track : view.match(pattern)) {
            matching.push_back(seriesOf(view, track));
        }
        if (pattern.find('*') != std::string::npos && spec.style == ChartStyle::lines) {
            std::stable_sort(matching.begin(), matching.end(),
                             [](const ChartSeries& a, const ChartSeries& b) {
                                 return comesBefore(a.label, b.label);
                             });
        }
        if (spec.isSumOfPattern && matching.size() > 1) {
            sums.push_back(sumOf(matching, pattern));
        }
        found.insert(found.end(), matching.begin(), matching.end());
    }
    std::size_t shownAtFirst = spec.seriesShownAtFirst;
    if (!sums.empty()) {
        shownAtFirst = sums.size();
        found.insert(found.begin(), sums.begin(), sums.end());
    } else if (spec.style == ChartStyle::lines && found.size() > kSeriesColors) {
        addAggregates(found, shownAtFirst);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
        found[i].colorIndex = i;
        found[i].isShownAtFirst = i < shownAtFirst;
    }
    for (const std::string& pattern : spec.readouts) {
        for (const TrackRef track : view.match(pattern)) {
            found.push_back(seriesOf(view, track));
            found.back().isReadoutOnly = true;
        }
    }
    return found;
}

std::vector<SeriesColumn> chartColumns(const SessionView& view, const ChartSeries& series,
                                       std::int64_t columnNs, std::int64_t firstColumn,
                                       std::size_t count) {
    std::vector<SeriesColumn> result =
        seriesColumns(view, series.tracks.front(), columnNs, firstColumn, count);
    if (series.aggregate == Aggregate::single) {
        return result;
    }
    std::vector<double> valid(count);
    for (std::size_t i = 0; i < count; ++i) {
        valid[i] = std::isnan(result[i].mean) ? 0 : 1;
    }
    for (std::size_t t = 1; t < series.tracks.size(); ++t) {
        const std::vector<SeriesColumn> next =
            seriesColumns(view, series.tracks[t], columnNs, firstColumn, count);
        for (std::size_t i = 0; i < count; ++i) {
            valid[i] += std::isnan(next[i].mean) ? 0 : 1;
            result[i] = combined(result[i], next[i], series.aggregate);
        }
    }
    if (series.aggregate != Aggregate::max) {
        for (std::size_t i = 0; i < count; ++i) {
            // Neither has extremes of its own within a pixel worth drawing.
            const double parts = series.aggregate == Aggregate::mean ? valid[i] : 1;
            const double mean = valid[i] > 0 ? result[i].mean / parts : kGap;
            result[i] = {mean, mean, mean, mean};
        }
    }
    return result;
}

double chartValueAt(const SessionView& view, const ChartSeries& series, std::int64_t timeNs) {
    return combinedValue(series, [&](TrackRef track) { return valueAt(view, track, timeNs); });
}

double chartValueNow(const SessionView& view, const ChartSeries& series, std::int64_t timeNs) {
    return combinedValue(series, [&](TrackRef track) {
        if (view.description(track).kind == TrackKind::gauge) {
            return valueAt(view, track, timeNs);
        }
        const double recent = seriesMean(view, track, timeNs - kNowWindowNs, timeNs);
        // Sampled more slowly than that: the rate between the last two samples.
        return std::isnan(recent) ? valueAt(view, track, timeNs) : recent;
    });
}

double chartMean(const SessionView& view, const ChartSeries& series, std::int64_t fromNs,
                 std::int64_t toNs) {
    // The mean of a maximum is not the maximum of the means: it is not shown rather than wrong.
    if (series.aggregate == Aggregate::max) {
        return kGap;
    }
    return combinedValue(series,
                         [&](TrackRef track) { return seriesMean(view, track, fromNs, toNs); });
}

SeriesStatistics chartStatistics(const SessionView& view, const ChartSeries& series,
                                 std::int64_t fromNs, std::int64_t toNs) {
    SeriesStatistics result = seriesStatistics(view, series.tracks.front(), fromNs, toNs);
    if (series.aggregate == Aggregate::single) {
        return result;
    }
    const auto of = [&](double SeriesStatistics::*field) {
        return combinedValue(series, [&](TrackRef track) {
            return seriesStatistics(view, track, fromNs, toNs).*field;
        });
    };
    result.max = series.aggregate == Aggregate::max ? of(&SeriesStatistics::max) : kGap;
    result.mean = chartMean(view, series, fromNs, toNs);
    result.min = kGap;
    result.first = of(&SeriesStatistics::first);
    result.last = of(&SeriesStatistics::last);
    result.total = kGap;
    return result;
}

} // namespace ringscope
