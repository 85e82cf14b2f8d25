// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "core/base/units.h"

namespace ringscope {
namespace {

constexpr const char* kExamples = R"(Examples:
  ringscope                                   the window
  ringscope --run steady                      runs a built-in scenario at once
  ringscope --attach 4711                     watches a running process
  ringscope --heap exact -- sort big.txt      runs a program; Session > Heap profile shows
                                              where it allocates
  ringscope --map 4711                        shows the memory map of a process
  ringscope run.ringscope                     opens a recorded session
  ringscope report run.ringscope -o run.html  a report with charts and tables
  ringscope chart run.ringscope --chart latency -o latency.svg
  ringscope screenshot shots --run burst      every view as PNG
)";

// Options as CLI11 leaves them: words, checked afterwards, so that each fault gets a sentence of
// ours.
struct Words {
    std::string theme;
    std::string size;
    std::string from;
    std::string to;
    std::string duration;
    double scale = 1;
    std::string heap;
};

Expected<ThemeChoice> parseTheme(const std::string& word) {
    if (word == "light") {
        return ThemeChoice::light;
    }
    if (word == "dark") {
        return ThemeChoice::dark;
    }
    if (word == "system") {
        return ThemeChoice::system;
    }
    return makeError(ErrorKind::usage,
                     "--theme '" + word + "' is not a theme; give light, dark or system");
}

Expected<PixelSize> parseSize(const std::string& word) {
    PixelSize size;
    const char* const end = word.data() + word.size();
    const auto width = std::from_chars(word.data(), end, size.width);
    if (width.ec == std::errc{} && width.ptr != end && *width.ptr == 'x') {
        const auto height = std::from_chars(width.ptr + 1, end, size.height);
        if (height.ec == std::errc{} && height.ptr == end && size.width >= 100 &&
            size.width <= 16'384 && size.height >= 100 && size.height <= 16'384) {
            return size;
        }
    }
    return makeError(ErrorKind::usage,
                     "--size '" + word +
                         "' is not a size; give WIDTHxHEIGHT in pixels from 100x100 to "
                         "16384x16384, as in 1200x500");
}

Expected<TimeLimits> parseRange(const Words& words) {
    TimeLimits range;
    for (const auto& [word, option, target] :
         {std::tuple{&words.from, "--from", &range.fromNs}, {&words.to, "--to", &range.toNs}}) {
        if (word->empty()) {
            continue;
        }
        auto time = parseDurationNs(*word);
        if (!time) {
            return makeError(ErrorKind::usage, std::string(option) + ": " + time.error().message);
        }
        *target = *time;
    }
    if (range.fromNs && range.toNs && *range.fromNs >= *range.toNs) {
        return makeError(ErrorKind::usage, "--from " + words.from + " is not before --to " +
                                               words.to + "; give an earlier --from");
    }
    return range;
}

// Fills the fields that report, chart and screenshot share from their words.
template <typename Command>
Expected<Command> withTheme(Command command, const Words& words) {
    if (!words.theme.empty()) {
        auto theme = parseTheme(words.theme);
        if (!theme) {
            return theme.error();
        }
        command.theme = *theme;
    }
    return command;
}

void addTheme(CLI::App& app, Words& words, const char* help) {
    app.add_option("--theme", words.theme, help)->type_name("THEME");
}

void addRange(CLI::App& app, Words& words) {
    app.add_option("--from", words.from, "Start, since the session's start: 2s, 1.5min, 250ms")
        ->type_name("TIME");
    app.add_option("--to", words.to, "End, since the session's start")->type_name("TIME");
}

Expected<DesktopCommand> finish(OpenCommand open, const Words& words) {
    const int starts =
        (open.scenario.empty() ? 0 : 1) + (open.pid ? 1 : 0) + (open.program.empty() ? 0 : 1) +
        (open.ring.empty() && open.layout.empty() ? 0 : 1) + (open.files.empty() ? 0 : 1);
    if (starts > 1) {
        return makeError(
            ErrorKind::usage,
            "A file, --run, --attach, --ring and a program behind -- exclude each other; "
            "give one of them");
    }
    if (!words.heap.empty()) {
        const auto mode = parseHeapMode(words.heap);
        if (!mode) {
            return mode.error();
        }
        open.heapMode = *mode;
    }
    auto command = withTheme(std::move(open), words);
    if (!command) {
        return command.error();
    }
    return DesktopCommand(*command);
}

Expected<DesktopCommand> finish(ReportCommand report, const Words& words) {
    auto range = parseRange(words);
    if (!range) {
        return range.error();
    }
    report.range = *range;
    auto command = withTheme(std::move(report), words);
    if (!command) {
        return command.error();
    }
    return DesktopCommand(*command);
}

Expected<DesktopCommand> finish(ChartCommand chart, const Words& words) {
    auto range = parseRange(words);
    if (!range) {
        return range.error();
    }
    chart.range = *range;
    if (!words.size.empty()) {
        auto size = parseSize(words.size);
        if (!size) {
            return size.error();
        }
        chart.size = *size;
    }
    chart.scale = words.scale;
    if (!(chart.scale >= 0.25 && chart.scale <= 8)) {
        return makeError(ErrorKind::usage, "--scale must be between 0.25 and 8");
    }
    if (!chart.isListing && (chart.chart.empty() || chart.output.empty())) {
        return makeError(ErrorKind::usage,
                         "chart needs --chart NAME and -o OUT.png; --list names the charts");
    }
    auto command = withTheme(std::move(chart), words);
    if (!command) {
        return command.error();
    }
    return DesktopCommand(*command);
}

Expected<DesktopCommand> finish(ScreenshotCommand shot, const Words& words) {
    if (!words.size.empty()) {
        auto size = parseSize(words.size);
        if (!size) {
            return size.error();
        }
        shot.size = *size;
    }
    if (!words.duration.empty()) {
        auto duration = parseDurationNs(words.duration);
        if (!duration) {
            return makeError(ErrorKind::usage, "--duration: " + duration.error().message);
        }
        shot.durationNs = *duration;
    }
    if (!shot.scenario.empty() && !shot.file.empty()) {
        return makeError(ErrorKind::usage, "A file and --run exclude each other; give one of them");
    }
    auto command = withTheme(std::move(shot), words);
    if (!command) {
        return command.error();
    }
    return DesktopCommand(*command);
}

// "ringscope --help" as the end of a sentence about a fault.
Error usageError(const CLI::ParseError& fault, const CLI::App* command) {
    std::string sentence = fault.what();
    while (!sentence.empty() && (sentence.back() == '\n' || sentence.back() == '.')) {
        sentence.pop_back();
    }
    const std::string name =
        command == nullptr ? std::string("ringscope") : "ringscope " + command->get_name();
    return makeError(ErrorKind::usage, sentence + "; see " + name + " --help");
}

} // namespace

Expected<DesktopCommand> parseCommandLine(const std::vector<std::string>& arguments) {
    CLI::App app("Ringscope: ring slots, heap allocations and physical memory on one time axis.",
                 "ringscope");
    app.set_version_flag("--version", "ringscope " RINGSCOPE_VERSION);
    app.footer(kExamples);
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    Words words;
    OpenCommand open;
    std::int32_t pid = 0;
    app.add_option("FILE", open.files, "Recorded sessions to open");
    app.add_option("--run", open.scenario, "Runs a scenario at once: built-in name or TOML file")
        ->type_name("SCENARIO");
    CLI::Option* const attach =
        app.add_option("--attach", pid, "Watches a running process")->type_name("PID");
    app.add_option("--ring", open.ring, "Watches a ring in shared memory")->type_name("NAME");
    app.add_option("--layout", open.layout,
                   "The ring is not Ringscope's, and this file describes it")
        ->type_name("FILE.toml");
    app.add_option("--map", open.map, "Shows the memory map of a process, or a saved one")
        ->type_name("PID|FILE");
    app.add_option(
           "--heap", words.heap,
           "What is recorded of the heap of what is started or attached to: off, counts, sampled "
           "or exact")
        ->type_name("MODE");
    addTheme(app, words, "light, dark or system");

    ReportCommand report;
    CLI::App* const reportApp =
        app.add_subcommand("report", "Writes a report of a recorded session; needs no display");
    reportApp->add_option("FILE", report.file, "Recorded session")->required();
    reportApp->add_option("-o,--output", report.output, "OUT.html or OUT.pdf")->required();
    reportApp->add_option("--title", report.title, "Heading; default: the scenario's name");
    addTheme(*reportApp, words, "light or dark");
    addRange(*reportApp, words);
    reportApp->footer(
        "Example:\n  ringscope report run.ringscope -o run.html --title 'Release 2'\n");

    ChartCommand chart;
    CLI::App* const chartApp =
        app.add_subcommand("chart", "Writes one chart of a recorded session; needs no display");
    chartApp->add_option("FILE", chart.file, "Recorded session")->required();
    chartApp->add_option("--chart", chart.chart, "Which one; --list names them")->type_name("NAME");
    chartApp->add_option("-o,--output", chart.output, "OUT.png, .svg, .pdf or .csv");
    chartApp->add_option("--size", words.size, "In pixels; default 1200x500")->type_name("WxH");
    chartApp->add_option("--scale", words.scale, "Device pixels per pixel of a PNG; default 1")
        ->type_name("FACTOR");
    chartApp->add_flag("--list", chart.isListing, "Names the charts this session has");
    addTheme(*chartApp, words, "light or dark");
    addRange(*chartApp, words);
    chartApp->footer("Examples:\n  ringscope chart run.ringscope --list\n"
                     "  ringscope chart run.ringscope --chart memory -o memory.svg --from 2s\n");

    ScreenshotCommand shot;
    CLI::App* const shotApp =
        app.add_subcommand("screenshot", "Writes every view as PNG; needs no display");
    shotApp->add_option("DIR", shot.directory, "Folder to write into; made when missing")
        ->required();
    shotApp->add_option("FILE", shot.file, "Recorded session to show");
    shotApp->add_option("--run", shot.scenario, "Scenario to run; default: steady")
        ->type_name("SCENARIO");
    shotApp->add_option("--duration", words.duration, "How long it runs; default 8s")
        ->type_name("TIME");
    shotApp->add_option("--size", words.size, "Of the window; default 1920x1080")->type_name("WxH");
    addTheme(*shotApp, words, "light or dark");
    shotApp->footer("Example:\n  ringscope screenshot shots --run burst --theme dark\n");
    app.require_subcommand(0, 1);

    const auto chosen = [&]() -> const CLI::App* {
        const auto subcommands = app.get_subcommands();
        return subcommands.empty() ? nullptr : subcommands.front();
    };
    // What is behind -- is a program's, whatever it looks like.
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    if (dashes != arguments.end()) {
        open.program.assign(dashes + 1, arguments.end());
        if (open.program.empty()) {
            return makeError(ErrorKind::usage, "a program to start must follow --");
        }
    }
    try {
        // CLI11 takes the arguments from the back.
        app.parse(std::vector<std::string>(std::make_reverse_iterator(dashes), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        return DesktopCommand(PrintCommand{app.help()});
    } catch (const CLI::CallForVersion&) {
        return DesktopCommand(PrintCommand{"ringscope " RINGSCOPE_VERSION "\n"});
    } catch (const CLI::ParseError& fault) {
        return usageError(fault, chosen());
    }
    if (chosen() != nullptr && !open.program.empty()) {
        return makeError(ErrorKind::usage, "only the window starts a program: leave out " +
                                               chosen()->get_name() + ", or what is behind --");
    }
    if (chosen() == reportApp) {
        return finish(std::move(report), words);
    }
    if (chosen() == chartApp) {
        return finish(std::move(chart), words);
    }
    if (chosen() == shotApp) {
        return finish(std::move(shot), words);
    }
    if (attach->count() > 0) {
        open.pid = pid;
    }
    return finish(std::move(open), words);
}

int exitStatusOf(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::failed:
        return 1;
    case ErrorKind::usage:
        return 2;
    case ErrorKind::target:
        return 3;
    case ErrorKind::damaged:
        return 4;
    }
    return 1;
}

} // namespace ringscope
