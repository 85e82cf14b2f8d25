// SPDX-License-Identifier: MIT
#pragma once

// Lets a reader look at the process once more before it ends: by exit(), or a return from main.
// Waits behind the program's own exit functions and static destructors, at most 2 s until the
// reader begins and 10 s until it has looked, and only if a reader has asked (ExitHold, or
// RINGSCOPE_HEAP_HOLD in the environment) and every block is recorded. Nothing else is here to be
// called.
