// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/heap/heap_profile.h"
#include "core/heap/heap_symbols.h"

namespace ringscope {

// A frame of a call stack as a reader is shown it.
struct NamedFrame {
    std::string function; // HeapSymbols::functionName()
    std::string place;    // "file.cpp:12", or the path of the module; empty: function says it
};

// Adds those of one place in code (HeapSymbols::locations), innermost first: what was inlined
// there.
void addNamedFrames(const HeapProfile& profile, const HeapSymbols& symbols, std::uint32_t location,
                    std::vector<NamedFrame>& frames);
// All of one stack, innermost first.
[[nodiscard]] std::vector<NamedFrame>
namedFrames(const HeapProfile& profile, const HeapSymbols& symbols, const HeapStack& stack);

// Which of them to name the stack by: the innermost one that is not of the C++ standard library
// (std, __gnu_cxx, operator new), as in "who made this string"; the innermost one if all are.
// 0 if there is none.
[[nodiscard]] std::size_t tellingFrame(const std::vector<NamedFrame>& frames);

// The live blocks of a profile, each with the stack that allocated it and that stack's name. A
// value; building it takes some 100 ms for 80,000 stacks.
class HeapBlocks {
public:
    struct Row {
        std::uint64_t address = 0;
        std::uint64_t bytes = 0; // kHugeBlock: not known how many
        std::int64_t ageNs = 0;  // when the profile was read
        std::uint32_t site = 0;  // of sites()
    };
    struct Site {
        std::string function; // of the telling frame
        std::string place;
        std::uint32_t stack = 0; // of HeapProfile::stacks
    };

    HeapBlocks() = default;
    HeapBlocks(const HeapProfile& profile, const HeapSymbols& symbols);

    [[nodiscard]] const std::vector<Row>& rows() const { return m_rows; } // by address
    [[nodiscard]] const std::vector<Site>& sites() const { return m_sites; }
    [[nodiscard]] const Site& siteOf(const Row& row) const { return m_sites[row.site]; }

private:
    std::vector<Row> m_rows;
    std::vector<Site> m_sites;
};

} // namespace ringscope
