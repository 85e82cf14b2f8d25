// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/heap/profile_layout.h"

namespace ringscope::tracker {

// Gives each distinct call stack a small number, for all threads and without a lock. In memory of
// the profile: stacks as a trie of return addresses, outermost first.
class StackTable {
public:
    // Where the parts of a profile are mapped.
    void use(unsigned char* profile) noexcept;

    // addresses: innermost first. thread: of this thread alone. 0 when there is no room for more.
    [[nodiscard]] std::uint32_t intern(const std::uintptr_t* addresses, std::uint32_t frames,
                                       StackEnd end, ProfileThread& thread) noexcept;

    // From now on no stack is taken for one of before, though the addresses are the same: other
    // code lies there. At most kMostRoots times; further calls change nothing.
    void startAnew() noexcept;

private:
    static constexpr std::uint32_t kMostRoots = 64;

    [[nodiscard]] std::uint32_t add(const std::uintptr_t* addresses, std::uint32_t frames,
                                    StackEnd end, std::uint32_t root,
                                    ProfileThread& thread) noexcept;
    [[nodiscard]] std::uint32_t childOf(std::uint32_t parent, std::uint64_t address) noexcept;

    ProfileHeader* m_header = nullptr;
    StackNode* m_nodes = nullptr;
    std::atomic<std::uint32_t>* m_nodeTable = nullptr;
    ProfileStack* m_stacks = nullptr;
    std::atomic<std::uint64_t>* m_stackTable = nullptr;
    std::atomic<std::uint32_t> m_root{0};
    std::atomic<std::uint32_t> m_roots{0};
};

// Tables grow by levels, each twice as large as the one before, so that few pages are touched while
// there are few entries: level n has 2^(kFirstLevelBits + n), behind those before it.
constexpr unsigned kFirstLevelBits = 11;
constexpr std::size_t levelBegin(unsigned level) noexcept {
    return (std::size_t{1} << (kFirstLevelBits + level)) - (std::size_t{1} << kFirstLevelBits);
}
constexpr std::size_t levelSize(unsigned level) noexcept {
    return std::size_t{1} << (kFirstLevelBits + level);
}

} // namespace ringscope::tracker
