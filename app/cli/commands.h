// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace ringscope {

// What every command shares. Options are read by CLI11 into `isQuiet` before a command runs.
struct CommandLine {
    bool isQuiet = false;         // no progress, no remarks
    std::function<int()> command; // the chosen one; returns the exit status
    bool onlyReads = false;       // an interrupt may end it at any point
};

// Each adds its subcommands; a chosen one sets line.command. docs/command-line.md is their
// contract.
// ring --layout: a ring that is not ours.
struct ForeignRingOptions {
    std::string object; // empty: the description's
    std::string layout; // its description, a file
    bool isWatching = false;
    bool isJson = false;
};
// The command itself: prints it and returns the exit status.
[[nodiscard]] int showForeignRing(const ForeignRingOptions& options);

void addScenariosCommand(CLI::App& app, CommandLine& line);
void addRunCommands(CLI::App& app, CommandLine& line); // run, record
void addRingsCommands(CLI::App& app, CommandLine& line);
void addSweepCommand(CLI::App& app, CommandLine& line);
void addRingCommand(CLI::App& app, CommandLine& line);         // ring, ring remove
void addRingRepairCommand(CLI::App& ring, CommandLine& line);  // under ring
void addMapCommand(CLI::App& app, CommandLine& line);          // map, map diff
void addMapDiffCommand(CLI::App& map, CommandLine& line);      // under map
void addHeapCommand(CLI::App& app, CommandLine& line);         // heap, heap attach, heap detach
void addHeapAttachCommands(CLI::App& heap, CommandLine& line); // under heap
void addLeaksCommand(CLI::App& app, CommandLine& line);
void addInfoCommand(CLI::App& app, CommandLine& line);
void addExportCommand(CLI::App& app, CommandLine& line);

} // namespace ringscope
