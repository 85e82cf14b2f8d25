// SPDX-License-Identifier: MIT
#include "core/memory/map_accounts.h"

#include <cstdlib>

#include "core/base/units.h"

namespace ringscope {

namespace {

std::string bytesText(std::uint64_t bytes) {
    return formatBytes(static_cast<double>(bytes));
}

std::int64_t difference(std::uint64_t of, std::uint64_t from) {
    return static_cast<std::int64_t>(of - from);
}

std::string magnitude(std::int64_t difference) {
    return bytesText(static_cast<std::uint64_t>(std::llabs(difference)));
}

// The kernel rounds down to 1 KiB in each mapping what it divides among processes.
bool isRounding(std::int64_t difference, const MemorySums& total) {
    return difference >= 0 && static_cast<std::uint64_t>(difference) < total.regions * 1024;
}

// "private memory by 12 KiB, swapped memory by 4 KiB".
std::string otherDifferences(const SlowCounters& kernel, const MemorySums& total) {
    std::string differences;
    const auto add = [&](const char* what, std::int64_t by, bool isMeant) {
        if (by != 0 && !isMeant) {
            differences += (differences.empty() ? "" : ", ") + std::string(what) + " memory by " +
                           magnitude(by);
        }
    };
    const std::int64_t locked = difference(kernel.locked, total.locked);
    add("private", difference(kernel.privateBytes(), total.privateBytes), false);
    add("shared", difference(kernel.sharedBytes(), total.sharedBytes), false);
    add("swapped", difference(kernel.swap, total.swap), false);
    add("locked", locked, isRounding(locked, total));
    return differences;
}

void addKernelSums(const MapSnapshot& snapshot, const MemorySums& total,
                   std::vector<std::string>& sentences) {
    if (!snapshot.rollup) {
        if (snapshot.origin == MapOrigin::process) {
            sentences.push_back("The kernel's own sums were not read with this map.");
        }
        return;
    }
    const SlowCounters& kernel = *snapshot.rollup;
    const std::int64_t rss = difference(kernel.rss, total.rss);
    const std::string others = otherDifferences(kernel, total);
    if (rss == 0) {
        sentences.push_back(
            "RSS " + bytesText(total.rss) + " equals the kernel's own sum" +
            (others.empty() ? ", and so do private, shared, swapped and locked memory." : "."));
    } else {
        sentences.push_back("RSS differs from the kernel's own sum by " + magnitude(rss) +
                            ": the process changed between the two readings.");
    }
    if (!others.empty()) {
        sentences.push_back("Others differ from the kernel's own sums: " + others +
                            "; this process or one that shares memory with it changed between the "
                            "two readings.");
    }
    // Nothing else can have changed it.
    if (const std::int64_t pss = pssRounding(snapshot, total).value_or(0);
        rss == 0 && others.empty() && isRounding(pss, total)) {
        sentences.push_back("PSS is " + magnitude(pss) +
                            " less than the kernel's, which rounds each mapping down.");
    } else {
        sentences.push_back("PSS differs from the kernel's: this process or one that shares memory "
                            "with it changed between the two readings.");
    }
}

void addCounters(const MapSnapshot& snapshot, const MemorySums& total,
                 std::vector<std::string>& sentences) {
    if (!snapshot.counters) {
        return;
    }
    if (snapshot.counters->rssPeak > total.rss) {
        sentences.push_back("Its RSS was " + bytesText(snapshot.counters->rssPeak) +
                            " at its peak.");
    }
    if (const auto tables = snapshot.counters->pageTables; tables && *tables > 0) {
        sentences.push_back("The kernel needs another " + bytesText(*tables) +
                            " for its page tables, in neither RSS nor PSS.");
    }
}

// Blocks are in the regions of Heap; large ones, each a mapping of its own, in Private Data.
void addHeap(const MapSnapshot& snapshot, std::vector<std::string>& sentences) {
    if (!snapshot.heap) {
        return;
    }
    const std::uint64_t live = snapshot.heap->liveBytes;
    const std::uint64_t resident = snapshot.sums().of(MemoryType::heap).rss;
    const std::string counted = "The program has " + bytesText(live) +
                                " allocated, as the heap tracker counts, and " +
                                bytesText(resident) + " of Heap are resident: ";
    if (resident >= live) {
        sentences.push_back(counted + "at least " + bytesText(resident - live) +
                            " of it is free space that the allocator keeps and its own "
                            "bookkeeping.");
    } else {
        sentences.push_back(counted + "the other " + bytesText(live - resident) +
                            " were never touched, or are large blocks in Private Data.");
    }
}

// What the allocator itself says of it.
void addAllocator(const MapSnapshot& snapshot, std::vector<std::string>& sentences) {
    if (!snapshot.heap || !snapshot.heap->allocator) {
        return;
    }
    constexpr std::int64_t kTooOldNs = 2'000'000'000;
    const AllocatorSums& sums = *snapshot.heap->allocator;
    const std::int64_t ageNs = snapshot.space.timeNs - sums.timeNs;
    std::string text = "glibc's malloc says ";
    if (ageNs > kTooOldNs) {
        text = formatDuration(ageNs) + " before this map, glibc's malloc said ";
    }
    text += "that of " + bytesText(sums.arenaBytes) + " in its arenas " +
            bytesText(sums.freeBytes) + " are free, " + bytesText(sums.trimmableBytes) +
            " of them at the end of the main one, where malloc_trim gives them back whole";
    if (sums.mappedBytes > 0) {
        text += "; large blocks have " + bytesText(sums.mappedBytes) + " in mappings of their own";
    }
    sentences.push_back(text + ".");
}

void addCgroup(const MapSnapshot& snapshot, std::vector<std::string>& sentences) {
    if (!snapshot.cgroup || !snapshot.cgroup->usage) {
        return;
    }
    const CgroupMemory& cgroup = *snapshot.cgroup;
    std::string text = "Its cgroup is charged " + bytesText(*cgroup.usage);
    if (cgroup.limit) {
        text += " of " + bytesText(*cgroup.limit);
    }
    text += ", with the pages of files that its processes read and of what they share.";
    if (cgroup.oomKills && *cgroup.oomKills > 0) {
        text += " There, " + std::to_string(*cgroup.oomKills) +
                " processes were killed for lack of memory.";
    }
    sentences.push_back(text);
}

} // namespace

std::vector<std::string> mapAccounts(const MapSnapshot& snapshot) {
    std::vector<std::string> sentences;
    const MemorySums total = snapshot.sums().regionTotal();
    addKernelSums(snapshot, total, sentences);
    addCounters(snapshot, total, sentences);
    addHeap(snapshot, sentences);
    addAllocator(snapshot, sentences);
    if (total.hugetlb > 0) {
        sentences.push_back("hugetlb memory, " + bytesText(total.hugetlb) +
                            ", is in neither RSS nor PSS.");
    }
    addCgroup(snapshot, sentences);
    sentences.insert(sentences.end(), snapshot.remarks.begin(), snapshot.remarks.end());
    return sentences;
}

} // namespace ringscope
