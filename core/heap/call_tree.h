// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/heap/heap_profile.h"
#include "core/heap/heap_sites.h"
#include "core/heap/heap_symbols.h"

namespace ringscope {

// What sites, functions and calls are measured by: one number of each HeapMeasure.
struct HeapValues {
    std::array<std::uint64_t, 5> of{};

    [[nodiscard]] std::uint64_t operator[](HeapMeasure measure) const {
        return of[static_cast<std::size_t>(measure)];
    }
    HeapValues& operator+=(const HeapValues& other);
    bool operator==(const HeapValues&) const = default;
};
[[nodiscard]] HeapValues valuesOf(const HeapSums& sums);

// A function, by its name and file.
struct CallFunction {
    std::string name; // as HeapSymbols::functionName()
    std::string file; // of the source; empty: not known
    std::string module;
    std::uint32_t line = 0; // of the first place in it that was seen
    HeapValues total;       // of all stacks that go through it, each once
    HeapValues self;        // of what it allocated itself
};

enum class CallDirection : std::uint8_t {
    fromMain,       // who calls whom: the root's children are the outermost functions
    fromAllocation, // who was called by whom: they are the ones that allocate
};

// The stacks of a profile as one tree of functions; what was inlined is a function like others.
// A value; building it takes some 100 ms for 80,000 stacks.
class CallTree {
public:
    struct Node {
        std::uint32_t function = 0;
        std::uint32_t parent = 0;
        std::uint32_t firstChild = 0; // of the children() of all
        std::uint32_t childCount = 0;
        std::uint32_t line = 0; // where it goes on, or allocates; 0: at several places, or unknown
        HeapValues total;
        HeapValues self;
    };

    CallTree() = default;
    CallTree(const HeapProfile& profile, const HeapSymbols& symbols, CallDirection direction);
    // Only the stacks that go through a function (name, file and module count), from its outermost
    // call on: fromMain down to what it calls, fromAllocation up to who calls it. It is the root's
    // only child; no stack goes through it: there is none.
    CallTree(const HeapProfile& profile, const HeapSymbols& symbols, CallDirection direction,
             const CallFunction& around);

    // 0 is the root, which stands for all; a parent comes before its children.
    [[nodiscard]] const std::vector<Node>& nodes() const { return m_nodes; }
    [[nodiscard]] std::span<const std::uint32_t> childrenOf(std::uint32_t node) const;
    // 0 stands for all.
    [[nodiscard]] const std::vector<CallFunction>& functions() const { return m_functions; }
    [[nodiscard]] const CallFunction& functionOf(std::uint32_t node) const {
        return m_functions[m_nodes[node].function];
    }
    [[nodiscard]] std::uint32_t depth() const { return m_depth; }

private:
    friend class CallTreeBuilder;
    std::vector<Node> m_nodes{Node()};
    std::vector<std::uint32_t> m_children;
    std::vector<CallFunction> m_functions{CallFunction()};
    std::uint32_t m_depth = 0;
};

// The functions of a stack from the outermost on, as pathOf() gives them for a tree fromMain.
[[nodiscard]] std::vector<std::string> pathOf(const HeapProfile& profile,
                                              const HeapSymbols& symbols, const HeapStack& stack);
// The functions from the root's child to the node.
[[nodiscard]] std::vector<std::string> pathOf(const CallTree& tree, std::uint32_t node);
// The node of that path, or the last one of it that there is; 0: none.
[[nodiscard]] std::uint32_t nodeOfPath(const CallTree& tree, const std::vector<std::string>& path);

} // namespace ringscope
