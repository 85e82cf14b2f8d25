// SPDX-License-Identifier: MIT
#include "core/memory/image_tail.h"

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

constexpr std::size_t kMostSegments = 512;

bool readAt(int fd, void* into, std::size_t size, std::uint64_t offset) {
    ssize_t got = 0;
    do {
        got = ::pread(fd, into, size, static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(size);
}

std::vector<Elf64_Phdr> segmentsOf(int fd) {
    Elf64_Ehdr head{};
    if (!readAt(fd, &head, sizeof head, 0) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB ||
        head.e_phentsize != sizeof(Elf64_Phdr) || head.e_phnum > kMostSegments) {
        return {};
    }
    std::vector<Elf64_Phdr> segments(head.e_phnum);
    if (!readAt(fd, segments.data(), segments.size() * sizeof(Elf64_Phdr), head.e_phoff)) {
        return {};
    }
    return segments;
}

} // namespace

std::optional<std::uint64_t> zeroedDataEnd(const std::string& path, const MemoryRegion& region,
                                           const std::string& root) {
    // Not waited for, should a pipe have taken the name.
    const FileDescriptor file(
        ::open((root + path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat there {};
    if (!file.isOpen() || ::fstat(file.get(), &there) != 0 || !S_ISREG(there.st_mode) ||
        there.st_ino != region.inode) {
        return std::nullopt;
    }
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::vector<Elf64_Phdr> segments = segmentsOf(file.get());
    for (const Elf64_Phdr& segment : segments) {
        const std::uint64_t from = segment.p_offset / page * page;
        // Its file part ends in this mapping, and the loader puts the rest behind it. A damaged
        // header's sums may wrap: the result is compared only.
        const std::uint64_t fileEnd = segment.p_offset + segment.p_filesz;
        const std::uint64_t mapped = region.offset + region.size();
        if (segment.p_type != PT_LOAD || segment.p_memsz <= segment.p_filesz ||
            region.offset < from || fileEnd <= region.offset || fileEnd > mapped) {
            continue;
        }
        const std::uint64_t end =
            region.start + (segment.p_offset - region.offset) + segment.p_memsz;
        return (end + page - 1) / page * page;
    }
    return segments.empty() ? std::nullopt : std::optional(region.end);
}

} // namespace ringscope
