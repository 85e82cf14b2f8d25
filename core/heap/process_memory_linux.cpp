// SPDX-License-Identifier: MIT
#include "core/heap/process_memory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace ringscope {

namespace {

constexpr std::uint64_t kPageBytes = 4096; // x86-64
constexpr std::uint64_t kIsPresent = std::uint64_t{1} << 63U;
constexpr std::uint64_t kIsSwapped = std::uint64_t{1} << 62U;

std::string nameOf(std::int32_t pid) {
    return "process " + std::to_string(pid);
}

Error ended(std::int32_t pid) {
    return makeError(ErrorKind::target, nameOf(pid) + " ended while its memory was read");
}

Error readError(std::int32_t pid, int errnoValue) {
    if (errnoValue == ESRCH || errnoValue == ENOENT) {
        return ended(pid);
    }
    if (errnoValue == EPERM || errnoValue == EACCES) {
        return makeError(ErrorKind::target,
                         "the memory of " + nameOf(pid) + " may not be read" + howToAllowReading());
    }
    return systemError(ErrorKind::target, "cannot read the memory of " + nameOf(pid), errnoValue);
}

// Remote parts for one system call, and where in the local buffer they go.
class ReadBatch {
public:
    explicit ReadBatch(std::int32_t pid)
        : m_pid(pid) {}

    // 0, or an errno. Parts behind one that cannot be read are tried by themselves.
    int add(std::uint64_t begin, std::uint64_t bytes, std::byte* to) {
        m_remote[m_count] = {reinterpret_cast<void*>(begin), bytes}; // NOLINT: not ours
        m_local[m_count] = {to, bytes};
        m_bytes += bytes;
        ++m_count;
        return m_count == m_remote.size() || m_bytes >= kMostBytes ? flush() : 0;
    }

    int flush() {
        std::size_t first = 0;
        while (first < m_count) {
            ssize_t got = ::process_vm_readv(m_pid, &m_local[first], m_count - first,
                                             &m_remote[first], m_count - first, 0);
            if (got < 0 && errno != EFAULT) {
                return errno;
            }
            // Reads up to the first page that is not there: that one is left out.
            got = std::max<ssize_t>(got, 0);
            while (first < m_count && static_cast<std::size_t>(got) >= m_remote[first].iov_len) {
                got -= static_cast<ssize_t>(m_remote[first].iov_len);
                ++first;
            }
            if (first < m_count) {
                const std::size_t skipped = std::min<std::size_t>(
                    (static_cast<std::size_t>(got) + kPageBytes) & ~(kPageBytes - 1),
                    m_remote[first].iov_len);
                shift(m_remote[first], skipped);
                shift(m_local[first], skipped);
                first += m_remote[first].iov_len == 0 ? 1U : 0U;
            }
        }
        m_count = 0;
        m_bytes = 0;
        return 0;
    }

private:
    static constexpr std::uint64_t kMostBytes = 32U << 20U;

    static void shift(iovec& part, std::size_t bytes) {
        part.iov_base = static_cast<char*>(part.iov_base) + bytes;
        part.iov_len -= bytes;
    }

    std::int32_t m_pid;
    std::array<iovec, 512> m_remote{};
    std::array<iovec, 512> m_local{};
    std::size_t m_count = 0;
    std::uint64_t m_bytes = 0;
};

std::string fileOf(std::int32_t pid, const char* name) {
    return "/proc/" + std::to_string(pid) + "/" + name;
}

} // namespace

std::string howToAllowReading() {
    std::string scope;
    if (const auto text = readFile("/proc/sys/kernel/yama/ptrace_scope", 16);
        text && !text->empty() && text->front() != '0') {
        scope = ", or set kernel.yama.ptrace_scope to 0 (it is " + text->substr(0, 1) +
                ": sysctl kernel.yama.ptrace_scope=0)";
    }
    return ": run ringscope-cli as the user of that process or as root" + scope;
}

Expected<ProcessMemory> ProcessMemory::open(const ProcessIdentity& process) {
    const auto found = processOf(process.pid);
    if (!found) {
        return makeError(ErrorKind::target, "there is no " + nameOf(process.pid));
    }
    if (process.startTicks != 0 && process.startTicks != found->startTicks) {
        return makeError(ErrorKind::target, nameOf(process.pid) + " has ended");
    }
    ProcessMemory memory;
    memory.m_process = *found;
    memory.m_maps.reset(::open(fileOf(process.pid, "maps").c_str(), O_RDONLY | O_CLOEXEC));
    memory.m_pagemap.reset(::open(fileOf(process.pid, "pagemap").c_str(), O_RDONLY | O_CLOEXEC));
    const int why = memory.m_maps.isOpen() && memory.m_pagemap.isOpen() ? 0 : errno;
    if (why != 0 && why != ESRCH && why != ENOENT) {
        return readError(process.pid, why);
    }
    const auto mappings = why == 0 ? memory.mappings() : std::vector<ProcessMapping>();
    if (mappings && mappings->empty()) {
        return makeError(ErrorKind::target,
                         nameOf(process.pid) +
                             " has no memory of its own: it is a kernel thread, or has ended");
    }
    if (!mappings) {
        return mappings.error();
    }
    return memory;
}

Expected<std::vector<ProcessMapping>> ProcessMemory::mappings() const {
    std::string text;
    std::size_t size = 0;
    for (;;) {
        text.resize(size + (64U << 10U));
        const ssize_t got =
            ::pread(m_maps.get(), text.data() + size, text.size() - size, static_cast<off_t>(size));
        if (got < 0) {
            return readError(m_process.pid, errno);
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return parseMappings(text);
}

Expected<ProcessMemory::Pages> ProcessMemory::pagesOf(const MemoryRanges& ranges) const {
    Pages pages;
    std::vector<std::uint64_t> entries(16U << 10U); // of 64 MiB
    for (const MemoryRange& range : ranges) {
        std::uint64_t at = range.begin & ~(kPageBytes - 1);
        while (at < range.end) {
            const std::uint64_t wanted = std::min<std::uint64_t>(
                (range.end - at + kPageBytes - 1) / kPageBytes, entries.size());
            const ssize_t got = ::pread(m_pagemap.get(), entries.data(), wanted * 8,
                                        static_cast<off_t>(at / kPageBytes * 8));
            if (got < 8) {
                return got < 0 ? readError(m_process.pid, errno) : ended(m_process.pid);
            }
            for (std::size_t i = 0; i < static_cast<std::size_t>(got) / 8; ++i) {
                if ((entries[i] & (kIsPresent | kIsSwapped)) != 0) {
                    if (pages.ranges.empty() || pages.ranges.back().end < at) {
                        pages.ranges.push_back({at, at + kPageBytes});
                    }
                    pages.ranges.back().end = at + kPageBytes;
                    pages.swappedBytes += (entries[i] & kIsSwapped) != 0 ? kPageBytes : 0;
                }
                at += kPageBytes;
            }
        }
    }
    return pages;
}

Expected<void> ProcessMemory::copy(const MemoryRanges& ranges, std::byte* to) const {
    constexpr std::uint64_t kMostAtOnce = 16U << 20U;
    ReadBatch batch(m_process.pid);
    for (const MemoryRange& range : ranges) {
        for (std::uint64_t at = range.begin; at < range.end;) {
            const std::uint64_t bytes = std::min(kMostAtOnce, range.end - at);
            if (const int error = batch.add(at, bytes, to); error != 0) {
                return readError(m_process.pid, error);
            }
            at += bytes;
            to += bytes;
        }
    }
    if (const int error = batch.flush(); error != 0) {
        return readError(m_process.pid, error);
    }
    return {};
}

} // namespace ringscope
