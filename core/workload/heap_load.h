// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/workload/run_plan.h"

namespace ringscope {

// What a worker does to the heap for each message, through malloc and free so that the tracker sees
// it. Its own bookkeeping is taken from mmap, or lies in the blocks themselves. One thread.
class HeapLoad {
public:
    // isUser: this worker is among those that use the heap at all.
    HeapLoad(const layout::RunPlan& plan, bool isUser) noexcept;
    HeapLoad(const HeapLoad&) = delete;
    HeapLoad& operator=(const HeapLoad&) = delete;
    ~HeapLoad(); // frees what it keeps; what it leaked stays leaked

    [[nodiscard]] bool isActive() const noexcept { return m_behaviour != HeapBehaviour::none; }
    void onMessage() noexcept;

private:
    [[nodiscard]] void* allocate() noexcept;
    void dropAll() noexcept;

    HeapBehaviour m_behaviour;
    std::size_t m_bytes;
    std::uint64_t m_keep;
    std::uint64_t m_oneIn;
    std::uint64_t m_grow;
    std::uint64_t m_messages = 0;
    void** m_kept = nullptr; // keep: m_keep of them
    void* m_chain = nullptr; // growThenDrop: each block's first word points to the one before
};

} // namespace ringscope
