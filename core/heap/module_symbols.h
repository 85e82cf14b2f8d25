// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/heap/heap_symbols.h"

namespace ringscope {

// What a module's file and debug information say of its code. Wraps elfutils' libdw. One thread.
class ModuleSymbols {
public:
    // buildId: of the file that is wanted, in bytes; empty: whatever has this path. Addresses are
    // as the file counts them.
    ModuleSymbols(const std::string& path, const std::string& buildId);
    ModuleSymbols(const ModuleSymbols&) = delete;
    ModuleSymbols& operator=(const ModuleSymbols&) = delete;
    ~ModuleSymbols();

    [[nodiscard]] SymbolSource source() const;

    struct Frame {
        std::string function; // as the linker names it, or else plain
        std::string file;
        std::uint32_t line = 0;
    };
    // Of the instruction there, innermost first; empty if nothing is known.
    [[nodiscard]] const std::vector<Frame>& framesAt(std::uint64_t address);

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

// A C++, Rust or D name as the source has it; what is none stays as it is.
[[nodiscard]] std::string demangled(const std::string& name);

} // namespace ringscope
