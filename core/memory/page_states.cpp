// SPDX-License-Identifier: MIT
#include "core/memory/page_states.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace ringscope {

namespace {

// Adds pieces, which come in the order of their addresses, to the columns they lie in.
class ColumnFiller {
public:
    ColumnFiller(const AddressRange& window, std::size_t columns)
        : m_window(window)
        , m_columns(columns) {}

    void add(std::uint64_t start, std::uint64_t end, const PageFlags& flags, PageState state) {
        start = std::max(start, m_window.start);
        end = std::min(end, m_window.end);
        while (start < end) {
            while (border(m_at + 1) <= start) {
                ++m_at;
            }
            const std::uint64_t next = std::min(end, border(m_at + 1));
            PageBytes& column = m_columns[m_at];
            column.byState[static_cast<std::size_t>(state)] += next - start;
            column.exclusive += flags.isExclusive ? next - start : 0;
            column.huge += flags.isHuge ? next - start : 0;
            start = next;
        }
    }
    [[nodiscard]] std::vector<PageBytes> take() { return std::move(m_columns); }

private:
    // Where a column begins; the last one ends with the window. Exact, and does not overflow while
    // there are fewer than 2^32 columns.
    [[nodiscard]] std::uint64_t border(std::size_t column) const {
        const std::uint64_t count = m_columns.size();
        return m_window.start + m_window.size() / count * column +
               m_window.size() % count * column / count;
    }

    AddressRange m_window;
    std::vector<PageBytes> m_columns;
    std::size_t m_at = 0;
};

} // namespace

PageState stateOf(const PageFlags& flags) {
    if (flags.isGuard) {
        return PageState::guard;
    }
    if (flags.isSwapped) {
        return PageState::swapped;
    }
    if (!flags.isPresent) {
        return PageState::notPresent;
    }
    if (flags.isZero) {
        return PageState::zero;
    }
    return flags.isFile ? PageState::file : PageState::anonymous;
}

std::string_view pageStateName(PageState state) {
    constexpr std::array<std::string_view, kPageStates> kNames = {
        "not present", "anonymous", "file", "zero", "swapped", "guard", "unknown"};
    return kNames[static_cast<std::size_t>(state)];
}

std::uint64_t PageBytes::total() const {
    return std::accumulate(byState.begin(), byState.end(), std::uint64_t{0});
}

std::vector<PageRun> allRuns(const PageStates& states) {
    std::vector<PageRun> all;
    auto run = states.runs.begin();
    for (const AddressRange& range : states.ranges) {
        const std::uint64_t end = std::min(range.end, states.knownEnd);
        std::uint64_t at = range.start;
        while (at < end) {
            while (run != states.runs.end() && run->end <= at) {
                ++run;
            }
            const bool isThere = run != states.runs.end() && run->start < end;
            if (!isThere || run->start > at) {
                all.push_back({at, isThere ? run->start : end, {}});
            } else {
                all.push_back({at, std::min(run->end, end), run->flags});
            }
            at = all.back().end;
        }
    }
    return all;
}

PageBytes sumPages(const PageStates& states) {
    if (states.ranges.empty()) {
        return {};
    }
    return foldPages(states, {states.ranges.front().start, states.ranges.back().end}, 1).front();
}

std::vector<PageBytes> foldPages(const PageStates& states, const AddressRange& window,
                                 std::size_t columns) {
    if (columns == 0 || window.start >= window.end) {
        return std::vector<PageBytes>(columns);
    }
    ColumnFiller filler(window, columns);
    auto run = states.runs.begin();
    for (const AddressRange& range : states.ranges) {
        const std::uint64_t knownEnd = std::clamp(states.knownEnd, range.start, range.end);
        std::uint64_t at = range.start;
        for (; run != states.runs.end() && run->start < knownEnd; ++run) {
            filler.add(at, run->start, {}, PageState::notPresent);
            filler.add(run->start, run->end, run->flags, stateOf(run->flags));
            at = run->end;
        }
        filler.add(at, knownEnd, {}, PageState::notPresent);
        filler.add(knownEnd, range.end, {}, PageState::unknown);
    }
    return filler.take();
}

} // namespace ringscope
