// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ringscope {

// Samples of several tracks that were taken at the same instants: one time column, one value column
// a track.
//
//   chunk 0 (full)          chunk 1 (full)         chunk 2 (open)
//   times  [4096]           times  [4096]          times  [n]
//   values [4096] x track   ...                    ...
//   level1 [ 256] x track   each entry sums up 16 samples
//   level2 [  16] x track   each entry sums up 256
//
// One writer appends; what it has published is never written again, so a view is a list of chunks
// and a row count. Entries of a level exist for complete groups only. NaN is a gap.
constexpr std::size_t kRowsPerChunk = 4096;
constexpr std::size_t kPyramidFanOut = 16;

// Extremes and sum of the valid (not NaN) values of a run of rows.
struct RangeSummary {
    double min = 0;
    double max = 0;
    double sum = 0;
    std::uint64_t valid = 0;
    std::uint64_t gaps = 0; // rows that are NaN

    [[nodiscard]] double mean() const noexcept {
        return valid == 0 ? 0 : sum / static_cast<double>(valid);
    }
    void add(double value) noexcept;
    void add(const RangeSummary& other) noexcept;
};

struct SampleColumn {
    std::array<double, kRowsPerChunk> values;
    std::array<RangeSummary, kRowsPerChunk / kPyramidFanOut> level1;
    std::array<RangeSummary, kRowsPerChunk / kPyramidFanOut / kPyramidFanOut> level2;
};

// Columns start as zero pages of the kernel that nobody has touched, so a chunk takes the memory of
// the rows it holds and not of those it could hold: most groups are sampled a few times a second.
class SampleChunk {
public:
    explicit SampleChunk(std::size_t columnCount);
    SampleChunk(const SampleChunk&) = delete;
    SampleChunk& operator=(const SampleChunk&) = delete;
    ~SampleChunk();

    std::array<std::int64_t, kRowsPerChunk> times;
    std::span<SampleColumn> columns;
};

// An immutable picture of a table at one moment; cheap to copy. Any thread.
class SampleTableView {
public:
    using Chunks = std::vector<std::shared_ptr<const SampleChunk>>;

    SampleTableView() = default;
    SampleTableView(std::shared_ptr<const Chunks> chunks, std::size_t rows, std::size_t columns);

    [[nodiscard]] std::size_t rows() const noexcept { return m_rows; }
    [[nodiscard]] std::size_t columns() const noexcept { return m_columns; }
    // row < rows(), column < columns(). Times are monotonic nanoseconds, never falling.
    [[nodiscard]] std::int64_t timeAt(std::size_t row) const;
    [[nodiscard]] double valueAt(std::size_t column, std::size_t row) const;
    // First row whose time is >= timeNs; rows() when there is none.
    [[nodiscard]] std::size_t lowerBound(std::int64_t timeNs) const;
    // Exact for any [first, last); O(log rows) within a chunk and O(1) per whole chunk.
    [[nodiscard]] RangeSummary summarize(std::size_t column, std::size_t first,
                                         std::size_t last) const;

private:
    std::shared_ptr<const Chunks> m_chunks;
    std::size_t m_rows = 0;
    std::size_t m_columns = 0;
};

// The writer's side. One thread; views it gives out may be read by any thread once they were handed
// over through a synchronizing mailbox (Latest).
class SampleTable {
public:
    explicit SampleTable(std::size_t columns);
    // values.size() == columns(). A time before the last one is taken as the last one: clocks of
    // one session never fall, so that binary search stays right.
    void append(std::int64_t timeNs, std::span<const double> values);
    [[nodiscard]] SampleTableView view() const;
    [[nodiscard]] std::size_t rows() const noexcept { return m_rows; }
    [[nodiscard]] std::size_t columns() const noexcept { return m_columns; }

private:
    void addChunk();

    std::size_t m_columns; // Constant after construction.
    std::size_t m_rows = 0;
    std::int64_t m_lastTimeNs;
    std::shared_ptr<SampleChunk> m_open; // the last of m_chunks
    std::shared_ptr<const SampleTableView::Chunks>
        m_chunks; // replaced, never changed, when a chunk is added
};

} // namespace ringscope
