// SPDX-License-Identifier: MIT
#pragma once

#include "core/session/heap_record.h"

namespace ringscope::testing {

// main -> f (which has g inlined) -> malloc of 300 bytes in 3 blocks; main -> code made at run time
// -> 7 bytes in one; and a stack through a stripped library whose outer frames are lost.
inline HeapRecord heapRecord() {
    HeapRecord record;
    record.timeNs = 5'000'000'000;
    record.label = "P1";
    record.process = {4711, 99};
    record.name = "demo";
    HeapProfile& profile = record.profile;
    profile.program = "/opt/demo";
    profile.timeNs = record.timeNs;
    profile.startNs = 1'000'000'000;
    profile.peakNs = 3'000'000'000;
    profile.peakBytes = 307;
    profile.modules = {{0x1000, 0x2000, 0x1000, 0, "/opt/demo", std::string("\x01\x00\xff", 3)},
                       {0x7000, 0x9000, 0x7000, 2, "/lib/libx.so", {}}};
    profile.nodes = {{0, 0}, {0x1100, 0}, {0x1200, 1}, {0xff00, 1}, {0x8100, 0}};
    HeapStack f{1, 2, HeapStackEnd::complete, {3, 300, 1, 100, 3, 300, 3, 300, 0, 2e6, 1e6}, true};
    HeapStack made{2, 3, HeapStackEnd::complete, {1, 7, 1, 7, 1, 7, 1, 7, 0, 0, 4e9}, false};
    HeapStack lost{5, 4, HeapStackEnd::lost, {2, 20, 0, 0, 0, 0, 1, 10, 2, 5e3, 0}, true};
    profile.stacks = {f, made, lost};
    for (const HeapStack& stack : profile.stacks) {
        profile.total += stack.sums;
    }
    profile.blocks = {{0x5000, 100, 1, 4'000'000'000},
                      {0x5100, 7, 2, 1'000'000'000},
                      {0x7f00'0000'0000, kHugeBlock, 99, 5'000'000'000}};
    profile.blocksLeftOut = 4;
    profile.lifetimes = {{64, 3}, {128, 0}, {256, 1}};
    profile.sizes = {{0, 32, 9, 1}, {96, 112, 3, 1}};
    profile.threads = {{4711, "demo", true, 11, 9, 2, 5000, 4000},
                       {0, "", false, 1, 3, 0, 300, 1000}};
    HeapSymbols& symbols = record.symbols;
    symbols.texts = {"", "main", "main.cpp", "f(int)", "g<a; b>()", "g.h"};
    symbols.frames = {{1, 2, 10}, {4, 5, 7}, {3, 2, 20}};
    symbols.locations = {{},
                         {0, 0x100, 0, 1},
                         {0, 0x200, 1, 2},
                         {CodeLocation::kNoModule, 0xff00, 0, 0},
                         {1, 0x1100, 0, 0}};
    symbols.locationOfNode = {0, 1, 2, 3, 4};
    symbols.sources = {SymbolSource::debugInfo, SymbolSource::none};
    return record;
}

} // namespace ringscope::testing
