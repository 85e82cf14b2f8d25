// SPDX-License-Identifier: MIT
#include "core/heap/heap_blocks.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

namespace ringscope {

namespace {

// From a demangled function's own name on: that of a template's instance stands behind its type.
std::string_view fromItsName(std::string_view function) {
    constexpr std::string_view kAnonymous = "(anonymous namespace)";
    std::size_t start = 0;
    int depth = 0; // of a template's arguments
    for (std::size_t at = 0; at < function.size(); ++at) {
        const std::string_view rest = function.substr(at);
        if (rest.starts_with(kAnonymous)) {
            at += kAnonymous.size() - 1;
        } else if (depth == 0 && (rest.starts_with("operator") || rest.starts_with('('))) {
            break;
        } else if (depth == 0 && rest.starts_with(' ')) {
            start = at + 1;
        } else {
            depth += rest.starts_with('<') ? 1 : rest.starts_with('>') ? -1 : 0;
        }
    }
    return function.substr(start);
}

bool isOfStandardLibrary(std::string_view function) {
    constexpr std::string_view kBeginnings[] = {"std::", "__gnu_cxx::", "operator new"};
    const std::string_view name = fromItsName(function);
    return std::any_of(std::begin(kBeginnings), std::end(kBeginnings),
                       [name](std::string_view begin) { return name.starts_with(begin); });
}

std::string placeOf(const HeapProfile& profile, const HeapSymbols& symbols,
                    const CodeLocation& code, std::uint32_t frame) {
    if (frame < code.frameCount) {
        const SourceFrame& source = symbols.frames[code.firstFrame + frame];
        if (source.file != 0) {
            return symbols.texts[source.file] +
                   (source.line != 0 ? ":" + std::to_string(source.line) : "");
        }
    }
    return code.frameCount != 0 && code.module < profile.modules.size()
               ? profile.modules[code.module].path
               : "";
}

} // namespace

void addNamedFrames(const HeapProfile& profile, const HeapSymbols& symbols, std::uint32_t location,
                    std::vector<NamedFrame>& frames) {
    const CodeLocation& code = symbols.locations[location];
    for (std::uint32_t frame = 0; frame < std::max(code.frameCount, 1U); ++frame) {
        frames.push_back({symbols.functionName(profile, location, frame),
                          placeOf(profile, symbols, code, frame)});
    }
}

std::vector<NamedFrame> namedFrames(const HeapProfile& profile, const HeapSymbols& symbols,
                                    const HeapStack& stack) {
    std::vector<NamedFrame> frames;
    for (std::uint32_t node = stack.node; node != 0; node = profile.nodes[node].parent) {
        addNamedFrames(profile, symbols, symbols.locationOfNode[node], frames);
    }
    return frames;
}

std::size_t tellingFrame(const std::vector<NamedFrame>& frames) {
    const auto found = std::find_if(frames.begin(), frames.end(), [](const NamedFrame& frame) {
        return !isOfStandardLibrary(frame.function);
    });
    return found == frames.end() ? 0 : static_cast<std::size_t>(found - frames.begin());
}

HeapBlocks::HeapBlocks(const HeapProfile& profile, const HeapSymbols& symbols) {
    std::unordered_map<std::uint32_t, std::uint32_t> stackOf; // by number
    for (std::uint32_t i = 0; i < profile.stacks.size(); ++i) {
        stackOf.emplace(profile.stacks[i].number, i);
    }
    std::unordered_map<std::uint32_t, std::uint32_t> siteOf; // by stack
    m_rows.reserve(profile.blocks.size());
    for (const LiveBlock& block : profile.blocks) {
        const auto stack = stackOf.find(block.stack);
        if (stack == stackOf.end()) { // it came while the profile was read
            continue;
        }
        const auto [site, isNew] =
            siteOf.emplace(stack->second, static_cast<std::uint32_t>(m_sites.size()));
        if (isNew) {
            const auto frames = namedFrames(profile, symbols, profile.stacks[stack->second]);
            Site named{{}, {}, stack->second};
            if (!frames.empty()) {
                const NamedFrame& telling = frames[tellingFrame(frames)];
                named.function = telling.function;
                named.place = telling.place;
            }
            m_sites.push_back(std::move(named));
        }
        m_rows.push_back({block.address, block.bytes,
                          std::max<std::int64_t>(profile.timeNs - block.timeNs, 0), site->second});
    }
}

} // namespace ringscope
