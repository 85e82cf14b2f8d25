// SPDX-License-Identifier: MIT
#include "core/heap/leak_search.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <unordered_map>
#include <utility>

#include "core/base/clock.h"
#include "core/base/thread.h"
#include "core/heap/leak_roots.h"
#include "core/heap/ledger_layout.h"
#include "core/heap/process_memory.h"
#include "core/heap/stopped_process.h"

namespace ringscope {

namespace {

// Memory that is there before it is asked for: what is copied into it while a process stands still
// must not wait for pages.
class CopyBuffer {
public:
    // Errors (failed): there is not so much.
    [[nodiscard]] Expected<void> reserve(std::uint64_t bytes) {
        if (bytes <= m_bytes) {
            return {};
        }
        release();
        void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (at == MAP_FAILED) {
            return systemError(ErrorKind::failed,
                               "no memory for a copy of " + std::to_string(bytes >> 20U) +
                                   " MiB of the process's",
                               errno);
        }
        m_at = at;
        m_bytes = bytes;
        return {};
    }
    CopyBuffer() = default;
    CopyBuffer(const CopyBuffer&) = delete;
    CopyBuffer& operator=(const CopyBuffer&) = delete;
    ~CopyBuffer() { release(); }

    [[nodiscard]] std::byte* begin() const { return static_cast<std::byte*>(m_at); }

private:
    void release() {
        if (m_at != nullptr) {
            ::munmap(m_at, m_bytes);
        }
        m_at = nullptr;
        m_bytes = 0;
    }
    void* m_at = nullptr;
    std::uint64_t m_bytes = 0;
};

// A process as it was at one instant, as far as a scan needs it.
struct Capture {
    std::vector<LiveBlock> live;
    ScanBlocks blocks;
    LeakRoots roots;
    MemoryImage image;
    std::int64_t timeNs = 0;
    std::int64_t stoppedNs = 0;
    std::uint32_t threads = 0;
    std::uint64_t copiedBytes = 0;
    std::uint64_t swappedBytes = 0;
};

class Capturer {
public:
    Capturer(const ProcessMemory& memory, const ProfileReader& profile, bool isWholeHeapKnown)
        : m_memory(memory)
        , m_profile(profile)
        , m_isWholeHeapKnown(isWholeHeapKnown) {}

    Expected<Capture> run() {
        // What it will need is found out while the process goes on, and then once more.
        Capture estimate;
        const auto expected = pagesToCopy(estimate, {});
        if (!expected) {
            return expected.error();
        }
        const std::uint64_t bytes = bytesOf(expected->ranges);
        if (const auto reserved = m_buffer.reserve(bytes + bytes / 8 + (1U << 20U)); !reserved) {
            return reserved.error();
        }
        Capture capture;
        const std::int64_t startNs = monotonicNs();
        auto stopped = StoppedProcess::stop(m_memory.process());
        if (!stopped) {
            return stopped.error();
        }
        const auto pages = pagesToCopy(capture, stopped->threads());
        if (!pages) {
            return pages.error();
        }
        capture.copiedBytes = bytesOf(pages->ranges);
        capture.swappedBytes = pages->swappedBytes;
        if (const auto reserved = m_buffer.reserve(capture.copiedBytes); !reserved) {
            return reserved.error();
        }
        if (const auto copied = m_memory.copy(pages->ranges, m_buffer.begin()); !copied) {
            return copied.error();
        }
        const std::vector<StoppedProcess::Thread> threads = stopped->threads();
        stopped->resume();
        capture.timeNs = monotonicNs();
        capture.stoppedNs = capture.timeNs - startNs;
        capture.threads = static_cast<std::uint32_t>(threads.size());
        describeImage(capture, pages->ranges);
        const auto words = threadStorageWords(threads, capture.image);
        capture.roots.words.insert(capture.roots.words.end(), words.begin(), words.end());
        return capture;
    }

private:
    // Reads the live blocks and tells the roots into capture.
    Expected<ProcessMemory::Pages> pagesToCopy(Capture& capture,
                                               const std::vector<StoppedProcess::Thread>& threads) {
        const auto mappings = m_memory.mappings();
        if (!mappings) {
            return mappings.error();
        }
        auto live = m_profile.readBlocks();
        if (!live) {
            return live.error();
        }
        const auto own = m_profile.ownMemory();
        if (!own) {
            return own.error();
        }
        capture.live = std::move(*live);
        capture.blocks = scanBlocks(capture.live, *mappings);
        RootsQuestion question;
        question.mappings = &*mappings;
        question.threads = &threads;
        question.blocks = &capture.blocks.blocks;
        question.own = *own;
        question.isWholeHeapKnown = m_isWholeHeapKnown;
        question.peek = [this](std::uint64_t address, std::size_t count) {
            return peek(address, count);
        };
        capture.roots = leakRoots(question);
        return m_memory.pagesOf(wantedPages(capture, *mappings));
    }

    static MemoryRanges wantedPages(const Capture& capture,
                                    const std::vector<ProcessMapping>& mappings) {
        constexpr std::uint64_t kPage = 4096;
        MemoryRanges wanted = capture.roots.memory;
        wanted.insert(wanted.end(), capture.roots.allocatorMemory.begin(),
                      capture.roots.allocatorMemory.end());
        for (const LeakBlock& block : capture.blocks.blocks) {
            wanted.push_back({block.address, block.address + block.bytes});
        }
        for (MemoryRange& range : wanted) {
            range = {range.begin & ~(kPage - 1), (range.end + kPage - 1) & ~(kPage - 1)};
        }
        MemoryRanges readable;
        for (const ProcessMapping& mapping : mappings) {
            // What a block's address says may be anything: a device's memory is never read.
            if (mapping.isReadable && !mapping.isShared) {
                readable.push_back(mapping.range);
            }
        }
        return common(joined(std::move(wanted)), joined(std::move(readable)));
    }

    std::vector<std::uint64_t> peek(std::uint64_t address, std::size_t count) const {
        const MemoryRange range{address, address + count * 8};
        const auto pages = m_memory.pagesOf({range});
        std::vector<std::uint64_t> words(count);
        if (!pages || bytesOf(common(pages->ranges, {range})) != range.bytes() ||
            !m_memory.copy({range}, reinterpret_cast<std::byte*>(words.data()))) {
            words.clear();
        }
        return words;
    }

    void describeImage(Capture& capture, const MemoryRanges& ranges) const {
        std::uint64_t at = 0;
        for (const MemoryRange& range : ranges) {
            capture.image.add(range.begin,
                              reinterpret_cast<const std::uint64_t*>(m_buffer.begin() + at),
                              range.bytes() / 8);
            at += range.bytes();
        }
    }

    const ProcessMemory& m_memory;
    const ProfileReader& m_profile;
    bool m_isWholeHeapKnown;
    CopyBuffer m_buffer; // the images of captures lie in it
};

bool isLost(LeakKind kind) {
    return kind != LeakKind::reachable;
}

// Blocks that an earlier scan has found lost, or possibly lost.
using Suspects = std::unordered_map<std::uint64_t, LeakKind>;

Suspects suspectsOf(const Capture& capture, const std::vector<LeakVerdict>& verdicts) {
    Suspects suspects;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (isLost(verdicts[i].kind)) {
            suspects.emplace(capture.blocks.blocks[i].address, verdicts[i].kind);
        }
    }
    return suspects;
}

// What was within reach before is so now, whatever this scan has found; what is new may be about to
// be put somewhere.
void confirm(std::vector<LeakVerdict>& verdicts, const Capture& capture, const Suspects& suspects,
             std::int64_t suspectedNs) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        LeakVerdict& verdict = verdicts[i];
        if (!isLost(verdict.kind)) {
            continue;
        }
        const auto before = suspects.find(capture.blocks.blocks[i].address);
        if (before == suspects.end() ||
            capture.live[capture.blocks.origin[i]].timeNs > suspectedNs) {
            verdict.kind = LeakKind::reachable;
        } else if (before->second == LeakKind::possible) {
            verdict.kind = LeakKind::possible;
        }
    }
    for (LeakVerdict& verdict : verdicts) { // nothing hangs on a head that is none
        if (verdict.kind == LeakKind::indirect &&
            verdicts[verdict.head].kind != LeakKind::definite) {
            verdict.kind = verdicts[verdict.head].kind;
        }
    }
}

} // namespace

Expected<LeakReport> findLeaks(const LedgerReader& tracked, LeakMoment moment) {
    constexpr auto kBetween = std::chrono::milliseconds(50);
    if (tracked.profile() == nullptr) {
        return makeError(ErrorKind::usage,
                         "the blocks of process " + std::to_string(tracked.process().pid) +
                             " are not recorded: start it with ringscope-cli record --heap exact "
                             "-- COMMAND");
    }
    const auto memory = ProcessMemory::open(tracked.process());
    if (!memory) {
        return memory.error();
    }
    LeakReport report;
    report.moment = moment;
    report.isWholeHeapKnown = tracked.origin() == LedgerOrigin::started &&
                              tracked.profile()->hasAllSince(tracked.startedNs());
    Capturer capturer(*memory, *tracked.profile(), report.isWholeHeapKnown);
    Suspects suspects;
    for (;;) {
        auto capture = capturer.run();
        if (!capture) {
            return capture.error();
        }
        auto verdicts = judgeBlocks(capture->blocks.blocks, capture->roots, capture->image);
        ++report.stops;
        report.stoppedNs = std::max(report.stoppedNs, capture->stoppedNs);
        const bool isFirst = report.stops == 1;
        if (isFirst) {
            suspects = suspectsOf(*capture, verdicts);
        } else {
            confirm(verdicts, *capture, suspects, report.timeNs);
        }
        report.timeNs = capture->timeNs;
        if (isFirst && moment == LeakMoment::onDemand && !suspects.empty()) {
            std::this_thread::sleep_for(kBetween);
            continue;
        }
        report.threads = capture->threads;
        report.copiedBytes = capture->copiedBytes;
        report.swappedBytes = capture->swappedBytes;
        groupLeaks(report, capture->live, capture->blocks.origin, verdicts);
        return report;
    }
}

} // namespace ringscope
