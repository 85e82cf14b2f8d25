// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/expected.h"
#include "core/heap/tracker_environment.h"

namespace ringscope {

enum class ThemeChoice { system, light, dark };

// A part of a session, in nanoseconds since its start; empty = to its end.
struct TimeLimits {
    std::optional<std::int64_t> fromNs;
    std::optional<std::int64_t> toNs;
};

struct PixelSize {
    int width = 0;
    int height = 0;
};

// ringscope [FILE...] [--run SCENARIO | --attach PID | --ring NAME [--layout FILE]] [--map
// PID|FILE] [--heap MODE] [-- PROGRAM...]
struct OpenCommand {
    std::vector<std::string> files;
    std::string scenario;
    std::optional<std::int32_t> pid;
    std::string ring;
    std::string map;                  // a pid or a saved map; opens it in a window of its own
    std::string layout;               // describes a ring that is not ours; ring may then be empty
    std::vector<std::string> program; // to start, with its arguments
    std::optional<HeapMode> heapMode; // of what is started; empty = counts
    std::optional<ThemeChoice> theme; // empty = as the user set it last
};

struct ReportCommand {
    std::string file;
    std::string output;
    std::string title;
    ThemeChoice theme = ThemeChoice::light;
    TimeLimits range;
};

struct ChartCommand {
    std::string file;
    std::string chart;
    std::string output;
    PixelSize size{1200, 500};
    double scale = 1;
    ThemeChoice theme = ThemeChoice::light;
    TimeLimits range;
    bool isListing = false;
};

struct ScreenshotCommand {
    std::string directory;
    std::string scenario; // or file; both empty = the "steady" scenario
    std::string file;
    std::int64_t durationNs = 0;
    ThemeChoice theme = ThemeChoice::light;
    PixelSize size{1920, 1080};
};

// --help, --version
struct PrintCommand {
    std::string text;
};

using DesktopCommand =
    std::variant<OpenCommand, ReportCommand, ChartCommand, ScreenshotCommand, PrintCommand>;

// arguments without the program's name. Errors (usage): one sentence that says what to do.
[[nodiscard]] Expected<DesktopCommand> parseCommandLine(const std::vector<std::string>& arguments);

// Exit status of the contract (docs/command-line.md).
[[nodiscard]] int exitStatusOf(ErrorKind kind);

} // namespace ringscope
