// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/heap/heap_profile.h"

namespace ringscope {

// One function that code belongs to. Texts are numbers in HeapSymbols::texts; 0 is the empty one.
struct SourceFrame {
    std::uint32_t function = 0; // demangled
    std::uint32_t file = 0;     // as the compiler was given it
    std::uint32_t line = 0;     // 0: not known
};

// An address of code, and what the source calls it.
struct CodeLocation {
    static constexpr std::uint32_t kNoModule = ~std::uint32_t{0};
    std::uint32_t module = kNoModule; // in HeapProfile::modules
    // In that file, as its symbols count it; without a module, of the process. Of the return.
    std::uint64_t address = 0;
    // Frames [firstFrame, firstFrame + frameCount) of HeapSymbols, innermost first: all but the
    // last were inlined into the next. None where nothing is known.
    std::uint32_t firstFrame = 0;
    std::uint32_t frameCount = 0;

    bool operator==(const CodeLocation&) const = default;
};

// Where the names of a module came from.
enum class SymbolSource : std::uint8_t {
    notAsked,   // no stack goes through it
    none,       // the file is there and has no symbols
    missing,    // the file cannot be read
    otherBuild, // there is a file of that name, but of another build: nothing is taken from it
    symbols,    // functions alone, from its symbol table
    debugInfo,  // with files, lines and what was inlined
};
[[nodiscard]] const char* symbolSourceText(SymbolSource source);

// The names of a profile's code. A value.
struct HeapSymbols {
    std::vector<std::string> texts{std::string()};
    std::vector<SourceFrame> frames;
    std::vector<CodeLocation> locations{CodeLocation()}; // 0 stands for nothing
    std::vector<std::uint32_t> locationOfNode;           // by HeapProfile::nodes
    std::vector<SymbolSource> sources;                   // by HeapProfile::modules

    // The function, or where none is known "libc.so.6+0x1234", "[code made at run time] 0x7f12".
    [[nodiscard]] std::string functionName(const HeapProfile& profile, std::uint32_t location,
                                           std::uint32_t frame) const;
};

} // namespace ringscope
