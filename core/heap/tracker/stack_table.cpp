// SPDX-License-Identifier: MIT
#include "core/heap/tracker/stack_table.h"

namespace ringscope::tracker {

namespace {

std::uint64_t mixed(std::uint64_t value) noexcept {
    value ^= value >> 32U;
    value *= 0x9e3779b97f4a7c15U;
    return value ^ value >> 29U;
}

// The highest level that a table with that many entries in it uses: each is filled to one half.
unsigned levelOf(std::uint32_t entries) noexcept {
    unsigned level = 0;
    while (levelBegin(level + 1) / 2 <= entries) {
        ++level;
    }
    return level;
}

// Looks where an entry is, from the newest level down. is: true for the one that is looked for.
template <typename Word, typename Is>
Word findIn(const std::atomic<Word>* table, unsigned newest, std::uint64_t hash, Is is) noexcept {
    for (unsigned level = newest + 1; level-- > 0;) {
        const std::size_t mask = levelSize(level) - 1;
        const std::atomic<Word>* const words = table + levelBegin(level);
        for (std::size_t at = hash & mask, tries = 0; tries <= mask;
             at = (at + 1) & mask, ++tries) {
            // Acquire: pairs with the release in putInto(), for what the entry is about.
            const Word word = words[at].load(std::memory_order_acquire);
            if (word == 0) {
                break;
            }
            if (is(word)) {
                return word;
            }
        }
    }
    return 0;
}

// Puts an entry into the newest level, or gives the one that another thread put there meanwhile.
template <typename Word, typename Is>
Word putInto(std::atomic<Word>* table, unsigned newest, std::uint64_t hash, Word entry,
             Is is) noexcept {
    const std::size_t mask = levelSize(newest) - 1;
    std::atomic<Word>* const words = table + levelBegin(newest);
    for (std::size_t at = hash & mask, tries = 0; tries <= mask; at = (at + 1) & mask, ++tries) {
        Word there = words[at].load(std::memory_order_acquire);
        if (there == 0 && words[at].compare_exchange_strong(there, entry, std::memory_order_release,
                                                            std::memory_order_acquire)) {
            return entry;
        }
        if (is(there)) {
            return there;
        }
    }
    return 0;
}

// The next unused number below the limit; 0 when there is none.
std::uint32_t takeNumber(std::atomic<std::uint32_t>& used, std::uint32_t limit) noexcept {
    std::uint32_t next = used.load(std::memory_order_relaxed);
    while (next < limit) {
        if (used.compare_exchange_weak(next, next + 1, std::memory_order_relaxed,
                                       std::memory_order_relaxed)) {
            return next;
        }
    }
    return 0;
}

// An entry of the stacks' table: 40 bits of the hash above the number of the stack. With those that
// say where it is, 51 and more tell two stacks apart: among 100,000 stacks, one chance in 10^5 that
// any two are taken for one.
constexpr unsigned kNumberBits = 24;
constexpr std::uint64_t tagOf(std::uint64_t hash) noexcept {
    return hash >> kNumberBits << kNumberBits;
}

} // namespace

void StackTable::use(unsigned char* profile) noexcept {
    m_header = reinterpret_cast<ProfileHeader*>(profile);
    m_nodes = reinterpret_cast<StackNode*>(profile + m_header->nodesAt);
    m_nodeTable = reinterpret_cast<std::atomic<std::uint32_t>*>(profile + m_header->nodeTableAt);
    m_stacks = reinterpret_cast<ProfileStack*>(profile + m_header->stacksAt);
    m_stackTable = reinterpret_cast<std::atomic<std::uint64_t>*>(profile + m_header->stackTableAt);
    m_root.store(0, std::memory_order_relaxed);
    m_roots.store(0, std::memory_order_relaxed);
}

void StackTable::startAnew() noexcept {
    if (m_roots.fetch_add(1, std::memory_order_relaxed) >= kMostRoots) {
        m_roots.store(kMostRoots, std::memory_order_relaxed);
        return;
    }
    const std::uint32_t root = takeNumber(m_header->nodesUsed, m_header->nodeCount);
    if (root != 0) { // its address and parent are 0
        m_root.store(root, std::memory_order_relaxed);
    }
}

std::uint32_t StackTable::intern(const std::uintptr_t* addresses, std::uint32_t frames,
                                 StackEnd end, ProfileThread& thread) noexcept {
    const std::uint32_t root = m_root.load(std::memory_order_relaxed);
    std::uint64_t hash = frames + std::uint64_t{root} * kMostFrames * 2;
    for (std::uint32_t i = 0; i < frames; ++i) {
        hash = (hash ^ addresses[i]) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 32U;
    }
    hash |= std::uint64_t{1} << 63U; // no entry is 0
    const auto isIt = [hash](std::uint64_t entry) { return tagOf(entry) == tagOf(hash); };
    const unsigned newest = levelOf(m_header->stacksUsed.load(std::memory_order_relaxed));
    constexpr std::uint64_t kNumber = (std::uint64_t{1} << kNumberBits) - 1;
    const std::uint64_t known = findIn(m_stackTable, newest, hash, isIt);
    if (known != 0) [[likely]] {
        return static_cast<std::uint32_t>(known & kNumber);
    }
    const std::uint32_t number = add(addresses, frames, end, root, thread);
    if (number == 0) {
        return 0;
    }
    const std::uint64_t entry = putInto(m_stackTable, newest, hash, tagOf(hash) | number, isIt);
    if (entry != (tagOf(hash) | number)) {
        // Another thread came first: this one's number stands for nothing.
        m_stacks[number].node.store(0, std::memory_order_relaxed);
    }
    return static_cast<std::uint32_t>(entry & kNumber);
}

std::uint32_t StackTable::add(const std::uintptr_t* addresses, std::uint32_t frames, StackEnd end,
                              std::uint32_t root, ProfileThread& thread) noexcept {
    StackPath& path = thread.path;
    std::uint32_t done = 0;
    if (thread.pathRoot != root) {
        thread.pathRoot = root;
        thread.pathFrames = 0;
    }
    while (done < frames && done < thread.pathFrames &&
           path.addresses[done] == addresses[frames - 1 - done]) {
        ++done;
    }
    std::uint32_t node = done != 0 ? path.nodes[done - 1] : root;
    for (thread.pathFrames = done; done < frames; thread.pathFrames = ++done) {
        const std::uint64_t address = addresses[frames - 1 - done];
        node = childOf(node, address);
        if (node == 0) {
            return 0;
        }
        path.addresses[done] = address;
        path.nodes[done] = node;
    }
    const std::uint32_t number = takeNumber(m_header->stacksUsed, m_header->stackCount);
    if (number != 0) {
        m_stacks[number].frames = frames;
        m_stacks[number].end = end;
        // Release: pairs with who reads the profile, for the nodes.
        m_stacks[number].node.store(node, std::memory_order_release);
    }
    return number;
}

std::uint32_t StackTable::childOf(std::uint32_t parent, std::uint64_t address) noexcept {
    const std::uint64_t hash = mixed(address * 31 + parent);
    const auto isIt = [this, parent, address](std::uint32_t number) {
        return m_nodes[number].address == address && m_nodes[number].parent == parent;
    };
    const unsigned newest = levelOf(m_header->nodesUsed.load(std::memory_order_relaxed));
    const std::uint32_t known = findIn(m_nodeTable, newest, hash, isIt);
    if (known != 0) {
        return known;
    }
    const std::uint32_t number = takeNumber(m_header->nodesUsed, m_header->nodeCount);
    if (number == 0) {
        return 0;
    }
    m_nodes[number] = {address, parent, 0};
    return putInto(m_nodeTable, newest, hash, number, isIt);
}

} // namespace ringscope::tracker
