// SPDX-License-Identifier: MIT
#include "core/session/sample_table.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <type_traits>

namespace ringscope {

static_assert(std::is_trivially_copyable_v<SampleColumn> &&
              std::is_trivially_destructible_v<SampleColumn>);

// SampleColumn is an implicit-lifetime type whose initial values are all zero bits.
SampleChunk::SampleChunk(std::size_t columnCount) {
    if (columnCount == 0) {
        return;
    }
    void* const zeros = std::calloc(columnCount, sizeof(SampleColumn));
    if (zeros == nullptr) {
        throw std::bad_alloc();
    }
    columns = {static_cast<SampleColumn*>(zeros), columnCount};
}

SampleChunk::~SampleChunk() {
    std::free(columns.data());
}

void RangeSummary::add(double value) noexcept {
    if (std::isnan(value)) {
        ++gaps;
        return;
    }
    min = valid == 0 ? value : std::min(min, value);
    max = valid == 0 ? value : std::max(max, value);
    sum += value;
    ++valid;
}

void RangeSummary::add(const RangeSummary& other) noexcept {
    gaps += other.gaps;
    if (other.valid == 0) {
        return;
    }
    min = valid == 0 ? other.min : std::min(min, other.min);
    max = valid == 0 ? other.max : std::max(max, other.max);
    sum += other.sum;
    valid += other.valid;
}

namespace {

constexpr std::size_t kLevel1Rows = kPyramidFanOut;
constexpr std::size_t kLevel2Rows = kPyramidFanOut * kPyramidFanOut;

// Rows [first, last) of one column of one chunk. Only complete groups are taken from a level, and a
// group that ends at or before `last` is complete, because `last` never passes the published row
// count.
RangeSummary summarizeColumn(const SampleColumn& column, std::size_t first, std::size_t last) {
    RangeSummary total;
    std::size_t row = first;
    while (row < last) {
        if (row % kLevel2Rows == 0 && row + kLevel2Rows <= last) {
            total.add(column.level2[row / kLevel2Rows]);
            row += kLevel2Rows;
        } else if (row % kLevel1Rows == 0 && row + kLevel1Rows <= last) {
            total.add(column.level1[row / kLevel1Rows]);
            row += kLevel1Rows;
        } else {
            total.add(column.values[row]);
            ++row;
        }
    }
    return total;
}

} // namespace

SampleTableView::SampleTableView(std::shared_ptr<const Chunks> chunks, std::size_t rows,
                                 std::size_t columns)
    : m_chunks(std::move(chunks))
    , m_rows(rows)
    , m_columns(columns) {}

std::int64_t SampleTableView::timeAt(std::size_t row) const {
    assert(row < m_rows);
    return (*m_chunks)[row / kRowsPerChunk]->times[row % kRowsPerChunk];
}

double SampleTableView::valueAt(std::size_t column, std::size_t row) const {
    assert(row < m_rows && column < m_columns);
    return (*m_chunks)[row / kRowsPerChunk]->columns[column].values[row % kRowsPerChunk];
}

std::size_t SampleTableView::lowerBound(std::int64_t timeNs) const {
    std::size_t low = 0;
    std::size_t high = m_rows;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (timeAt(middle) < timeNs) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

RangeSummary SampleTableView::summarize(std::size_t column, std::size_t first,
                                        std::size_t last) const {
    RangeSummary total;
    last = std::min(last, m_rows);
    while (first < last) {
        const std::size_t chunk = first / kRowsPerChunk;
        const std::size_t begin = first % kRowsPerChunk;
        const std::size_t end = std::min(kRowsPerChunk, begin + (last - first));
        total.add(summarizeColumn((*m_chunks)[chunk]->columns[column], begin, end));
        first += end - begin;
    }
    return total;
}

SampleTable::SampleTable(std::size_t columns)
    : m_columns(columns)
    , m_lastTimeNs(std::numeric_limits<std::int64_t>::min())
    , m_chunks(std::make_shared<const SampleTableView::Chunks>()) {}

void SampleTable::addChunk() {
    m_open = std::make_shared<SampleChunk>(m_columns);
    auto chunks = std::make_shared<SampleTableView::Chunks>(*m_chunks);
    chunks->push_back(m_open);
    m_chunks = std::move(chunks);
}

void SampleTable::append(std::int64_t timeNs, std::span<const double> values) {
    assert(values.size() == m_columns);
    const std::size_t row = m_rows % kRowsPerChunk;
    if (row == 0) {
        addChunk();
    }
    m_lastTimeNs = std::max(m_lastTimeNs, timeNs);
    m_open->times[row] = m_lastTimeNs;
    const std::size_t next = row + 1;
    for (std::size_t i = 0; i < m_columns; ++i) {
        SampleColumn& column = m_open->columns[i];
        column.values[row] = values[i];
        if (next % kLevel1Rows == 0) {
            RangeSummary group;
            for (std::size_t at = next - kLevel1Rows; at < next; ++at) {
                group.add(column.values[at]);
            }
            column.level1[row / kLevel1Rows] = group;
        }
        if (next % kLevel2Rows == 0) {
            RangeSummary group;
            for (std::size_t at = next / kLevel1Rows - kPyramidFanOut; at < next / kLevel1Rows;
                 ++at) {
                group.add(column.level1[at]);
            }
            column.level2[row / kLevel2Rows] = group;
        }
    }
    ++m_rows;
}

SampleTableView SampleTable::view() const {
    return {m_chunks, m_rows, m_columns};
}

} // namespace ringscope
