// SPDX-License-Identifier: MIT
#include "core/heap/tracker/module_table.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

namespace ringscope::tracker {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLongestName = 4096;

bool isWithin(const LoadedObject& object, std::uintptr_t at, std::size_t bytes) noexcept {
    const auto start = reinterpret_cast<std::uintptr_t>(object.start);
    const auto end = reinterpret_cast<std::uintptr_t>(object.end);
    return at >= start && at < end && bytes <= end - at;
}

// The note of type NT_GNU_BUILD_ID among those of a segment.
void findBuildId(const unsigned char* at, std::size_t bytes, ProfileModule& module) noexcept {
    const auto padded = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
    while (bytes >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr head{};
        std::memcpy(&head, at, sizeof(head));
        const std::size_t whole = sizeof(head) + padded(head.n_namesz) + padded(head.n_descsz);
        if (whole > bytes) {
            return;
        }
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
            std::memcmp(at + sizeof(head), "GNU", 4) == 0 &&
            head.n_descsz <= sizeof(module.buildId)) {
            std::memcpy(module.buildId, at + sizeof(head) + 4, head.n_descsz);
            module.buildIdBytes = head.n_descsz;
            return;
        }
        at += whole;
        bytes -= whole;
    }
}

Elf64_Phdr segmentAt(const unsigned char* segments, std::size_t index) noexcept {
    Elf64_Phdr segment{};
    std::memcpy(&segment, segments + index * sizeof(segment), sizeof(segment));
    return segment;
}

// What lies in no loaded segment may be a hole between them.
bool isReadable(const unsigned char* segments, std::size_t count, const Elf64_Phdr& part) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        const Elf64_Phdr loaded = segmentAt(segments, i);
        if (loaded.p_type == PT_LOAD && (loaded.p_flags & PF_R) != 0 &&
            part.p_vaddr >= loaded.p_vaddr && part.p_memsz <= loaded.p_filesz &&
            part.p_vaddr - loaded.p_vaddr <= loaded.p_filesz - part.p_memsz) {
            return true;
        }
    }
    return false;
}

// By the headers in memory, which are at the start of the first segment (gABI, chapter 5).
void readBuildId(const LoadedObject& object, ProfileModule& module) noexcept {
    Elf64_Ehdr head{};
    if (!isWithin(object, reinterpret_cast<std::uintptr_t>(object.start), kPage)) {
        return;
    }
    std::memcpy(&head, object.start, sizeof(head));
    if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(Elf64_Phdr) ||
        head.e_phoff > kPage || head.e_phnum * sizeof(Elf64_Phdr) > kPage - head.e_phoff) {
        return;
    }
    const unsigned char* const segments = object.start + head.e_phoff;
    for (std::size_t i = 0; i < head.e_phnum && module.buildIdBytes == 0; ++i) {
        const Elf64_Phdr segment = segmentAt(segments, i);
        const std::uintptr_t at = object.bias + segment.p_vaddr;
        if (segment.p_type == PT_NOTE && isWithin(object, at, segment.p_memsz) &&
            isReadable(segments, head.e_phnum, segment)) {
            findBuildId(reinterpret_cast<const unsigned char*>(at), segment.p_memsz, module);
        }
    }
}

std::uint32_t takeRoom(std::atomic<std::uint32_t>& used, std::uint32_t wanted,
                       std::uint32_t limit) noexcept {
    std::uint32_t next = used.load(std::memory_order_relaxed);
    while (next <= limit && wanted <= limit - next) {
        if (used.compare_exchange_weak(next, next + wanted, std::memory_order_relaxed,
                                       std::memory_order_relaxed)) {
            return next;
        }
    }
    return limit;
}

// As they were when the profile began: there is no room on the stack of who allocates to ask.
char s_program[kLongestName];
char s_directory[kLongestName];

void learnPaths() noexcept {
    const long got =
        ::syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", s_program, kLongestName - 1);
    s_program[got > 0 ? got : 0] = '\0';
    if (::syscall(SYS_getcwd, s_directory, kLongestName) <= 0 || s_directory[0] != '/') {
        s_directory[0] = '\0';
    }
}

} // namespace

void ModuleTable::use(unsigned char* profile) noexcept {
    auto* const header = reinterpret_cast<ProfileHeader*>(profile);
    auto* const modules = reinterpret_cast<ProfileModule*>(profile + header->modulesAt);
    auto* const names = reinterpret_cast<char*>(profile + header->moduleNamesAt);
    const bool isTakingOver = m_header != nullptr && !m_isForgotten;
    m_isForgotten = false;
    if (isTakingOver) {
        const std::uint32_t used = std::min({m_header->modulesUsed.load(std::memory_order_relaxed),
                                             m_header->moduleCount, header->moduleCount});
        const std::uint32_t bytes =
            std::min({m_header->moduleNamesUsed.load(std::memory_order_relaxed),
                      m_header->moduleNameBytes, header->moduleNameBytes});
        std::memcpy(static_cast<void*>(modules), m_modules, used * sizeof(ProfileModule));
        std::memcpy(names, m_names, bytes);
        for (std::uint32_t i = 0; i < used; ++i) {
            modules[i].firstNode = 0;
        }
        header->modulesUsed.store(used, std::memory_order_relaxed);
        header->moduleNamesUsed.store(bytes, std::memory_order_relaxed);
    }
    learnPaths();
    if (!isTakingOver) {
        header->programBytes = static_cast<std::uint32_t>(std::strlen(s_program));
        std::memcpy(names, s_program, header->programBytes);
        header->moduleNamesUsed.store(header->programBytes, std::memory_order_relaxed);
    } else {
        header->programBytes = m_header->programBytes;
    }
    m_header = header;
    m_modules = modules;
    m_names = names;
}

ProfileModule* ModuleTable::newestAt(const LoadedObject& object) const noexcept {
    const auto start = reinterpret_cast<std::uint64_t>(object.start);
    const auto end = reinterpret_cast<std::uint64_t>(object.end);
    for (std::uint32_t i =
             std::min(m_header->modulesUsed.load(std::memory_order_relaxed), m_header->moduleCount);
         i-- > 0;) {
        ProfileModule& module = m_modules[i];
        if (module.ready.load(std::memory_order_acquire) == 1 && module.start < end &&
            start < module.end) {
            return &module;
        }
    }
    return nullptr;
}

void ModuleTable::putName(ProfileModule& module, const char* name) noexcept {
    if (*name == '\0') { // the program
        module.nameAt = 0;
        module.nameBytes = m_header->programBytes;
        return;
    }
    const bool isRelative = *name != '/' && std::strchr(name, '/') != nullptr;
    const std::size_t lead = isRelative ? std::strlen(s_directory) + 1 : 0;
    const std::size_t rest = std::strlen(name);
    if (lead + rest > kLongestName) {
        return;
    }
    const auto length = static_cast<std::uint32_t>(lead + rest);
    const std::uint32_t limit = m_header->moduleNameBytes;
    const std::uint32_t at = takeRoom(m_header->moduleNamesUsed, length, limit);
    if (at + length > limit) {
        return;
    }
    if (isRelative) {
        std::memcpy(m_names + at, s_directory, lead - 1);
        m_names[at + lead - 1] = '/';
    }
    std::memcpy(m_names + at + lead, name, rest);
    module.nameAt = at;
    module.nameBytes = length;
}

bool ModuleTable::note(const LoadedObject& object, std::uint64_t generation) noexcept {
    const std::uint64_t compared = generation + 1; // 0: not yet
    ProfileModule* const known = newestAt(object);
    const auto start = reinterpret_cast<std::uint64_t>(object.start);
    const auto end = reinterpret_cast<std::uint64_t>(object.end);
    const bool isSamePlace = known != nullptr && known->start == start && known->end == end &&
                             known->bias == object.bias;
    if (isSamePlace && known->compared.load(std::memory_order_relaxed) == compared) [[likely]] {
        return false;
    }
    ProfileModule now{};
    readBuildId(object, now);
    // Without a build id, the same library again is taken for another one: rather twice than wrong.
    if (isSamePlace && now.buildIdBytes != 0 && now.buildIdBytes == known->buildIdBytes &&
        std::memcmp(now.buildId, known->buildId, now.buildIdBytes) == 0) {
        known->compared.store(compared, std::memory_order_relaxed);
        return false;
    }
    const std::uint32_t number = takeRoom(m_header->modulesUsed, 1, m_header->moduleCount);
    if (number == m_header->moduleCount) {
        return known != nullptr;
    }
    ProfileModule& module = m_modules[number];
    module.start = start;
    module.end = end;
    module.bias = object.bias;
    module.ticks = __rdtsc();
    module.firstNode = m_header->nodesUsed.load(std::memory_order_relaxed);
    module.buildIdBytes = now.buildIdBytes;
    std::memcpy(module.buildId, now.buildId, sizeof(now.buildId));
    putName(module, object.name);
    module.compared.store(compared, std::memory_order_relaxed);
    module.ready.store(1, std::memory_order_release);
    return known != nullptr;
}

} // namespace ringscope::tracker
