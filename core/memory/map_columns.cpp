// SPDX-License-Identifier: MIT
#include "core/memory/map_columns.h"

#include <algorithm>
#include <array>

namespace ringscope {

namespace {

using Sums = MemorySums;

constexpr std::array kColumns = {
    MapColumn{"size", "Size", "Size", "Address space, whether any of it is in memory or not.",
              "end less start of each mapping", false, false,
              [](const Sums& sums) { return sums.size; }},
    MapColumn{
        "committed", "Committed", "Committed",
        "What the machine has promised memory or swap for: it counts against the commit limit.",
        "size of mappings with the flag ac; of shared memory what was charged to it", false, false,
        [](const Sums& sums) { return sums.committed; }},
    MapColumn{
        "private", "Private", "Private",
        "Pages that this process alone maps, in memory and in swap: what ending it would free, "
        "but for files and shared memory, which stay as long as something holds them.",
        "Private_Clean + Private_Dirty + Swap of private mappings in smaps", false, true,
        [](const Sums& sums) { return sums.privateAndSwap(); }},
    MapColumn{"rss", "RSS", "Total WS",
              "Pages in physical memory; one that several processes map counts in full here.",
              "Rss in smaps; hugetlb memory is not in it", false, true,
              [](const Sums& sums) { return sums.rss; }},
    MapColumn{"private_rss", "Private RSS", "Private WS",
              "Pages in physical memory that only this process maps - also of a ring that nobody "
              "else has touched.",
              "Private_Clean + Private_Dirty in smaps", false, true,
              [](const Sums& sums) { return sums.privateBytes; }},
    MapColumn{"shareable_rss", "Shareable RSS", "Shareable WS",
              "Pages in physical memory that belong to a file or to shared memory, so that another "
              "process could map them.",
              "Rss less Anonymous in smaps", false, true,
              [](const Sums& sums) { return sums.shareable; }},
    MapColumn{"shared_rss", "Shared RSS", "Shared WS",
              "Pages in physical memory that another process maps too, at this instant.",
              "Shared_Clean + Shared_Dirty in smaps", false, true,
              [](const Sums& sums) { return sums.sharedBytes; }},
    MapColumn{"locked", "Locked", "Locked WS",
              "Pages that mlock keeps in physical memory; the kernel divides each by its number of "
              "mappers, as for PSS.",
              "Locked in smaps", false, true, [](const Sums& sums) { return sums.locked; }},
    MapColumn{"pss", "PSS", "",
              "Physical memory with each page divided by the number of processes that map it: may "
              "be added up over processes.",
              "Pss in smaps, rounded down to 1 KiB in each mapping", false, true,
              [](const Sums& sums) { return sums.pss; }},
    MapColumn{"swap", "Swap", "", "Pages that lie in swap, also of shared memory.", "Swap in smaps",
              false, true, [](const Sums& sums) { return sums.swap; }},
    MapColumn{"huge", "Huge", "", "What of the physical memory lies in transparent huge pages.",
              "AnonHugePages + ShmemPmdMapped + FilePmdMapped in smaps", false, true,
              [](const Sums& sums) { return sums.huge; }},
    MapColumn{"hugetlb", "hugetlb", "",
              "Huge pages from the reserved pool, which the kernel counts in neither RSS nor PSS.",
              "Shared_Hugetlb + Private_Hugetlb in smaps", false, true,
              [](const Sums& sums) { return sums.hugetlb; }},
    MapColumn{
        "referenced", "Referenced", "",
        "Pages marked as accessed since they were mapped or the marks were cleared - those of "
        "files and shared memory also by others that use them.",
        "Referenced in smaps", false, true, [](const Sums& sums) { return sums.referenced; }},
    MapColumn{"dirty", "Dirty", "",
              "Pages that were written and would have to be saved before they could be dropped.",
              "Shared_Dirty + Private_Dirty in smaps", false, true,
              [](const Sums& sums) { return sums.dirty; }},
    MapColumn{"blocks", "Mappings", "Blocks", "How many mappings (VMAs) there are.",
              "entries of smaps", true, false, [](const Sums& sums) { return sums.regions; }},
    MapColumn{"largest", "Largest", "Largest", "The largest single mapping, or gap.",
              "entries of smaps", false, false, [](const Sums& sums) { return sums.largest; }},
};

} // namespace

std::span<const MapColumn> mapColumns() {
    return kColumns;
}

const MapColumn* findMapColumn(std::string_view key) {
    const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                    [&](const MapColumn& column) { return column.key == key; });
    return found == kColumns.end() ? nullptr : &*found;
}

} // namespace ringscope
