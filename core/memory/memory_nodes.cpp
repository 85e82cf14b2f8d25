// SPDX-License-Identifier: MIT
#include "core/memory/memory_nodes.h"

#include <algorithm>
#include <limits>

#include "core/base/units.h"
#include "core/memory/proc_text.h"

namespace ringscope {

namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

struct NumaLine {
    std::uint64_t start = 0;
    MemoryNodes nodes;
};

bool isNodeWord(std::string_view word) {
    return word.size() > 1 && word[0] == 'N' && word[1] >= '0' && word[1] <= '9';
}

// "N1=4": pages for now.
bool takeNode(std::string_view word, MemoryNodes& nodes) {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) {
        return false;
    }
    const auto node = proc::parseUnsigned(word.substr(1, equals - 1));
    const auto pages = proc::parseUnsigned(word.substr(equals + 1));
    if (!node || *node >= kMaxMemoryNodes || !pages) {
        return false;
    }
    const auto id = static_cast<std::uint32_t>(*node);
    const auto at =
        std::lower_bound(nodes.begin(), nodes.end(), id,
                         [](const NodeBytes& a, std::uint32_t b) { return a.node < b; });
    if (at != nodes.end() && at->node == id) {
        return false; // twice
    }
    nodes.insert(at, {id, *pages});
    return true;
}

// "7f00 bind:0-1 file=/x\040y anon=3 N0=1 N1=2 kernelpagesize_kB=4". The kernel escapes the spaces
// and equals signs of names, so no part of one looks like another field.
std::optional<NumaLine> parseLine(std::string_view line) {
    constexpr std::string_view kPageSize = "kernelpagesize_kB=";
    NumaLine found;
    const auto start = proc::parseUnsigned(proc::takeWord(line), 16);
    if (!start || proc::takeWord(line).empty()) { // the policy
        return std::nullopt;
    }
    found.start = *start;
    std::uint64_t pageBytes = 0;
    for (auto word = proc::takeWord(line); !word.empty(); word = proc::takeWord(line)) {
        if (isNodeWord(word) && !takeNode(word, found.nodes)) {
            return std::nullopt;
        }
        if (word.starts_with(kPageSize)) {
            const auto kilobytes = proc::parseUnsigned(word.substr(kPageSize.size()));
            if (!kilobytes || *kilobytes == 0 || *kilobytes > kMost / 1024) {
                return std::nullopt;
            }
            pageBytes = *kilobytes * 1024;
        }
    }
    for (NodeBytes& node : found.nodes) {
        if (pageBytes == 0 || node.bytes > kMost / pageBytes) {
            return std::nullopt;
        }
        node.bytes *= pageBytes;
    }
    std::erase_if(found.nodes, [](const NodeBytes& node) { return node.bytes == 0; });
    return found;
}

} // namespace

NodePlacement parseNumaMaps(std::string_view text, const MemoryMap& map) {
    NodePlacement placement;
    placement.regions.resize(map.regions.size());
    while (!text.empty()) {
        auto line = parseLine(proc::takeLine(text));
        if (!line) {
            ++placement.malformedLines;
            continue;
        }
        const auto at =
            std::lower_bound(map.regions.begin(), map.regions.end(), line->start,
                             [](const MemoryRegion& a, std::uint64_t b) { return a.start < b; });
        if (at == map.regions.end() || at->start != line->start) {
            ++placement.unmatchedLines;
            continue;
        }
        placement.regions[static_cast<std::size_t>(at - map.regions.begin())] =
            std::move(line->nodes);
    }
    return placement;
}

void addNodes(MemoryNodes& sum, const MemoryNodes& more) {
    for (const NodeBytes& added : more) {
        const auto at =
            std::lower_bound(sum.begin(), sum.end(), added.node,
                             [](const NodeBytes& a, std::uint32_t b) { return a.node < b; });
        if (at == sum.end() || at->node != added.node) {
            sum.insert(at, added);
        } else {
            at->bytes += std::min(added.bytes, kMost - at->bytes);
        }
    }
}

std::string memoryNodesText(const MemoryNodes& nodes) {
    std::string text;
    for (const NodeBytes& node : nodes) {
        text += (text.empty() ? "N" : ", N") + std::to_string(node.node);
        if (nodes.size() > 1) {
            text += " " + formatBytes(static_cast<double>(node.bytes));
        }
    }
    return text;
}

std::string memoryNodesField(const MemoryNodes& nodes) {
    std::string text;
    for (const NodeBytes& node : nodes) {
        text += (text.empty() ? "N" : " N") + std::to_string(node.node) + "=" +
                std::to_string(node.bytes);
    }
    return text;
}

std::optional<std::uint64_t> countNodeList(std::string_view text) {
    text = proc::takeLine(text);
    std::uint64_t count = 0;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        const auto dash = part.find('-');
        const auto first = proc::parseUnsigned(part.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : proc::parseUnsigned(part.substr(dash + 1));
        if (!first || !last || *last < *first || *last >= kMaxMemoryNodes) {
            return std::nullopt;
        }
        count += *last - *first + 1;
    }
    return count > 0 ? std::optional(count) : std::nullopt;
}

} // namespace ringscope
