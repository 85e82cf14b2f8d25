// SPDX-License-Identifier: MIT
#include "core/heap/call_tree.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "core/heap/heap_blocks.h"

namespace ringscope {

namespace {

constexpr char kUnknownOuter[] = "[outer frames unknown]";

// A function and the line where it goes on.
struct Step {
    std::uint32_t function;
    std::uint32_t line;
};

std::uint64_t keyOf(std::uint32_t high, std::uint32_t low) {
    return std::uint64_t{high} << 32U | low;
}

} // namespace

HeapValues& HeapValues::operator+=(const HeapValues& other) {
    for (std::size_t i = 0; i < of.size(); ++i) {
        of[i] += other.of[i];
    }
    return *this;
}

HeapValues valuesOf(const HeapSums& sums) {
    HeapValues values;
    for (std::size_t i = 0; i < values.of.size(); ++i) {
        values.of[i] = valueOf(sums, static_cast<HeapMeasure>(i));
    }
    return values;
}

class CallTreeBuilder {
public:
    CallTreeBuilder(CallTree& tree, const HeapProfile& profile, const HeapSymbols& symbols)
        : m_tree(tree)
        , m_profile(profile)
        , m_symbols(symbols)
        , m_steps(symbols.locations.size()) {}

    // around: of all stacks that function's alone; null: all.
    void build(CallDirection direction, const CallFunction* around) {
        const std::uint32_t middle =
            around != nullptr
                ? functionOf({around->name, around->file, around->module, around->line, {}, {}})
                : 0;
        for (const HeapStack& stack : m_profile.stacks) {
            takeSteps(stack); // innermost first
            if (around != nullptr && !cutAt(middle, direction)) {
                continue;
            }
            const HeapValues values = valuesOf(stack.sums);
            addToFunctions(values);
            if (direction == CallDirection::fromMain) {
                std::reverse(m_path.begin(), m_path.end());
            }
            addPath(values);
        }
        linkChildren();
    }

private:
    // Functions and lines of a place in code, innermost first.
    const std::vector<Step>& stepsOf(std::uint32_t location) {
        std::vector<Step>& steps = m_steps[location];
        if (!steps.empty()) {
            return steps;
        }
        const CodeLocation& code = m_symbols.locations[location];
        for (std::uint32_t frame = 0; frame < std::max(code.frameCount, 1U); ++frame) {
            const SourceFrame source =
                frame < code.frameCount ? m_symbols.frames[code.firstFrame + frame] : SourceFrame();
            const std::string module = code.module < m_profile.modules.size()
                                           ? m_profile.modules[code.module].path
                                           : std::string();
            steps.push_back({functionOf({m_symbols.functionName(m_profile, location, frame),
                                         m_symbols.texts[source.file],
                                         module,
                                         source.line,
                                         {},
                                         {}}),
                             source.line});
        }
        return steps;
    }

    std::uint32_t functionOf(CallFunction function) {
        const auto [it, isNew] = m_functionNumbers.try_emplace(
            function.name + '\n' + function.file + '\n' + function.module,
            static_cast<std::uint32_t>(m_tree.m_functions.size()));
        if (isNew) {
            m_tree.m_functions.push_back(std::move(function));
        }
        return it->second;
    }

    void takeSteps(const HeapStack& stack) {
        m_path.clear();
        for (std::uint32_t node = stack.node; node != 0; node = m_profile.nodes[node].parent) {
            const auto& steps = stepsOf(m_symbols.locationOfNode[node]);
            m_path.insert(m_path.end(), steps.begin(), steps.end());
        }
        if (stack.end != HeapStackEnd::complete || m_path.empty()) {
            m_path.push_back({functionOf({kUnknownOuter, {}, {}, 0, {}, {}}), 0});
        }
    }

    // Leaves of the path what is inside, or outside, of the outermost call of the function. False
    // where it is not in it.
    bool cutAt(std::uint32_t function, CallDirection direction) {
        const auto outermost =
            std::find_if(m_path.rbegin(), m_path.rend(),
                         [function](const Step& step) { return step.function == function; });
        if (outermost == m_path.rend()) {
            return false;
        }
        if (direction == CallDirection::fromMain) {
            m_path.erase(outermost.base(), m_path.end());
        } else {
            m_path.erase(m_path.begin(), std::prev(outermost.base()));
        }
        return true;
    }

    void addToFunctions(const HeapValues& values) {
        m_tree.m_functions.front().total += values;
        m_tree.m_functions[m_path.front().function].self += values;
        m_once.clear();
        for (const Step& step : m_path) {
            m_once.push_back(step.function);
        }
        std::sort(m_once.begin(), m_once.end());
        m_once.erase(std::unique(m_once.begin(), m_once.end()), m_once.end());
        for (const std::uint32_t function : m_once) {
            m_tree.m_functions[function].total += values;
        }
    }

    void addPath(const HeapValues& values) {
        std::uint32_t at = 0;
        m_tree.m_nodes[0].total += values;
        for (const Step& step : m_path) {
            at = childOf(at, step);
            m_tree.m_nodes[at].total += values;
        }
        m_tree.m_nodes[at].self += values;
        m_tree.m_depth = std::max(m_tree.m_depth, static_cast<std::uint32_t>(m_path.size()));
    }

    std::uint32_t childOf(std::uint32_t parent, const Step& step) {
        const auto [it, isNew] = m_nodeNumbers.try_emplace(
            keyOf(parent, step.function), static_cast<std::uint32_t>(m_tree.m_nodes.size()));
        if (isNew) {
            CallTree::Node node;
            node.function = step.function;
            node.parent = parent;
            node.line = step.line;
            m_tree.m_nodes.push_back(node);
        } else if (m_tree.m_nodes[it->second].line != step.line) {
            m_tree.m_nodes[it->second].line = 0;
        }
        return it->second;
    }

    void linkChildren() {
        auto& nodes = m_tree.m_nodes;
        for (std::uint32_t i = 1; i < nodes.size(); ++i) {
            ++nodes[nodes[i].parent].childCount;
        }
        std::uint32_t next = 0;
        for (CallTree::Node& node : nodes) {
            node.firstChild = next;
            next += node.childCount;
        }
        m_tree.m_children.resize(next);
        std::vector<std::uint32_t> filled(nodes.size(), 0);
        for (std::uint32_t i = 1; i < nodes.size(); ++i) {
            const std::uint32_t parent = nodes[i].parent;
            m_tree.m_children[nodes[parent].firstChild + filled[parent]++] = i;
        }
    }

    CallTree& m_tree;
    const HeapProfile& m_profile;
    const HeapSymbols& m_symbols;
    std::vector<std::vector<Step>> m_steps; // by location, as far as they were needed
    std::unordered_map<std::string, std::uint32_t> m_functionNumbers;
    std::unordered_map<std::uint64_t, std::uint32_t> m_nodeNumbers;
    std::vector<Step> m_path;
    std::vector<std::uint32_t> m_once;
};

CallTree::CallTree(const HeapProfile& profile, const HeapSymbols& symbols,
                   CallDirection direction) {
    CallTreeBuilder(*this, profile, symbols).build(direction, nullptr);
}

CallTree::CallTree(const HeapProfile& profile, const HeapSymbols& symbols, CallDirection direction,
                   const CallFunction& around) {
    CallTreeBuilder(*this, profile, symbols).build(direction, &around);
}

std::span<const std::uint32_t> CallTree::childrenOf(std::uint32_t node) const {
    const Node& of = m_nodes[node];
    return std::span(m_children).subspan(of.firstChild, of.childCount);
}

std::vector<std::string> pathOf(const HeapProfile& profile, const HeapSymbols& symbols,
                                const HeapStack& stack) {
    std::vector<std::string> path;
    for (NamedFrame& frame : namedFrames(profile, symbols, stack)) {
        path.push_back(std::move(frame.function));
    }
    if (stack.end != HeapStackEnd::complete || path.empty()) {
        path.emplace_back(kUnknownOuter);
    }
    std::reverse(path.begin(), path.end());
    return path;
}

std::vector<std::string> pathOf(const CallTree& tree, std::uint32_t node) {
    std::vector<std::string> path;
    for (; node != 0; node = tree.nodes()[node].parent) {
        path.push_back(tree.functionOf(node).name);
    }
    std::reverse(path.begin(), path.end());
    return path;
}

std::uint32_t nodeOfPath(const CallTree& tree, const std::vector<std::string>& path) {
    std::uint32_t at = 0;
    for (const std::string& name : path) {
        const auto children = tree.childrenOf(at);
        const auto it = std::find_if(children.begin(), children.end(), [&](std::uint32_t child) {
            return tree.functionOf(child).name == name;
        });
        if (it == children.end()) {
            break;
        }
        at = *it;
    }
    return at;
}

} // namespace ringscope
