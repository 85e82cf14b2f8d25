// SPDX-License-Identifier: MIT
#include "core/heap/leak_roots.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ringscope {

namespace {

constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kRedZone = 128;                   // System V ABI, x86-64
constexpr std::uint64_t kArenaHeapBytes = 64U << 20U;     // glibc's HEAP_MAX_SIZE
constexpr std::uint64_t kControlBlock = 4096;             // glibc's struct pthread is smaller
constexpr std::uint64_t kStaticStorage = 16 * kPageBytes; // before it; mostly far less

std::string_view fileName(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool isLibc(const ProcessMapping& mapping) {
    const std::string_view name = fileName(mapping.name);
    return name.substr(0, 7) == "libc.so" ||
           (name.substr(0, 5) == "libc-" && name.find(".so") != std::string_view::npos);
}

bool isWritablePrivate(const ProcessMapping& mapping) {
    return mapping.isReadable && mapping.isWritable && !mapping.isShared;
}

class RootFinder {
public:
    explicit RootFinder(const RootsQuestion& question)
        : m_question(question)
        , m_mappings(*question.mappings) {}

    LeakRoots run() {
        for (std::size_t i = 0; i < m_mappings.size(); ++i) {
            if (isWritablePrivate(m_mappings[i])) {
                addMapping(i);
            }
        }
        MemoryRanges blocks;
        for (const LeakBlock& block : *m_question.blocks) {
            blocks.push_back({block.address, block.address + block.bytes});
        }
        m_own = m_question.own.mapped;
        MemoryRanges threads;
        for (const StoppedProcess::Thread& thread : *m_question.threads) {
            addThread(thread, threads);
        }
        LeakRoots roots;
        // What a thread has is a root wherever it lies.
        const MemoryRanges writable = joined(m_writable);
        const MemoryRanges all = joined(together(without(writable, joined(m_excluded)),
                                                 common(joined(std::move(threads)), writable)));
        roots.memory = without(without(all, joined(blocks)), joined(m_own));
        roots.allocatorMemory = common(roots.memory, joined(m_allocator));
        roots.memory = without(roots.memory, roots.allocatorMemory);
        roots.vtables = joined(std::move(m_vtables));
        return roots;
    }

private:
    static MemoryRanges together(MemoryRanges a, const MemoryRanges& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    }

    void addMapping(std::size_t number) {
        const ProcessMapping& mapping = m_mappings[number];
        m_writable.push_back(mapping.range);
        // What follows a file's data without a name is its zero-initialised data.
        const bool isTail = number > 0 && mapping.name.empty() &&
                            m_mappings[number - 1].range.end == mapping.range.begin;
        const ProcessMapping& owner = isTail ? m_mappings[number - 1] : mapping;
        if (isLibc(owner)) {
            m_allocator.push_back(mapping.range);
        }
        if (m_question.isWholeHeapKnown) {
            if (mapping.name == "[heap]") {
                m_excluded.push_back(mapping.range);
            } else if (mapping.name.empty()) {
                addArenaHeaps(mapping.range);
            }
        }
        addUnusedStack(number);
        // What the loader has written and then made read-only lies in front of what stays writable.
        if (number > 0 && !mapping.name.empty()) {
            const ProcessMapping& before = m_mappings[number - 1];
            if (before.name == mapping.name && before.range.end == mapping.range.begin &&
                before.isReadable && !before.isWritable) {
                m_vtables.push_back(before.range);
            }
        }
    }

    // An arena's heap: heap_info {arena, previous heap, bytes, accessible bytes, ...}. Of the first
    // heap of an arena the arena is behind it.
    void addArenaHeaps(const MemoryRange& range) {
        for (std::uint64_t at = (range.begin + kArenaHeapBytes - 1) & ~(kArenaHeapBytes - 1);
             at + kPageBytes <= range.end; at += kArenaHeapBytes) {
            const auto words = m_question.peek(at, 4);
            if (words.size() < 4) {
                continue;
            }
            const auto [arena, before, bytes, accessible] =
                std::array{words[0], words[1], words[2], words[3]};
            const bool isFirst = before == 0 && arena > at && arena - at < 128;
            const bool isLater =
                before != 0 && before % kArenaHeapBytes == 0 && arena % kArenaHeapBytes < 128;
            if ((isFirst || isLater) && bytes % kPageBytes == 0 && bytes <= accessible &&
                bytes >= kPageBytes && accessible <= kArenaHeapBytes) {
                m_excluded.push_back({at, std::min(at + accessible, range.end)});
            }
        }
    }

    // Below the stack pointer that is furthest down. Only where the mapping is a stack's alone from
    // its beginning: elsewhere (a stack that the program made for itself) more lies there.
    void addUnusedStack(std::size_t number) {
        const ProcessMapping& mapping = m_mappings[number];
        const bool hasGuard = number > 0 && !m_mappings[number - 1].isReadable &&
                              !m_mappings[number - 1].isWritable &&
                              m_mappings[number - 1].range.end == mapping.range.begin;
        if (mapping.name != "[stack]" && !(hasGuard && mapping.name.empty())) {
            return;
        }
        std::uint64_t lowest = mapping.range.end;
        for (const StoppedProcess::Thread& thread : *m_question.threads) {
            if (thread.stackPointer >= mapping.range.begin && thread.stackPointer < lowest) {
                lowest = thread.stackPointer;
            }
        }
        if (lowest != mapping.range.end && lowest - mapping.range.begin > kRedZone) {
            m_excluded.push_back({mapping.range.begin, lowest - kRedZone});
        }
    }

    void addThread(const StoppedProcess::Thread& thread, MemoryRanges& ranges) {
        const std::uint64_t control = thread.threadPointer;
        const auto at = [control](std::int64_t offset) {
            return control + static_cast<std::uint64_t>(offset);
        };
        m_own.push_back({at(m_question.own.threadBegin), at(m_question.own.threadEnd)});
        // Elsewhere it is a root as it is: above a thread's stack, or in a mapping of the loader's.
        const ProcessMapping* const mapping = mappingAt(m_mappings, control);
        if (mapping != nullptr && mapping->name == "[heap]" && control > kStaticStorage) {
            ranges.push_back({control - kStaticStorage, control + kControlBlock});
        }
    }

    const RootsQuestion& m_question;
    const std::vector<ProcessMapping>& m_mappings;
    MemoryRanges m_writable;
    MemoryRanges m_excluded;
    MemoryRanges m_own;
    MemoryRanges m_allocator;
    MemoryRanges m_vtables;
};

} // namespace

ScanBlocks scanBlocks(const std::vector<LiveBlock>& blocks,
                      const std::vector<ProcessMapping>& mappings) {
    std::vector<std::uint32_t> order(blocks.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    const auto isBefore = [&blocks](std::uint32_t a, std::uint32_t b) {
        return blocks[a].address < blocks[b].address;
    };
    if (!std::is_sorted(order.begin(), order.end(), isBefore)) {
        std::stable_sort(order.begin(), order.end(), isBefore);
    }
    ScanBlocks result;
    result.blocks.reserve(blocks.size());
    result.origin.reserve(blocks.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const LiveBlock& block = blocks[order[i]];
        std::uint64_t bytes = block.bytes;
        if (bytes == kHugeBlock) {
            const ProcessMapping* const mapping = mappingAt(mappings, block.address);
            bytes = mapping != nullptr ? mapping->range.end - block.address : 0;
        }
        if (i + 1 < order.size()) {
            const std::uint64_t next = blocks[order[i + 1]].address;
            if (next == block.address) {
                continue;
            }
            bytes = std::min(bytes, next - block.address);
        }
        result.blocks.push_back({block.address, bytes});
        result.origin.push_back(order[i]);
    }
    return result;
}

LeakRoots leakRoots(const RootsQuestion& question) {
    LeakRoots roots = RootFinder(question).run();
    const std::vector<LeakBlock>& blocks = *question.blocks;
    for (const StoppedProcess::Thread& thread : *question.threads) {
        roots.words.insert(roots.words.end(), thread.words.begin(), thread.words.end());
        // A stack that the program has allocated is in use.
        const auto behind =
            std::partition_point(blocks.begin(), blocks.end(), [&](const LeakBlock& block) {
                return block.address <= thread.stackPointer;
            });
        if (behind != blocks.begin() &&
            thread.stackPointer - (behind - 1)->address < (behind - 1)->bytes) {
            roots.words.push_back((behind - 1)->address);
        }
    }
    return roots;
}

std::vector<std::uint64_t> threadStorageWords(const std::vector<StoppedProcess::Thread>& threads,
                                              const MemoryImage& image) {
    // dtv_t is {pointer, what to free}; the control block's second word points to the second dtv_t,
    // the one before which has the number of those behind it.
    constexpr std::uint64_t kEntry = 16;
    constexpr std::uint64_t kMostEntries = 4096;
    std::vector<std::uint64_t> words;
    for (const StoppedProcess::Thread& thread : threads) {
        const std::uint64_t vector = image.wordAt((thread.threadPointer + 8) & ~std::uint64_t{7});
        if (vector < kEntry || vector % kEntry != 0) {
            continue;
        }
        words.push_back(vector - kEntry);
        const std::uint64_t count = std::min(image.wordAt(vector - kEntry), kMostEntries);
        image.visit(vector + kEntry, vector + kEntry * (count + 1),
                    [&words](std::uint64_t word) { words.push_back(word); });
    }
    return words;
}

} // namespace ringscope
