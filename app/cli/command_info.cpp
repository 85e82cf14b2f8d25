// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>

#include "app/cli/commands.h"
namespace ringscope {
void addInfoCommands(CLI::App&, CommandLine&) {}
} // namespace ringscope
