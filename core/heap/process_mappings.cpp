// SPDX-License-Identifier: MIT
#include "core/heap/process_mappings.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ringscope {

namespace {

// Takes a hexadecimal number off the front, and the character behind it.
std::optional<std::uint64_t> takeHex(std::string_view& line) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number, 16);
    if (error != std::errc() || end == line.data() + line.size()) {
        return std::nullopt;
    }
    line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
    return number;
}

std::string_view takeWord(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    return word;
}

std::optional<ProcessMapping> parseLine(std::string_view line) {
    ProcessMapping mapping;
    const auto begin = takeHex(line);
    const auto end = begin ? takeHex(line) : std::nullopt;
    const std::string_view rights = takeWord(line);
    const auto offset = takeHex(line);
    if (!end || *begin >= *end || rights.size() < 4 || !offset) {
        return std::nullopt;
    }
    mapping.range = {*begin, *end};
    mapping.isReadable = rights[0] == 'r';
    mapping.isWritable = rights[1] == 'w';
    mapping.isShared = rights[3] == 's';
    mapping.fileOffset = *offset;
    takeWord(line); // device
    takeWord(line); // inode
    const std::size_t name = line.find_first_not_of(' ');
    if (name != std::string_view::npos) {
        mapping.name = line.substr(name);
    }
    return mapping;
}

} // namespace

std::vector<ProcessMapping> parseMappings(std::string_view text) {
    std::vector<ProcessMapping> mappings;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        auto mapping = parseLine(line);
        const bool isInOrder =
            mapping && (mappings.empty() || mappings.back().range.end <= mapping->range.begin);
        if (isInOrder) {
            mappings.push_back(std::move(*mapping));
        }
    }
    return mappings;
}

const ProcessMapping* mappingAt(const std::vector<ProcessMapping>& mappings,
                                std::uint64_t address) {
    const auto at = std::partition_point(
        mappings.begin(), mappings.end(),
        [address](const ProcessMapping& each) { return each.range.end <= address; });
    return at != mappings.end() && at->range.begin <= address ? &*at : nullptr;
}

} // namespace ringscope
