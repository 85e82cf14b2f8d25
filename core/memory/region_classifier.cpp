// SPDX-License-Identifier: MIT
#include "core/memory/region_classifier.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/memory/image_tail.h"

namespace ringscope {

namespace {

using std::string_view;

struct NamedType {
    string_view prefix;
    MemoryType type;
};

// Names that a program gave to its anonymous memory (PR_SET_VMA_ANON_NAME, Linux 5.17), as glibc
// 2.39, bionic, scudo, ART and Go write them; the first match counts.
constexpr std::array kAnonymousNames = {
    NamedType{" glibc: malloc", MemoryType::heap},
    NamedType{" glibc: pthread stack", MemoryType::stack},
    NamedType{" glibc: unused stack", MemoryType::stack},
    NamedType{"libc_malloc", MemoryType::heap},
    NamedType{"scudo:", MemoryType::heap},
    NamedType{"GWP-ASan", MemoryType::heap},
    NamedType{"partition_alloc", MemoryType::heap},
    NamedType{"stack_and_tls:", MemoryType::stack},
    NamedType{"thread stack", MemoryType::stack},
    NamedType{".bss", MemoryType::image},
    NamedType{"dalvik-", MemoryType::managedHeap},
    NamedType{" Go: heap", MemoryType::managedHeap},
    NamedType{"v8", MemoryType::managedHeap},
};

// Files that are memory: of the kernel's shared memory file system, or drawn from a device.
constexpr std::array kFileNames = {
    NamedType{"/dev/shm/", MemoryType::shareable},
    NamedType{"/memfd:", MemoryType::shareable},
    NamedType{"/secretmem", MemoryType::shareable}, // memfd_secret()
    NamedType{"/SYSV", MemoryType::shareable},
    NamedType{"/dev/zero (deleted)", MemoryType::shareable}, // anonymous and MAP_SHARED
    NamedType{"/anon_hugepage", MemoryType::hugePages},
    NamedType{"/dev/hugepages/", MemoryType::hugePages},
    NamedType{"/dev/zero", MemoryType::privateData}, // and MAP_PRIVATE: as anonymous
    NamedType{"/dev/", MemoryType::device},
    NamedType{"/drm mm object", MemoryType::device},
    NamedType{"/i915", MemoryType::device},
    NamedType{"/[aio]", MemoryType::kernel},
    NamedType{"anon_inode:", MemoryType::kernel}, // rings of io_uring, perf and the like
    NamedType{"socket:", MemoryType::kernel},     // rings of packet sockets
};

template <std::size_t kCount>
std::optional<MemoryType> typeOfPrefix(const std::array<NamedType, kCount>& table,
                                       string_view name) {
    for (const auto& entry : table) {
        if (name.starts_with(entry.prefix)) {
            return entry.type;
        }
    }
    return std::nullopt;
}

// A library by its name: "libicudata.so.72.1" has no code, so no executable mapping shows it.
bool isNamedAsLibrary(string_view path) {
    const auto slash = path.rfind('/');
    string_view file = slash == string_view::npos ? path : path.substr(slash + 1);
    constexpr string_view kDeleted = " (deleted)";
    if (file.ends_with(kDeleted)) {
        file.remove_suffix(kDeleted.size());
    }
    return file.ends_with(".so") || file.find(".so.") != string_view::npos;
}

class Classifier {
public:
    explicit Classifier(const AddressSpace& space)
        : m_space(space)
        , m_map(space.map) {
        for (const auto& region : m_map.regions) {
            if (region.isExecutable && !region.isSharedMapping && isFile(region)) {
                m_images.insert(fileOf(region));
            }
            m_marksStacks =
                m_marksStacks || (isPlainAnonymous(region) && m_map.hasFlag(region, "nh"));
        }
        for (const ThreadPlace& thread : space.threads) {
            m_stackPointers.push_back(thread.stackPointer); // 0 lies in no region
        }
        std::sort(m_stackPointers.begin(), m_stackPointers.end());
        m_types.reserve(m_map.regions.size());
    }

    std::vector<MemoryType> classify() {
        for (std::size_t i = 0; i < m_map.regions.size(); ++i) {
            m_types.push_back(typeOf(i));
        }
        return std::move(m_types);
    }

private:
    using File = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>;

    static File fileOf(const MemoryRegion& region) {
        return {region.deviceMajor, region.deviceMinor, region.inode};
    }
    // SysV shared memory has its identifier, which may be 0, in place of the inode.
    [[nodiscard]] bool isFile(const MemoryRegion& region) const {
        return region.inode != 0 && m_map.nameOf(region).starts_with('/');
    }
    [[nodiscard]] bool isPlainAnonymous(const MemoryRegion& region) const {
        return region.inode == 0 && region.name == 0 && !region.isSharedMapping;
    }

    [[nodiscard]] MemoryType typeOf(std::size_t index) const {
        const MemoryRegion& region = m_map.regions[index];
        const string_view name = m_map.nameOf(region);
        if (m_map.hasFlag(region, "ht")) {
            return MemoryType::hugePages;
        }
        if (name.empty()) {
            return typeOfAnonymous(index);
        }
        if (name.starts_with('[')) {
            return typeOfBracketed(region, name);
        }
        return typeOfFile(region, name);
    }

    [[nodiscard]] MemoryType typeOfBracketed(const MemoryRegion& region, string_view name) const {
        constexpr string_view kAnonymous = "[anon:";
        if (name == "[heap]") {
            return MemoryType::heap;
        }
        if (name.starts_with("[stack")) { // "[stack:TID]" up to Linux 4.4
            return MemoryType::stack;
        }
        if (name.starts_with("[anon_shmem:")) {
            return MemoryType::shareable;
        }
        if (name.starts_with(kAnonymous)) {
            if (region.hasNoAccess()) {
                return MemoryType::reserved;
            }
            name.remove_prefix(kAnonymous.size());
            return typeOfPrefix(kAnonymousNames, name).value_or(MemoryType::privateData);
        }
        return MemoryType::kernel; // programs cannot give themselves any other name in brackets
    }

    [[nodiscard]] MemoryType typeOfFile(const MemoryRegion& region, string_view name) const {
        // Before the names: a program run from memory (fexecve of a memfd) is an image.
        if (!region.isSharedMapping && isFile(region) && m_images.contains(fileOf(region))) {
            return MemoryType::image;
        }
        if (const auto type = typeOfPrefix(kFileNames, name)) {
            return *type;
        }
        if (isDevice(region)) {
            return MemoryType::device;
        }
        if (!name.starts_with('/')) {
            return MemoryType::unknown;
        }
        return !region.isSharedMapping && isNamedAsLibrary(name) ? MemoryType::image
                                                                 : MemoryType::mappedFile;
    }

    [[nodiscard]] MemoryType typeOfAnonymous(std::size_t index) const {
        const MemoryRegion& region = m_map.regions[index];
        if (isDevice(region)) {
            return MemoryType::device;
        }
        if (region.isSharedMapping || region.inode != 0) {
            return MemoryType::unknown; // the kernel names both; so this is text it did not write
        }
        if (region.hasNoAccess()) {
            return MemoryType::reserved;
        }
        if (m_map.hasFlag(region, "gd")) { // grows down: a second stack of the main thread's kind
            return MemoryType::stack;
        }
        if (isGoHeap(region)) {
            return MemoryType::managedHeap;
        }
        if (isArena(index)) {
            return MemoryType::heap;
        }
        if (isThreadStack(index)) {
            return MemoryType::stack;
        }
        return isBss(index) ? MemoryType::image : MemoryType::privateData;
    }

    [[nodiscard]] bool isDevice(const MemoryRegion& region) const {
        return m_map.hasFlag(region, "io") || m_map.hasFlag(region, "pf");
    }

    // The runtime of Go asks for its arenas from this address on; nothing is ever put there by
    // chance.
    [[nodiscard]] static bool isGoHeap(const MemoryRegion& region) {
        constexpr std::uint64_t kFirst = 0xc000000000;
        constexpr std::uint64_t kEnd = 0xc800000000;
        return region.start >= kFirst && region.end <= kEnd && region.isWritable;
    }

    // glibc reserves HEAP_MAX_SIZE bytes, aligned to as many, for a heap of an arena other than the
    // main one, and makes them accessible from the start on as they are needed: 64 MiB with 64-bit
    // pointers.
    static constexpr std::uint64_t kArenaSize = std::uint64_t{64} << 20U;

    [[nodiscard]] bool isArena(std::size_t index) const {
        const MemoryRegion& region = m_map.regions[index];
        if (!region.isWritable || region.start % kArenaSize != 0) {
            return false;
        }
        if (region.size() >= kArenaSize) { // used up; told from other memory by MAP_NORESERVE
            return m_map.hasFlag(region, "nr") && region.size() % kArenaSize == 0;
        }
        const MemoryRegion* rest = neighbourAbove(index);
        return rest != nullptr && isPlainAnonymous(*rest) && rest->hasNoAccess() &&
               m_map.hasFlag(*rest, "nr") == m_map.hasFlag(region, "nr") &&
               rest->end >= region.start + kArenaSize;
    }

    // pthread_create() makes all but the lowest pages of a mapping accessible; the JVM puts its own
    // guard there. From glibc 2.42 on the guard is inside the stack's region (flag gu), as it may
    // be in anything else (MADV_GUARD_INSTALL). MAP_STACK sets the flag nh from Linux 6.7 on, so
    // before there was gu. Where nothing has it, memory with a guard is a stack only if some
    // thread's could not be told by its stack pointer, and memory above a guard if both are of one
    // mapping, which the memory above a reservation that was committed in part is not.
    [[nodiscard]] bool isThreadStack(std::size_t index) const {
        constexpr std::uint64_t kLeastStack = std::uint64_t{16} << 10U; // PTHREAD_STACK_MIN
        constexpr std::uint64_t kLargestGuard = std::uint64_t{1} << 20U;
        const MemoryRegion& region = m_map.regions[index];
        if (!region.isReadable || !region.isWritable || region.size() < kLeastStack) {
            return false;
        }
        if (holdsStackPointer(region)) {
            return true;
        }
        const bool isMarked = m_map.hasFlag(region, "nh");
        const bool isUnknownHere = !m_marksStacks && !m_space.areStacksKnown;
        if (m_map.hasFlag(region, "gu")) {
            return isMarked || isUnknownHere;
        }
        const MemoryRegion* guard = neighbourBelow(index);
        if (guard == nullptr || !isPlainAnonymous(*guard) || !guard->hasNoAccess() ||
            region.isExecutable) {
            return false;
        }
        const bool isLikeStack = m_marksStacks ? isMarked
                                               : isUnknownHere && m_map.hasFlag(*guard, "nr") ==
                                                                      m_map.hasFlag(region, "nr");
        const std::uint64_t size = guardSize(index - 1);
        return isLikeStack && size > 0 && size <= kLargestGuard;
    }

    // Of a region without access, what does not belong to an arena below it: the two may be one
    // region.
    [[nodiscard]] std::uint64_t guardSize(std::size_t index) const {
        const MemoryRegion& guard = m_map.regions[index];
        const MemoryRegion* arena = neighbourBelow(index);
        if (arena == nullptr || m_types[index - 1] != MemoryType::heap ||
            arena->start % kArenaSize != 0) {
            return guard.size();
        }
        return guard.end - std::min(guard.end, arena->start + kArenaSize);
    }

    [[nodiscard]] bool holdsStackPointer(const MemoryRegion& region) const {
        const auto first =
            std::lower_bound(m_stackPointers.begin(), m_stackPointers.end(), region.start);
        return first != m_stackPointers.end() && *first < region.end;
    }

    // The part of an image's data that is zero at the start lies behind what the file holds. The
    // kernel joins it with memory of the program's own right above; the larger part counts. Where
    // the file cannot be asked, it is taken for all of it.
    [[nodiscard]] bool isBss(std::size_t index) const {
        const MemoryRegion& region = m_map.regions[index];
        const MemoryRegion* below = neighbourBelow(index);
        if (below == nullptr || !region.isWritable || !isFile(*below) ||
            m_types[index - 1] != MemoryType::image) {
            return false;
        }
        const auto end = zeroedDataEnd(std::string(m_map.nameOf(*below)), *below);
        return !end || (*end > region.start && *end - region.start >= region.size() / 2);
    }

    [[nodiscard]] const MemoryRegion* neighbourBelow(std::size_t index) const {
        const auto& regions = m_map.regions;
        return index > 0 && regions[index - 1].end == regions[index].start ? &regions[index - 1]
                                                                           : nullptr;
    }
    [[nodiscard]] const MemoryRegion* neighbourAbove(std::size_t index) const {
        const auto& regions = m_map.regions;
        return index + 1 < regions.size() && regions[index + 1].start == regions[index].end
                   ? &regions[index + 1]
                   : nullptr;
    }

    const AddressSpace& m_space;
    const MemoryMap& m_map;
    std::vector<std::uint64_t> m_stackPointers; // sorted
    std::set<File> m_images;                    // files with a private executable mapping
    bool m_marksStacks = false;                 // the kernel that wrote this sets nh for MAP_STACK
    std::vector<MemoryType> m_types;            // of the regions below the one that is looked at
};

} // namespace

std::vector<MemoryType> classifyRegions(const AddressSpace& space) {
    return Classifier(space).classify();
}

} // namespace ringscope
