// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_page_rows.h"

#include <QCoreApplication>

#include <optional>
#include <string_view>

#include "widgets/map/map_cells.h"
#include "widgets/map/map_row_order.h"

namespace ringscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("MapPageRows", text);
}

// What the run is in a column of smaps' words; empty: the column says nothing of single pages.
std::optional<std::int64_t> bytesOf(const PageRun& run, const PageFlags& known,
                                    std::string_view key) {
    const auto bytes = static_cast<std::int64_t>(run.end - run.start);
    const bool isResident = run.flags.isPresent && !run.flags.isZero;
    if (key == "size") {
        return bytes;
    }
    if (key == "rss") {
        return isResident ? bytes : 0;
    }
    if (key == "private_rss") {
        return isResident && known.isExclusive && run.flags.isExclusive ? bytes : 0;
    }
    if (key == "shareable_rss") {
        return isResident && run.flags.isFile ? bytes : 0;
    }
    if (key == "shared_rss") {
        return isResident && known.isExclusive && !run.flags.isExclusive ? bytes : 0;
    }
    if (key == "swap") {
        return run.flags.isSwapped ? bytes : 0;
    }
    if (key == "huge") {
        return run.flags.isHuge ? bytes : 0;
    }
    return std::nullopt;
}

QString stateWords(const PageRun& run) {
    const std::string_view name = pageStateName(stateOf(run.flags));
    const QString text = QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
    return run.flags.isHuge ? text + tr(", huge") : text;
}

// Whether they are mapped once is in the columns Private RSS and Shared RSS.
QString wordsOf(const MapPageRows& rows, std::size_t row) {
    const PageRun& run = rows.runs[row];
    const std::uint64_t pages = (run.end - run.start) / rows.pageSize;
    QString words = pages == 1 ? tr("1 page: %1") : tr("%1 pages: %2").arg(pages);
    words = words.arg(stateWords(run));
    if (rows.leftOut > 0 && row + 1 == rows.runs.size()) {
        words += tr("; %1 more rows are not shown").arg(rows.leftOut);
    }
    return words;
}

} // namespace

MapPageRows pageRowsOf(const PageStates& states, const AddressRange& range,
                       std::uint64_t pageSize) {
    MapPageRows rows{range, pageSize, states.known, allRuns(states), 0};
    if (rows.runs.size() > MapPageRows::kMostRows) {
        rows.leftOut = rows.runs.size() - MapPageRows::kMostRows;
        rows.runs.resize(MapPageRows::kMostRows);
    }
    return rows;
}

QString pageRunWords(const PageRun& run, const PageFlags& known) {
    QString text = stateWords(run);
    if (run.flags.isPresent && known.isExclusive) {
        text += run.flags.isExclusive ? tr(", mapped once") : tr(", mapped more than once");
    }
    return text;
}

QString pageCellText(const MapPageRows& rows, std::size_t row, int column, ByteScale scale) {
    const PageRun& run = rows.runs[row];
    if (column == kMapAddressColumn) {
        return addressText(run.start);
    }
    if (column == mapDetailsColumn()) {
        return wordsOf(rows, row);
    }
    const MapColumn* const number = mapNumberColumn(column);
    const auto bytes = number != nullptr ? bytesOf(run, rows.known, number->key) : std::nullopt;
    return bytes ? mapAmountText(*number, bytes, scale) : QString();
}

QString pageExactText(const MapPageRows& rows, std::size_t row, int column) {
    const MapColumn* const number = mapNumberColumn(column);
    if (number == nullptr) {
        return pageCellText(rows, row, column, ByteScale::automatic);
    }
    return mapExactText(bytesOf(rows.runs[row], rows.known, number->key));
}

} // namespace ringscope
