// SPDX-License-Identifier: MIT
#include "core/heap/leak_scan.h"

#include <algorithm>
#include <cassert>

namespace ringscope {

namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

// Finds the block that an address belongs to. Most words are no addresses of blocks, so that is
// found out first: blocks lie in a few areas, and each area knows the first block of each page.
class BlockIndex {
public:
    explicit BlockIndex(std::span<const LeakBlock> blocks)
        : m_blocks(blocks) {
        for (std::uint32_t i = 0; i < blocks.size(); ++i) {
            addBlock(i);
        }
    }

    // kNone: it is in no block.
    [[nodiscard]] std::uint32_t find(std::uint64_t address) const {
        if (m_areas.empty() || address < m_areas.front().begin || address >= m_areas.back().end) {
            return kNone;
        }
        const auto area =
            std::partition_point(m_areas.begin(), m_areas.end(),
                                 [address](const Area& each) { return each.end <= address; });
        if (address < area->begin) {
            return kNone;
        }
        const std::size_t page = area->firstPage + (address - area->begin) / kPage;
        // The last block that begins at or before the address is among those from here on.
        const auto first = m_blocks.begin() + m_firstOfPage[page];
        const auto stop = page + 1 < area->firstPage + area->pages
                              ? m_blocks.begin() + m_firstOfPage[page + 1] + 1
                              : m_blocks.begin() + area->blocksEnd;
        const auto behind =
            std::upper_bound(first, stop, address, [](std::uint64_t at, const LeakBlock& block) {
                return at < block.address;
            });
        if (behind == first) {
            return kNone;
        }
        const LeakBlock& block = *(behind - 1);
        return address - block.address < std::max<std::uint64_t>(block.bytes, 1)
                   ? static_cast<std::uint32_t>(behind - 1 - m_blocks.begin())
                   : kNone;
    }

private:
    static constexpr std::uint64_t kPage = 4096;
    static constexpr std::uint64_t kGap = 16 * kPage; // that much without blocks parts areas

    struct Area {
        std::uint64_t begin;
        std::uint64_t end;
        std::size_t firstPage; // in m_firstOfPage
        std::size_t pages;
        std::uint32_t blocksEnd;
    };

    void addBlock(std::uint32_t number) {
        const LeakBlock& block = m_blocks[number];
        const std::uint64_t end = block.address + std::max<std::uint64_t>(block.bytes, 1);
        const std::uint64_t begin = block.address & ~(kPage - 1);
        if (m_areas.empty() || begin >= m_areas.back().end + kGap) {
            m_areas.push_back({begin, begin, m_firstOfPage.size(), 0, number});
        }
        Area& area = m_areas.back();
        area.end = std::max(area.end, end);
        area.blocksEnd = number + 1;
        const std::size_t pages = (area.end - area.begin + kPage - 1) / kPage;
        // Of a page on which no block begins the one before it is the first. That of the page on
        // which this one begins stays: it may reach into it.
        const std::size_t own = (block.address - area.begin) / kPage;
        while (area.pages < pages) {
            const bool isBefore = area.pages <= own && number > 0 && area.pages > 0;
            m_firstOfPage.push_back(isBefore ? number - 1 : number);
            ++area.pages;
        }
    }

    std::span<const LeakBlock> m_blocks;
    std::vector<Area> m_areas;
    std::vector<std::uint32_t> m_firstOfPage;
};

class LeakScan {
public:
    LeakScan(std::span<const LeakBlock> blocks, const LeakRoots& roots, const MemoryImage& image)
        : m_blocks(blocks)
        , m_roots(roots)
        , m_image(image)
        , m_index(blocks)
        , m_verdicts(blocks.size()) {}

    std::vector<LeakVerdict> run() {
        markReachable();
        markPossible();
        readLostEdges();
        findHeads();
        chargeHeads();
        return std::move(m_verdicts);
    }

private:
    [[nodiscard]] bool isLost(std::uint32_t block) const {
        return m_verdicts[block].kind == LeakKind::definite;
    }

    // Calls each(number) for the block that a word points to.
    template <typename Each>
    void visitTargets(std::uint32_t block, Each each) const {
        const LeakBlock& from = m_blocks[block];
        m_image.visit(from.address, from.address + from.bytes, [&](std::uint64_t word) {
            const std::uint32_t to = m_index.find(word);
            if (to != kNone) {
                each(to, word);
            }
        });
    }

    [[nodiscard]] bool isVtable(std::uint64_t word) const {
        const auto at =
            std::partition_point(m_roots.vtables.begin(), m_roots.vtables.end(),
                                 [word](const MemoryRange& range) { return range.end <= word; });
        return word % 8 == 0 && at != m_roots.vtables.end() && at->begin <= word;
    }

    // Whether this interior-pointer is what the program keeps of the block.
    [[nodiscard]] bool isWholePointer(const LeakBlock& block, std::uint64_t word) const {
        const std::uint64_t offset = word - block.address;
        if (offset % 8 != 0) {
            return false;
        }
        const std::uint64_t first = m_image.wordAt(block.address);
        if (offset == 8) {
            const std::uint64_t rest = block.bytes - 8;
            if (first == rest || (first != 0 && first <= rest && rest % first == 0)) {
                return true;
            }
        }
        if (offset == 24) { // length, capacity, users less one (32 bits)
            const std::uint64_t capacity = m_image.wordAt(block.address + 8);
            const auto users = static_cast<std::int32_t>(m_image.wordAt(block.address + 16));
            if (first <= capacity && block.bytes == 24 + capacity + 1 && users >= -1) {
                return true;
            }
        }
        return isVtable(first) && offset + 8 <= block.bytes && isVtable(m_image.wordAt(word));
    }

    void reach(std::uint32_t block, std::uint64_t word) {
        if (m_verdicts[block].kind == LeakKind::reachable) {
            return;
        }
        if (word != m_blocks[block].address && !isWholePointer(m_blocks[block], word)) {
            m_interior.push_back(block);
        } else {
            m_verdicts[block].kind = LeakKind::reachable;
            m_pending.push_back(block);
        }
    }

    void reachFromRoot(std::uint64_t word, bool isOfAllocator) {
        const std::uint32_t block = m_index.find(word);
        if (block == kNone) {
            return;
        }
        const LeakBlock& found = m_blocks[block];
        const bool isChunkBehind = isOfAllocator && word % 16 == 0 && word > found.address &&
                                   found.address + found.bytes - word <= 8;
        if (!isChunkBehind) {
            reach(block, word);
        }
    }

    void markReachable() {
        for (const MemoryRange& range : m_roots.memory) {
            m_image.visit(range.begin, range.end,
                          [this](std::uint64_t word) { reachFromRoot(word, false); });
        }
        for (const MemoryRange& range : m_roots.allocatorMemory) {
            m_image.visit(range.begin, range.end,
                          [this](std::uint64_t word) { reachFromRoot(word, true); });
        }
        for (const std::uint64_t word : m_roots.words) {
            reachFromRoot(word, false);
        }
        while (!m_pending.empty()) {
            const std::uint32_t block = m_pending.back();
            m_pending.pop_back();
            visitTargets(block, [this](std::uint32_t to, std::uint64_t word) { reach(to, word); });
        }
    }

    void markPossible() {
        const auto mark = [this](std::uint32_t block) {
            if (isLost(block)) {
                m_verdicts[block].kind = LeakKind::possible;
                m_pending.push_back(block);
            }
        };
        for (const std::uint32_t block : m_interior) {
            mark(block);
        }
        while (!m_pending.empty()) {
            const std::uint32_t block = m_pending.back();
            m_pending.pop_back();
            visitTargets(block, [&mark](std::uint32_t to, std::uint64_t /*word*/) { mark(to); });
        }
    }

    // Of the lost blocks, to lost blocks: edges [m_firstEdge[i], m_firstEdge[i + 1]) of m_lost[i].
    void readLostEdges() {
        m_lostNumber.assign(m_blocks.size(), kNone);
        for (std::uint32_t block = 0; block < m_blocks.size(); ++block) {
            if (isLost(block)) {
                m_lostNumber[block] = static_cast<std::uint32_t>(m_lost.size());
                m_lost.push_back(block);
            }
        }
        m_firstEdge.reserve(m_lost.size() + 1);
        for (const std::uint32_t block : m_lost) {
            m_firstEdge.push_back(m_edges.size());
            visitTargets(block, [this, block](std::uint32_t to, std::uint64_t /*word*/) {
                const bool isKnown =
                    m_edges.size() > m_firstEdge.back() && m_edges.back() == m_lostNumber[to];
                if (isLost(to) && to != block && !isKnown) {
                    m_edges.push_back(m_lostNumber[to]);
                }
            });
        }
        m_firstEdge.push_back(m_edges.size());
    }

    // Strongly connected components of the lost blocks, by Tarjan's algorithm with a stack of its
    // own: lists of a million blocks are usual.
    void findHeads() {
        const std::size_t count = m_lost.size();
        m_component.assign(count, kNone);
        std::vector<std::uint32_t> order(count, kNone);
        std::vector<std::uint32_t> low(count, 0);
        std::vector<std::size_t> nextEdge(m_firstEdge.begin(), m_firstEdge.end());
        std::vector<std::uint32_t> path;
        std::vector<std::uint32_t> open;
        std::uint32_t visited = 0;
        for (std::uint32_t start = 0; start < count; ++start) {
            if (order[start] != kNone) {
                continue;
            }
            path.push_back(start);
            while (!path.empty()) {
                const std::uint32_t at = path.back();
                if (order[at] == kNone) {
                    order[at] = low[at] = visited++;
                    open.push_back(at);
                }
                if (nextEdge[at] < m_firstEdge[at + 1]) {
                    const std::uint32_t to = m_edges[nextEdge[at]++];
                    if (order[to] == kNone) {
                        path.push_back(to);
                    } else if (m_component[to] == kNone) {
                        low[at] = std::min(low[at], order[to]);
                    }
                    continue;
                }
                path.pop_back();
                if (!path.empty()) {
                    low[path.back()] = std::min(low[path.back()], low[at]);
                }
                if (low[at] == order[at]) {
                    closeComponent(at, open);
                }
            }
        }
    }

    void closeComponent(std::uint32_t root, std::vector<std::uint32_t>& open) {
        std::uint32_t member = kNone;
        do {
            member = open.back();
            open.pop_back();
            m_component[member] = m_components;
        } while (member != root);
        ++m_components;
    }

    void chargeHeads() {
        std::vector<bool> isHeld(m_components, false);
        for (std::uint32_t from = 0; from < m_lost.size(); ++from) {
            for (std::size_t edge = m_firstEdge[from]; edge < m_firstEdge[from + 1]; ++edge) {
                const std::uint32_t to = m_component[m_edges[edge]];
                isHeld[to] = isHeld[to] || to != m_component[from];
            }
        }
        std::vector<bool> isCharged(m_lost.size(), false);
        for (std::uint32_t head = 0; head < m_lost.size(); ++head) { // by address
            if (isHeld[m_component[head]] || isCharged[head]) {
                continue;
            }
            isCharged[head] = true;
            m_verdicts[m_lost[head]].head = m_lost[head];
            m_pending.push_back(head);
            while (!m_pending.empty()) {
                const std::uint32_t from = m_pending.back();
                m_pending.pop_back();
                for (std::size_t edge = m_firstEdge[from]; edge < m_firstEdge[from + 1]; ++edge) {
                    const std::uint32_t to = m_edges[edge];
                    if (!isCharged[to]) {
                        isCharged[to] = true;
                        m_verdicts[m_lost[to]] = {LeakKind::indirect, m_lost[head]};
                        m_pending.push_back(to);
                    }
                }
            }
        }
    }

    std::span<const LeakBlock> m_blocks;
    const LeakRoots& m_roots;
    const MemoryImage& m_image;
    BlockIndex m_index;
    std::vector<LeakVerdict> m_verdicts; // definite: not reached so far
    std::vector<std::uint32_t> m_pending;
    std::vector<std::uint32_t> m_interior; // pointed into by something reachable
    std::vector<std::uint32_t> m_lost;
    std::vector<std::uint32_t> m_lostNumber; // by block: its place in m_lost
    std::vector<std::size_t> m_firstEdge;
    std::vector<std::uint32_t> m_edges;
    std::vector<std::uint32_t> m_component;
    std::uint32_t m_components = 0;
};

} // namespace

std::vector<LeakVerdict> judgeBlocks(std::span<const LeakBlock> blocks, const LeakRoots& roots,
                                     const MemoryImage& image) {
    assert(blocks.size() < kNone);
    return LeakScan(blocks, roots, image).run();
}

} // namespace ringscope
