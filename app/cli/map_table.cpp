// SPDX-License-Identifier: MIT
#include "app/cli/map_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <map>

#include "app/cli/console.h"

namespace ringscope {

namespace {

bool isSameWord(const std::string& one, const std::string& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    });
}

// In any case.
template <typename Value>
Expected<Value> chosen(const char* option, const std::string& word,
                       const std::vector<std::pair<std::string, Value>>& choices) {
    std::string names;
    for (const auto& [name, value] : choices) {
        if (isSameWord(name, word)) {
            return value;
        }
        names += (names.empty() ? "" : ", ") + name;
    }
    return makeError(ErrorKind::usage, std::string("there is no ") + option + " '" + word +
                                           "'; choose one of: " + names);
}

std::vector<std::pair<std::string, MemoryType>> typeChoices() {
    std::vector<std::pair<std::string, MemoryType>> choices;
    for (const MemoryType type : kMemoryTypes) {
        choices.emplace_back(memoryTypeName(type), type);
    }
    return choices;
}

std::int64_t unitBytes(ByteScale scale) {
    switch (scale) {
    case ByteScale::mib:
        return std::int64_t{1} << 20U;
    case ByteScale::pages4k:
        return 4096;
    case ByteScale::bytes:
        return 1;
    default:
        return 1024;
    }
}

// Whole units; one decimal of MiB, where whole ones would hide most of a small process.
std::string numberText(std::int64_t bytes, ByteScale scale) {
    std::array<char, 40> text{};
    if (scale == ByteScale::mib) {
        std::snprintf(text.data(), text.size(), "%.1f",
                      static_cast<double>(bytes) / static_cast<double>(unitBytes(scale)));
    } else {
        std::snprintf(text.data(), text.size(), "%lld",
                      static_cast<long long>(bytes / unitBytes(scale)));
    }
    return text.data();
}

} // namespace

Expected<MapTableOptions> mapTableOptions(const std::string& by, const std::string& names,
                                          const std::string& unit, const std::string& type) {
    MapTableOptions options;
    const auto rows = chosen<MapRows>(
        "--by", by,
        {{"type", MapRows::type}, {"object", MapRows::object}, {"region", MapRows::region}});
    const auto preset = chosen<ColumnNames>(
        "--names", names, {{"linux", ColumnNames::linuxNames}, {"vmmap", ColumnNames::vmmapNames}});
    const auto scale = chosen<ByteScale>("--unit", unit,
                                         {{"bytes", ByteScale::bytes},
                                          {"KiB", ByteScale::kib},
                                          {"MiB", ByteScale::mib},
                                          {"pages", ByteScale::pages4k}});
    if (!rows) {
        return rows.error();
    }
    if (!preset) {
        return preset.error();
    }
    if (!scale) {
        return scale.error();
    }
    options.rows = *rows;
    options.names = *preset;
    options.scale = *scale;
    if (!type.empty()) {
        const auto only = chosen<MemoryType>("--type", type, typeChoices());
        if (!only) {
            return only.error();
        }
        options.only = *only;
    }
    return options;
}

std::string unitWords(ByteScale scale) {
    switch (scale) {
    case ByteScale::bytes:
        return "bytes";
    case ByteScale::mib:
        return "MiB";
    case ByteScale::pages4k:
        return "pages of 4 KiB";
    default:
        return "KiB";
    }
}

std::string hexRange(std::uint64_t start, std::uint64_t end) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%012llx-%012llx",
                  static_cast<unsigned long long>(start), static_cast<unsigned long long>(end));
    return text.data();
}

std::string mapTable(const std::vector<std::string>& heads, const std::vector<MapTableRow>& rows,
                     const MapTableOptions& options, const std::vector<const MapColumn*>& told,
                     bool isSigned) {
    std::vector<const MapColumn*> columns;
    for (const MapColumn* const column : told) {
        const bool isUsed = std::any_of(rows.begin(), rows.end(), [&](const MapTableRow& row) {
            return row.value(*column) != 0;
        });
        // A region is one mapping, and its largest is itself.
        const bool isTrivial = options.rows == MapRows::region && !isSigned &&
                               (column->isCount || column->key == "largest");
        if (isUsed && !isTrivial) {
            columns.push_back(column);
        }
    }
    std::vector<std::vector<std::string>> table{heads};
    for (const MapColumn* column : columns) {
        std::string name(column->name(options.names));
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        table.front().push_back(std::move(name));
    }
    for (const MapTableRow& row : rows) {
        table.push_back(row.texts);
        for (const MapColumn* column : columns) {
            const std::int64_t value = row.value(*column);
            const std::string number =
                column->isCount ? std::to_string(value) : numberText(value, options.scale);
            table.back().push_back(value == 0 ? "" : (isSigned && value > 0 ? "+" : "") + number);
        }
    }
    return alignedTable(table, heads.size());
}

} // namespace ringscope
