// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/heap/heap_symbols.h"
#include "core/heap/leak_report.h"

namespace ringscope {

// Leaks that are known and not to be told of, in the format of LeakSanitizer: lines "leak:PATTERN",
// comments behind #. A pattern is looked for in the function, the source file and the module of
// each frame of a leak's call stack; * stands for anything, ^ and $ for its beginning and end. A
// value.
class LeakSuppressions {
public:
    LeakSuppressions() = default;
    // Adds what a text has. name: for the error. Errors (usage): a line that is none, with its
    // number.
    [[nodiscard]] Expected<void> add(std::string_view text, const std::string& name);

    // Marks the groups of the report that one of them matches.
    void applyTo(LeakReport& report, const HeapProfile& profile, const HeapSymbols& symbols) const;

    [[nodiscard]] const std::vector<std::string>& patterns() const { return m_patterns; }

private:
    std::vector<std::string> m_patterns;
};

// How LeakSanitizer compares them.
[[nodiscard]] bool matchesLeakPattern(std::string_view pattern, std::string_view text);

} // namespace ringscope
