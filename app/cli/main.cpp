// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <cctype>
#include <iostream>
#include <string_view>

#include "app/cli/commands.h"
#include "app/cli/console.h"

namespace {

// first: the first argument.
int reportMisuse(const CLI::App& app, const std::string& first, const CLI::ParseError& wrong) {
    const auto commands = app.get_subcommands();
    if (commands.empty() && !first.empty() && first.front() != '-') {
        ringscope::remark("there is no command '" + first +
                          "'; ringscope-cli --help lists those that are");
    } else {
        std::string path;
        for (auto chosen = commands; !chosen.empty(); chosen = chosen.front()->get_subcommands()) {
            path += chosen.front()->get_name() + " ";
        }
        ringscope::remark(std::string(wrong.what()) + "; see ringscope-cli " + path + "--help");
    }
    return ringscope::kExitUsage;
}

} // namespace

int main(int argc, char** argv) {
    using namespace ringscope;
    CLI::App app("Ringscope without a window: runs and records workloads on shared-memory rings, "
                 "and reads sessions.",
                 "ringscope-cli");
    app.footer("Examples:\n"
               "  ringscope-cli run steady --duration 10s -o steady.ringscope\n"
               "  ringscope-cli record --heap counts -o sort.ringscope -- sort big.txt\n"
               "  ringscope-cli info steady.ringscope\n"
               "  ringscope-cli record --heap exact -o it.ringscope -- ./program\n"
               "  ringscope-cli heap it.ringscope\n"
               "Each command has its own --help. docs/command-line.md is the reference.");
    app.set_version_flag("--version", "ringscope-cli " RINGSCOPE_VERSION);
    app.require_subcommand(1);
    app.fallthrough();

    // CLI11 takes it for an option.
    const std::string_view map = argc > 2 ? argv[1] : "";
    if (map == "map" && argv[2][0] == '-' && std::isdigit(static_cast<unsigned char>(argv[2][1]))) {
        remark(std::string(argv[2]) + " is no process number; see ringscope-cli map --help");
        return kExitUsage;
    }

    CommandLine line;
    app.add_flag("--quiet", line.isQuiet, "No progress and no remarks");
    addScenariosCommand(app, line);
    addRunCommands(app, line);
    addRingsCommands(app, line);
    addSweepCommand(app, line);
    addRingCommand(app, line);
    addMapCommand(app, line);
    addHeapCommand(app, line);
    addLeaksCommand(app, line);
    addInfoCommand(app, line);
    addExportCommand(app, line);

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) { // --help, --version
        return app.exit(done);
    } catch (const CLI::ParseError& wrong) {
        return reportMisuse(app, argc > 1 ? argv[1] : "", wrong);
    }
    if (!line.command) {
        remark("no command was given; see ringscope-cli --help");
        return kExitUsage;
    }
    if (line.onlyReads) {
        endOnInterrupts();
        endWithoutMemory();
    } else {
        catchInterrupts();
    }
    const int status = line.command();
    std::cout.flush();
    if (!std::cout) {
        remark("standard output cannot be written; is the disk full or the reader gone?");
        return status == kExitDone ? kExitFailed : status;
    }
    return status;
}
