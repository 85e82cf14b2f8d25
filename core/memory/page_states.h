// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/memory/memory_region.h"

namespace ringscope {

// What the kernel says of one page. Without any flag there is no page: never touched, given back,
// or not mapped at all. A page of shared memory that was swapped out has none either.
struct PageFlags {
    bool isPresent = false;   // mapped to physical memory
    bool isSwapped = false;   // in swap, or moving; never said of a guard
    bool isFile = false;      // of a file or of shared memory; false: anonymous
    bool isExclusive = false; // no second mapping of this page anywhere
    bool isZero = false;      // read and never written: the kernel's one page of zeros, no memory
    bool isHuge = false;      // mapped as a whole with its neighbours (2 MiB and more)
    bool isGuard = false;     // whoever touches it gets SIGSEGV (MADV_GUARD_INSTALL)

    bool operator==(const PageFlags&) const = default;
};

// What a page is, when it is to be one thing: each byte has exactly one.
enum class PageState : std::uint8_t {
    notPresent, // see PageFlags
    anonymous,  // in memory, of no file
    file,       // in memory, of a file or of shared memory
    zero,       // mapped, costs no memory
    swapped,
    guard,
    unknown, // not read: a limit was reached before
};
inline constexpr std::size_t kPageStates = 7;
[[nodiscard]] PageState stateOf(const PageFlags& flags);
// "not present", "anonymous", ...
[[nodiscard]] std::string_view pageStateName(PageState state);

// Neighbouring pages with the same flags, of which there is at least one.
struct PageRun {
    std::uint64_t start = 0;
    std::uint64_t end = 0; // one past the last byte
    PageFlags flags;

    bool operator==(const PageRun&) const = default;
};

enum class PageSource {
    scan,    // the ioctl PAGEMAP_SCAN (Linux 6.7); passes over what is not there
    pagemap, // 8 bytes a page; cannot say isZero and isHuge
};

// The pages of some ranges of one process at (nearly) one instant. A value.
struct PageStates {
    PageSource source = PageSource::scan;
    // The flags this reading could tell. One that is false here is false in each run, whatever the
    // page is: without isZero a page of zeros is an anonymous one, without isGuard a guard is a
    // swapped one (and in Linux 6.13 and 6.14, which have guards and do not say where).
    PageFlags known;
    // What was asked for: in whole pages, ascending, none touching the next.
    std::vector<AddressRange> ranges;
    std::vector<PageRun> runs; // ascending; what lies between them in ranges has no page
    // A limit was reached here: what is asked for above is unknown. Else the end of the last range.
    std::uint64_t knownEnd = 0;

    [[nodiscard]] bool isCut() const { return !ranges.empty() && knownEnd < ranges.back().end; }
};

// Its runs and, without any flag, what lies between them: all that is known of what was asked for,
// ascending.
[[nodiscard]] std::vector<PageRun> allRuns(const PageStates& states);

// Bytes by state. exclusive and huge are parts of them.
struct PageBytes {
    std::array<std::uint64_t, kPageStates> byState{};
    std::uint64_t exclusive = 0; // 0 where PageStates::known does not have it
    std::uint64_t huge = 0;      // the same

    [[nodiscard]] std::uint64_t of(PageState state) const {
        return byState[static_cast<std::size_t>(state)];
    }
    // In physical memory; the page of zeros is not counted, as in RSS.
    [[nodiscard]] std::uint64_t resident() const {
        return of(PageState::anonymous) + of(PageState::file);
    }
    [[nodiscard]] std::uint64_t total() const; // as much as was asked for
    bool operator==(const PageBytes&) const = default;
};

[[nodiscard]] PageBytes sumPages(const PageStates& states);
// The same for each of "columns" equal parts of window, to draw a strip: no byte is in two of them
// and none is lost, whether a column is many pages or a part of one. Bytes of the window that were
// not asked for (not mapped, say) are in no state, so a column's total may be less than its width.
[[nodiscard]] std::vector<PageBytes> foldPages(const PageStates& states, const AddressRange& window,
                                               std::size_t columns);

} // namespace ringscope
