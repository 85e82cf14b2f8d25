// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_spec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "tests/widgets/charts/chart_session.h"

namespace ringscope {

namespace {

// The tracks that docs/tracks.md lists, with the unit in which a chart shows each.
std::map<std::string, Unit> documentedTracks() {
    const std::map<std::string, Unit> units = {{"gauge | bytes", Unit::bytes},
                                               {"gauge | count", Unit::count},
                                               {"gauge | ns", Unit::nanoseconds},
                                               {"gauge | percent", Unit::percent},
                                               {"gauge | per message", Unit::ratePerMessage},
                                               {"counter | count", Unit::countPerSec}};
    std::ifstream file(TRACKS_DOCUMENT);
    const std::regex row("\\| `([^`]+)` \\| ([^|]+ \\| [^|]+) \\|.*");
    std::map<std::string, Unit> tracks;
    std::smatch found;
    for (std::string line; std::getline(file, line);) {
        if (std::regex_match(line, found, row)) {
            EXPECT_TRUE(units.contains(found[2])) << line;
            tracks[found[1]] = units.contains(found[2]) ? units.at(found[2]) : Unit::none;
        }
    }
    return tracks;
}

} // namespace

TEST(ChartSpec, NamesAreUnique) {
    std::set<std::string> names;
    for (const ChartSpec& spec : knownCharts()) {
        EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
        EXPECT_EQ(findChart(spec.name)->title, spec.title);
    }
    EXPECT_EQ(findChart("no such chart"), nullptr);
}

// A chart whose pattern matches nothing is never shown, and nothing says so.
TEST(ChartSpec, PatternsMatchDocumentedTracksOfTheirUnit) {
    const std::map<std::string, Unit> documented = documentedTracks();
    ASSERT_FALSE(documented.empty()) << TRACKS_DOCUMENT;
    for (const ChartSpec& spec : knownCharts()) {
        for (const std::string& pattern : spec.tracks) {
            int matches = 0;
            for (const auto& [name, unit] : documented) {
                if (matchesPattern(name, pattern)) {
                    ++matches;
                    EXPECT_EQ(unitName(unit), unitName(spec.unit)) << spec.name << ": " << name;
                }
            }
            EXPECT_GT(matches, 0) << spec.name << ": " << pattern;
        }
        for (const std::string& pattern : spec.readouts) {
            EXPECT_TRUE(std::any_of(
                documented.begin(), documented.end(),
                [&](const auto& track) { return matchesPattern(track.first, pattern); }))
                << spec.name << ": " << pattern;
        }
    }
}

TEST(ChartSpec, ChartsAreThoseThatTheSessionHasTracksFor) {
    const auto view = chartSession(100);
    std::vector<std::string> names;
    for (const ChartSpec& spec : defaultCharts(*view)) {
        names.push_back(spec.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"occupancy", "messages", "memory-types"}));
}

TEST(ChartSpec, CountersAreShownAsRates) {
    const auto view = chartSession(100);
    EXPECT_EQ(chartSeries(*findChart("messages"), *view)[0].unit, Unit::countPerSec);
}

TEST(ChartSpec, MemoryTypesHaveTheirOwnColours) {
    const auto view = chartSession(100);
    for (const ChartSeries& series : chartSeries(*findChart("memory-types"), *view)) {
        ASSERT_TRUE(series.memoryType);
        EXPECT_EQ(series.color(darkTokens()), darkTokens().memoryTypeColor(*series.memoryType));
    }
}

TEST(ChartSpec, ManyChannelsHaveMaximumAndMeanInFront) {
    const auto view = chartSession(100, 64);
    const auto series = chartSeries(*findChart("occupancy"), *view);
    ASSERT_EQ(series.size(), 66U);
    EXPECT_EQ(series[0].aggregate, Aggregate::max);
    EXPECT_EQ(series[1].aggregate, Aggregate::mean);
    EXPECT_LE(std::count_if(series.begin(), series.end(),
                            [](const ChartSeries& s) { return s.isShownAtFirst; }),
              static_cast<std::ptrdiff_t>(kSeriesColors));
    double largest = 0;
    double sum = 0;
    const std::int64_t at = kTestStart + 50 * kTestMs;
    for (std::size_t i = 2; i < series.size(); ++i) {
        const double value = chartValueAt(*view, series[i], at);
        largest = std::max(largest, value);
        sum += value;
    }
    EXPECT_DOUBLE_EQ(chartValueAt(*view, series[0], at), largest);
    EXPECT_NEAR(chartValueAt(*view, series[1], at), sum / 64, 1e-9);
    EXPECT_EQ(series[4].label, "ring.ch2.fill") << "numbers in their own order";
}

TEST(ChartSpec, TrafficIsTheSumOfTheChannelsAndWaitsWhereMessagesAreCounted) {
    SessionBuilder builder;
    for (int channel = 0; channel < 3; ++channel) {
        for (const char* const way : {"sent", "received"}) {
            SessionBuilder::Samples samples;
            for (std::int64_t at = 0; at <= 1000; at += 10) {
                samples.emplace_back(kTestStart + at * kTestMs,
                                     static_cast<double>((channel + 1) * at));
            }
            builder.track("ring.ch" + std::to_string(channel) + "." + way, TrackKind::counter,
                          Unit::count, samples);
        }
    }
    const SessionView attached = builder.build();
    const auto series = chartSeries(*findChart("ring-traffic"), attached);
    ASSERT_EQ(series.size(), 8U);
    EXPECT_EQ(series[0].label, "sent");
    EXPECT_EQ(series[1].label, "received");
    EXPECT_TRUE(series[1].isShownAtFirst);
    EXPECT_FALSE(series[2].isShownAtFirst);
    EXPECT_NEAR(chartValueAt(attached, series[0], kTestStart + 500 * kTestMs), 6000, 1e-6);
    EXPECT_NEAR(chartMean(attached, series[1], kTestStart, kTestStart + 1000 * kTestMs), 6000,
                1e-6);
    const auto columns =
        chartColumns(attached, series[0], 100 * kTestMs, kTestStart / (100 * kTestMs) + 2, 3);
    EXPECT_NEAR(columns[1].mean, 6000, 1e-6);
    EXPECT_EQ(columns[1].min, columns[1].max);

    const auto isShown = [](const SessionView& view) {
        for (const ChartSpec& spec : defaultCharts(view)) {
            if (spec.name == "ring-traffic") {
                return spec.isShownAtFirst;
            }
        }
        ADD_FAILURE() << "not offered";
        return false;
    };
    EXPECT_TRUE(isShown(attached));
    builder.track("messages.sent", TrackKind::counter, Unit::count,
                  {{kTestStart, 0.0}, {kTestStart + kTestMs, 1.0}});
    EXPECT_FALSE(isShown(builder.build()));
}

TEST(ChartSpec, OneChannelsTrafficIsItsOwn) {
    SessionBuilder builder;
    builder.track("ring.ch0.sent", TrackKind::counter, Unit::count,
                  {{kTestStart, 0.0}, {kTestStart + kTestMs, 1.0}});
    const auto series = chartSeries(*findChart("ring-traffic"), builder.build());
    ASSERT_EQ(series.size(), 1U);
    EXPECT_EQ(series[0].aggregate, Aggregate::single);
}

TEST(ChartSpec, ValueNowIsTheRateOfTheLastHalfSecond) {
    const auto view = chartSession(3000);
    const auto series = chartSeries(*findChart("messages"), *view);
    EXPECT_NEAR(chartValueNow(*view, series[0], view->endNs), 3e6, 1);
}

} // namespace ringscope
