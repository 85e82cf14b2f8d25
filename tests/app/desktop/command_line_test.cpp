// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/clock.h"

namespace ringscope {
namespace {

using testing::HasSubstr;

std::string faultOf(const std::vector<std::string>& arguments) {
    const auto command = parseCommandLine(arguments);
    if (command) {
        return "accepted";
    }
    EXPECT_EQ(command.error().kind, ErrorKind::usage);
    return command.error().message;
}

TEST(CommandLine, OpensFilesWithoutASubcommand) {
    const auto command = parseCommandLine({"a.ringscope", "b.ringscope"});
    ASSERT_TRUE(command);
    EXPECT_THAT(std::get<OpenCommand>(*command).files,
                testing::ElementsAre("a.ringscope", "b.ringscope"));
}

TEST(CommandLine, ReadsTheLayoutOfARingThatIsNotOurs) {
    const auto command = parseCommandLine({"--ring", "demo", "--layout", "demo.toml"});
    ASSERT_TRUE(command);
    EXPECT_EQ(std::get<OpenCommand>(*command).ring, "demo");
    EXPECT_EQ(std::get<OpenCommand>(*command).layout, "demo.toml");
    EXPECT_TRUE(parseCommandLine({"--layout", "demo.toml"}));
    EXPECT_THAT(faultOf({"--layout", "demo.toml", "--run", "steady"}),
                HasSubstr("exclude each other"));
}

TEST(CommandLine, TakesAProgramWithItsOwnOptions) {
    const auto command =
        parseCommandLine({"--heap", "exact", "--theme", "dark", "--", "ls", "--all", "--", "-x"});
    ASSERT_TRUE(command) << command.error().message;
    const auto& open = std::get<OpenCommand>(*command);
    EXPECT_THAT(open.program, testing::ElementsAre("ls", "--all", "--", "-x"));
    EXPECT_EQ(open.heapMode, HeapMode::exact);
    EXPECT_EQ(open.theme, ThemeChoice::dark);
    EXPECT_THAT(faultOf({"--"}), HasSubstr("must follow"));
    EXPECT_THAT(faultOf({"--run", "steady", "--", "ls"}), HasSubstr("exclude each other"));
    EXPECT_THAT(faultOf({"--heap", "all", "--", "ls"}), HasSubstr("'all'"));
    EXPECT_THAT(faultOf({"report", "a", "-o", "b.html", "--", "ls"}), HasSubstr("report"));
}

TEST(CommandLine, ReadsAReport) {
    const auto command = parseCommandLine({"report", "a.ringscope", "-o", "out.html", "--title",
                                           "T", "--theme", "dark", "--from", "2s", "--to", "1min"});
    ASSERT_TRUE(command);
    const auto& report = std::get<ReportCommand>(*command);
    EXPECT_EQ(report.file, "a.ringscope");
    EXPECT_EQ(report.output, "out.html");
    EXPECT_EQ(report.title, "T");
    EXPECT_EQ(report.theme, ThemeChoice::dark);
    EXPECT_EQ(report.range.fromNs, 2 * kNsPerSecond);
    EXPECT_EQ(report.range.toNs, 60 * kNsPerSecond);
}

TEST(CommandLine, ReadsAChartWithSizeAndScale) {
    const auto command = parseCommandLine({"chart", "a.ringscope", "--chart", "latency", "-o",
                                           "l.png", "--size", "640x480", "--scale", "2"});
    ASSERT_TRUE(command);
    const auto& chart = std::get<ChartCommand>(*command);
    EXPECT_EQ(chart.chart, "latency");
    EXPECT_EQ(chart.size.width, 640);
    EXPECT_EQ(chart.size.height, 480);
    EXPECT_EQ(chart.scale, 2);
}

TEST(CommandLine, ListsChartsWithoutAnOutput) {
    const auto command = parseCommandLine({"chart", "a.ringscope", "--list"});
    ASSERT_TRUE(command);
    EXPECT_TRUE(std::get<ChartCommand>(*command).isListing);
}

TEST(CommandLine, PrintsVersionAndHelpWithExamples) {
    const auto version = parseCommandLine({"--version"});
    ASSERT_TRUE(version);
    EXPECT_THAT(std::get<PrintCommand>(*version).text, HasSubstr("ringscope 0."));
    const auto help = parseCommandLine({"--help"});
    ASSERT_TRUE(help);
    EXPECT_THAT(std::get<PrintCommand>(*help).text, HasSubstr("ringscope --run steady"));
    const auto reportHelp = parseCommandLine({"report", "--help"});
    ASSERT_TRUE(reportHelp);
    EXPECT_THAT(std::get<PrintCommand>(*reportHelp).text, HasSubstr("OUT.html or OUT.pdf"));
}

TEST(CommandLine, SaysWhatIsWrongInOneSentence) {
    EXPECT_THAT(faultOf({"--theme", "pink"}), HasSubstr("give light, dark or system"));
    EXPECT_THAT(faultOf({"--bogus"}), HasSubstr("see ringscope --help"));
    EXPECT_THAT(faultOf({"report", "a"}), HasSubstr("see ringscope report --help"));
    EXPECT_THAT(faultOf({"--attach", "twelve"}), HasSubstr("see ringscope --help"));
    EXPECT_THAT(faultOf({"--run", "steady", "--attach", "1"}), HasSubstr("exclude each other"));
    EXPECT_THAT(faultOf({"chart", "a", "--chart", "x", "-o", "x.png", "--size", "big"}),
                HasSubstr("WIDTHxHEIGHT"));
    EXPECT_THAT(faultOf({"chart", "a", "--chart", "x", "-o", "x.png", "--scale", "99"}),
                HasSubstr("between 0.25 and 8"));
    EXPECT_THAT(faultOf({"chart", "a", "-o", "x.png"}), HasSubstr("--list names the charts"));
    EXPECT_THAT(faultOf({"report", "a", "-o", "x.html", "--from", "9s", "--to", "3s"}),
                HasSubstr("is not before"));
    EXPECT_THAT(faultOf({"report", "a", "-o", "x.html", "--from", "soon"}), HasSubstr("--from"));
}

} // namespace
} // namespace ringscope
