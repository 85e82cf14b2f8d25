// SPDX-License-Identifier: MIT
#include "core/heap/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/heap/process_memory.h"

namespace ringscope {

namespace {

class FileBytes final : public ByteSource {
public:
    explicit FileBytes(FileDescriptor file)
        : m_file(std::move(file)) {}

    Amount read(void* to, std::size_t bytes, std::uint64_t offset) const override {
        Amount got;
        while (got.bytes < bytes) {
            const ssize_t n = ::pread(m_file.get(), static_cast<char*>(to) + got.bytes,
                                      bytes - got.bytes, static_cast<off_t>(offset + got.bytes));
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n <= 0) {
                got.errnoValue = n < 0 ? errno : 0;
                break;
            }
            got.bytes += static_cast<std::size_t>(n);
        }
        return got;
    }

    std::uint64_t size() const override {
        struct stat file {};
        return ::fstat(m_file.get(), &file) == 0 && file.st_size > 0
                   ? static_cast<std::uint64_t>(file.st_size)
                   : 0;
    }

    std::uint64_t residentBytes() const override {
        struct stat file {};
        return ::fstat(m_file.get(), &file) == 0 ? static_cast<std::uint64_t>(file.st_blocks) * 512
                                                 : 0;
    }

    Part nextWritten(std::uint64_t offset, std::uint64_t end) const override {
        const off_t data = ::lseek(m_file.get(), static_cast<off_t>(offset), SEEK_DATA);
        if (data < 0 || static_cast<std::uint64_t>(data) >= end) {
            return {end, end};
        }
        const off_t hole = ::lseek(m_file.get(), data, SEEK_HOLE);
        return {static_cast<std::uint64_t>(data),
                hole < 0 ? end : std::min(end, static_cast<std::uint64_t>(hole))};
    }

    bool write(const void* from, std::size_t bytes, std::uint64_t offset) override {
        return ::pwrite(m_file.get(), from, bytes, static_cast<off_t>(offset)) ==
               static_cast<ssize_t>(bytes);
    }

private:
    FileDescriptor m_file;
};

// A file as one process has it mapped.
class MappedBytes final : public ByteSource {
public:
    MappedBytes(ProcessMemory memory, const MemoryRange& range)
        : m_memory(std::move(memory))
        , m_range(range) {}

    Amount read(void* to, std::size_t bytes, std::uint64_t offset) const override {
        if (offset >= m_range.bytes()) {
            return {};
        }
        const MemoryRange wanted{m_range.begin + offset,
                                 m_range.begin + offset +
                                     std::min<std::uint64_t>(bytes, m_range.bytes() - offset)};
        std::memset(to, 0, bytes);
        const auto pages = m_memory.pagesOf({wanted});
        if (!pages) {
            return {0, ESRCH};
        }
        for (const MemoryRange& part : common(pages->ranges, {wanted})) {
            auto* const at = static_cast<std::byte*>(to) + (part.begin - wanted.begin);
            if (!m_memory.copy({part}, at)) {
                return {0, EPERM};
            }
        }
        return {static_cast<std::size_t>(wanted.bytes()), 0};
    }

    std::uint64_t size() const override { return m_range.bytes(); }

    std::uint64_t residentBytes() const override {
        const auto pages = m_memory.pagesOf({m_range});
        return pages ? bytesOf(pages->ranges) : 0;
    }

    Part nextWritten(std::uint64_t offset, std::uint64_t end) const override {
        constexpr std::uint64_t kAtOnce = 64U << 20U;
        end = std::min(end, m_range.bytes());
        for (std::uint64_t at = offset; at < end; at += kAtOnce) {
            const MemoryRange wanted{m_range.begin + at,
                                     m_range.begin + std::min(end, at + kAtOnce)};
            const auto pages = m_memory.pagesOf({wanted});
            if (pages && !pages->ranges.empty()) {
                const MemoryRange part = common(pages->ranges, {wanted}).front();
                return {part.begin - m_range.begin, part.end - m_range.begin};
            }
        }
        return {end, end};
    }

    bool write(const void* /*from*/, std::size_t /*bytes*/, std::uint64_t /*offset*/) override {
        return false;
    }

private:
    ProcessMemory m_memory;
    MemoryRange m_range;
};

std::string hexadecimal(std::uint64_t value) {
    char text[20];
    std::snprintf(text, sizeof(text), "%llx", static_cast<unsigned long long>(value));
    return text;
}

} // namespace

std::unique_ptr<ByteSource> fileBytes(FileDescriptor file) {
    return std::make_unique<FileBytes>(std::move(file));
}

namespace {

std::unique_ptr<ByteSource> bytesOf(const ProcessMapping& mapping, std::int32_t pid,
                                    Expected<ProcessMemory> memory, MappedFileBy by) {
    const std::string path = "/proc/" + std::to_string(pid) + "/map_files/" +
                             hexadecimal(mapping.range.begin) + "-" +
                             hexadecimal(mapping.range.end);
    FileDescriptor file;
    if (by != MappedFileBy::memory) {
        file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    }
    // Only a memfd can be read without waiting for whoever owns its file system.
    if (file.isOpen() && ::fcntl(file.get(), F_GET_SEALS) >= 0) {
        return fileBytes(std::move(file));
    }
    return memory ? std::make_unique<MappedBytes>(std::move(*memory), mapping.range) : nullptr;
}

} // namespace

Expected<std::unique_ptr<ByteSource>> mappedFile(const ProcessIdentity& process,
                                                 const std::string& name, MappedFileBy by) {
    const auto memory = ProcessMemory::open(process);
    if (!memory) {
        return memory.error();
    }
    const auto mappings = memory->mappings();
    if (!mappings) {
        return mappings.error();
    }
    std::unique_ptr<ByteSource> found;
    for (const ProcessMapping& each : *mappings) {
        if (each.fileOffset != 0 || !each.isShared ||
            each.name != "/memfd:" + name + " (deleted)") {
            continue;
        }
        auto bytes = bytesOf(each, process.pid, ProcessMemory::open(process), by);
        std::uint64_t first = 0;
        // A process that was attached to before keeps what it had then, emptied.
        if (bytes != nullptr && bytes->read(&first, sizeof(first), 0).bytes == sizeof(first) &&
            first != 0) {
            return bytes;
        }
        found = bytes != nullptr ? std::move(bytes) : std::move(found);
    }
    if (found == nullptr) {
        return makeError(ErrorKind::target,
                         "process " + std::to_string(process.pid) + " has no " + name + " mapped");
    }
    return found;
}

} // namespace ringscope
