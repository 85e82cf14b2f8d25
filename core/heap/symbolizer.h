// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/heap/heap_symbols.h"

namespace ringscope {

struct SymbolOptions {
    // In front of each path: "/proc/PID/root" where the process sees other files.
    std::string root;
    // Called between modules with the share that is done; false: no further ones.
    std::function<bool(double share)> progress;
};

// Reads the files that processes had mapped, and their debug information where it is installed,
// named by .gnu_debuglink or a build id, or offered by the servers of DEBUGINFOD_URLS. What cannot
// be found has no names. Keeps files open from one profile to the next. One thread at a time.
class Symbolizer {
public:
    Symbolizer();
    Symbolizer(const Symbolizer&) = delete;
    Symbolizer& operator=(const Symbolizer&) = delete;
    ~Symbolizer();

    // Takes from milliseconds to many seconds: not for a GUI's thread.
    [[nodiscard]] HeapSymbols namesOf(const HeapProfile& profile,
                                      const SymbolOptions& options = {});

private:
    class Modules;
    std::unique_ptr<Modules> m_modules;
};

} // namespace ringscope
