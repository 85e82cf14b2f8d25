// SPDX-License-Identifier: MIT
// A library that holds a block of the program that loads it: see leak_target.cpp.
extern "C" {
[[gnu::visibility("default")]] void* g_pluginHeld = nullptr;
}
