// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/memory/page_states.h"
#include "core/memory/string_finder.h"

namespace ringscope {

struct StringSearchLimits {
    std::uint64_t maxBytes = std::uint64_t{256} << 20U; // to read
    // To look at for what is there. Counts with PageSource::pagemap only, which cannot pass over
    // what is not: 64 GiB of 4 KiB pages, 1 s.
    std::uint64_t maxPages = std::uint64_t{1} << 24U;
};

enum class SearchEnd {
    complete,
    tooManyStrings, // StringRules::maxStrings
    tooManyBytes,
    tooManyPages,
};

// The texts in some ranges of one process. A value.
struct RegionStrings {
    std::vector<FoundString> strings; // by address
    SearchEnd end = SearchEnd::complete;
    std::uint64_t searchedEnd = 0; // above this address nothing was searched
    std::uint64_t readBytes = 0;
    std::uint64_t swappedBytes = 0;    // left out: reading would bring them back into memory
    std::uint64_t unreadableBytes = 0; // memory of a device, or pages that just went away
};

// Finds texts in what is in physical memory of the ranges (ascending, not overlapping), and reads
// nothing else: a page that was never touched, is swapped out or is a guard stays so, and the
// process has as many pages afterwards as before. Reading does mark pages as referenced, so
// "Referenced" of smaps may rise. A page that the process gives back between being looked up and
// being read is faulted in again; 16 MiB at most lie between the two. A text may continue from one
// range to the next if they touch. Any thread; 0.6 s for 256 MiB,
// twice that with UTF-16.
//
// Errors (target): as readAddressSpace(), but with the right to trace the process, which Yama's
// ptrace_scope 1 leaves to its parent and root; it ended or started another program meanwhile.
[[nodiscard]] Expected<RegionStrings> findStrings(const ProcessIdentity& process,
                                                  std::span<const AddressRange> ranges,
                                                  const StringRules& rules,
                                                  const StringSearchLimits& limits = {},
                                                  std::optional<PageSource> source = std::nullopt);

} // namespace ringscope
