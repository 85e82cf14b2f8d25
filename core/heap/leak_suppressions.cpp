// SPDX-License-Identifier: MIT
#include "core/heap/leak_suppressions.h"

#include <algorithm>
#include <unordered_map>

namespace ringscope {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r";
    const std::size_t begin = text.find_first_not_of(kSpace);
    return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Everything of a stack that a pattern can be of.
std::vector<std::string_view> textsOf(const HeapProfile& profile, const HeapSymbols& symbols,
                                      std::uint32_t node) {
    std::vector<std::string_view> texts;
    for (; node != 0 && node < symbols.locationOfNode.size(); node = profile.nodes[node].parent) {
        const CodeLocation& location = symbols.locations[symbols.locationOfNode[node]];
        if (location.module != CodeLocation::kNoModule) {
            texts.emplace_back(profile.modules[location.module].path);
        }
        for (std::uint32_t i = 0; i < location.frameCount; ++i) {
            const SourceFrame& frame = symbols.frames[location.firstFrame + i];
            texts.emplace_back(symbols.texts[frame.function]);
            texts.emplace_back(symbols.texts[frame.file]);
        }
    }
    return texts;
}

} // namespace

bool matchesLeakPattern(std::string_view pattern, std::string_view text) {
    bool isAnchored = false;
    if (!pattern.empty() && pattern.front() == '^') {
        isAnchored = true;
        pattern.remove_prefix(1);
    }
    bool isFree = !isAnchored; // the next part may be anywhere behind
    while (!pattern.empty()) {
        if (pattern.front() == '*') {
            isFree = true;
            pattern.remove_prefix(1);
            continue;
        }
        if (pattern.front() == '$') {
            return text.empty() || isFree;
        }
        const std::size_t end = std::min(pattern.find_first_of("*$"), pattern.size());
        const std::string_view part = pattern.substr(0, end);
        const bool isLast = end < pattern.size() && pattern[end] == '$';
        pattern.remove_prefix(end);
        std::size_t at = text.find(part);
        if (isLast && isFree) { // the last of them is the one that can end the text
            at = text.size() >= part.size() && text.substr(text.size() - part.size()) == part
                     ? text.size() - part.size()
                     : std::string_view::npos;
        }
        if (at == std::string_view::npos || (!isFree && at != 0)) {
            return false;
        }
        text.remove_prefix(at + part.size());
        isFree = false;
    }
    return true;
}

Expected<void> LeakSuppressions::add(std::string_view text, const std::string& name) {
    constexpr std::string_view kPrefix = "leak:";
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') {
            continue;
        }
        if (line.substr(0, kPrefix.size()) != kPrefix || line.size() == kPrefix.size()) {
            return makeError(ErrorKind::usage, name + ":" + std::to_string(number) +
                                                   ": a suppression is written leak:PATTERN");
        }
        m_patterns.emplace_back(line.substr(kPrefix.size()));
    }
    return {};
}

void LeakSuppressions::applyTo(LeakReport& report, const HeapProfile& profile,
                               const HeapSymbols& symbols) const {
    if (m_patterns.empty()) {
        return;
    }
    std::unordered_map<std::uint32_t, std::uint32_t> nodes;
    for (const HeapStack& stack : profile.stacks) {
        nodes.emplace(stack.number, stack.node);
    }
    for (LeakGroup& group : report.groups) {
        const auto node = nodes.find(group.stack);
        if (node == nodes.end() || group.kind == LeakKind::reachable) {
            continue;
        }
        const auto texts = textsOf(profile, symbols, node->second);
        const auto found =
            std::find_if(m_patterns.begin(), m_patterns.end(), [&texts](const auto& pattern) {
                return std::any_of(texts.begin(), texts.end(), [&pattern](std::string_view each) {
                    return matchesLeakPattern(pattern, each);
                });
            });
        group.suppression = found != m_patterns.end() ? *found : std::string();
    }
}

} // namespace ringscope
