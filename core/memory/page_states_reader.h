// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"
#include "core/memory/page_states.h"

namespace ringscope {

// Whether PageFlags::isExclusive is read too. A scan cannot say it, so that 8 bytes more are read
// for each page that is there: 60 ns a page, for what a window shows rather than for a process.
enum class PageDetail { states, statesAndExclusive };

struct PageLimits {
    std::size_t maxRuns = 65536;
    // Pages looked at: by a scan those that are there, by pagemap all of them (4 GiB of 4 KiB
    // pages, 60 ms).
    std::uint64_t maxPages = std::uint64_t{1} << 20U;
};

// Reads the states of the pages of one process, from its page tables: nothing is faulted in, no
// page is read. What it reads belongs to one program of one process: another one with the same pid,
// or started by exec, is an error. One thread at a time.
class PageStatesReader {
public:
    // Without a source: a scan where the kernel has it.
    // Errors: as readAddressSpace(); (failed) no such source in this kernel.
    [[nodiscard]] static Expected<PageStatesReader>
    open(const ProcessIdentity& process, std::optional<PageSource> source = std::nullopt);

    // ranges: ascending, not overlapping; rounded to whole pages. Best those of mappings: a scan
    // passes over what is not mapped at once, pagemap has an entry for each page of it. Addresses
    // of the kernel's half ([vsyscall]) have no states and are left out.
    // A process that runs meanwhile may change its pages between two of them.
    // Errors (target): the process ended or started another program, before or meanwhile; addresses
    // that no process has.
    [[nodiscard]] Expected<PageStates> read(std::span<const AddressRange> ranges,
                                            const PageLimits& limits = {},
                                            PageDetail detail = PageDetail::states) const;
    [[nodiscard]] PageSource source() const { return m_source; }

private:
    PageStatesReader() = default;

    // Constant after open().
    std::int32_t m_pid = 0;
    PageSource m_source = PageSource::scan;
    bool m_knowsGuards = true;
    FileDescriptor m_pagemap;
};

} // namespace ringscope
