// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ringscope {

// The whole program: reads the command line, opens the window or runs a command, and returns the
// exit status of docs/command-line.md. Called once, by main().
int runDesktop(int argc, char** argv);

} // namespace ringscope
