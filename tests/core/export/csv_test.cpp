// SPDX-License-Identifier: MIT
#include "core/export/csv.h"

#include <cmath>
#include <gtest/gtest.h>
#include <sstream>

#include "tests/support/session_builder.h"

namespace ringscope {
namespace {

SessionView twoTracks() {
    return SessionBuilder()
        .track("ring.ch0.fill", TrackKind::gauge, Unit::percent, {{0, 1.5}, {1'000'000'000, 2}})
        .track("memory.rss", TrackKind::gauge, Unit::bytes,
               {{0, 4096}, {500'000'000, std::nan("")}})
        .build();
}

std::string withoutComments(const std::string& text) {
    std::istringstream in(text);
    std::string line;
    std::string kept;
    while (std::getline(in, line)) {
        if (line.empty() || line[0] != '#') {
            kept += line + '\n';
        }
    }
    return kept;
}

TEST(Csv, MergesTracksByTimeAndLeavesMissingCellsEmpty) {
    std::ostringstream out;
    ASSERT_TRUE(writeCsv(twoTracks(), {}, out));
    EXPECT_EQ(withoutComments(out.str()), "time_s,ring.ch0.fill [%],memory.rss [bytes]\n"
                                          "0.000000000,1.5,4096\n"
                                          "0.500000000,,\n"
                                          "1.000000000,2,\n");
}

TEST(Csv, WritesOnlyTheSelectedRangeAndTracks) {
    std::ostringstream out;
    ASSERT_TRUE(writeCsv(twoTracks(), {{"ring.*"}, 500'000'000, 2'000'000'000}, out));
    EXPECT_EQ(withoutComments(out.str()), "time_s,ring.ch0.fill [%]\n1.000000000,2\n");
}

TEST(Csv, PatternWithoutATrackIsAnErrorThatNamesSome) {
    std::ostringstream out;
    const auto written = writeCsv(twoTracks(), {{"heap.*"}}, out);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, ErrorKind::usage);
    EXPECT_NE(written.error().message.find("heap.*"), std::string::npos);
    EXPECT_NE(written.error().message.find("ring.ch0.fill"), std::string::npos);
}

TEST(Csv, NamesWithCommasAndQuotesAreQuoted) {
    const SessionView view =
        SessionBuilder().track("a,\"b", TrackKind::gauge, Unit::none, {{0, 1}}).build();
    std::ostringstream out;
    ASSERT_TRUE(writeCsv(view, {}, out));
    EXPECT_NE(out.str().find("time_s,\"a,\"\"b\"\n"), std::string::npos);
}

TEST(Csv, StreamThatCannotTakeItIsAnError) {
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    EXPECT_FALSE(writeCsv(twoTracks(), {}, out));
}

TEST(Csv, NumbersReadBackAsTheSameDouble) {
    for (const double value : {0.1, 1e300, 123456789012345.0, -2.5e-8}) {
        EXPECT_EQ(std::stod(numberText(value)), value);
    }
    EXPECT_EQ(secondsText(-1'500'000'000), "-1.500000000");
    EXPECT_EQ(secondsText(-500'000'000), "-0.500000000");
}

} // namespace
} // namespace ringscope
