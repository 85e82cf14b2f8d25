// SPDX-License-Identifier: MIT
#include "core/workload/heap_load.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace ringscope {

HeapLoad::HeapLoad(const layout::RunPlan& plan, bool isUser) noexcept
    : m_behaviour(isUser ? plan.heapBehaviour : HeapBehaviour::none)
    , m_bytes(std::max<std::size_t>(plan.heapBytes, sizeof(void*)))
    , m_keep(std::max<std::uint64_t>(plan.heapKeep, 1))
    , m_oneIn(std::max<std::uint64_t>(plan.heapOneIn, 1))
    , m_grow(std::max<std::uint64_t>(plan.heapGrow, 1)) {
    if (m_behaviour == HeapBehaviour::keep) {
        void* table = ::mmap(nullptr, m_keep * sizeof(void*), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (table == MAP_FAILED) {
            m_behaviour = HeapBehaviour::allocateAndFree;
        } else {
            m_kept = static_cast<void**>(table);
        }
    }
}

HeapLoad::~HeapLoad() {
    dropAll();
    if (m_kept != nullptr) {
        for (std::uint64_t index = 0; index < m_keep; ++index) {
            std::free(m_kept[index]);
        }
        ::munmap(static_cast<void*>(m_kept), m_keep * sizeof(void*));
    }
}

void* HeapLoad::allocate() noexcept {
    void* block = std::malloc(m_bytes);
    if (block != nullptr) {
        std::memset(block, 0x5A, m_bytes); // used, so that its pages are really there
    }
    // The compiler may leave out a pair of malloc and free whose block nobody looks at.
    asm volatile("" : : "g"(block) : "memory");
    return block;
}

void HeapLoad::onMessage() noexcept {
    ++m_messages;
    switch (m_behaviour) {
    case HeapBehaviour::none:
        return;
    case HeapBehaviour::allocateAndFree:
        std::free(allocate());
        return;
    case HeapBehaviour::keep: {
        void*& place = m_kept[m_messages % m_keep];
        std::free(place);
        place = allocate();
        return;
    }
    case HeapBehaviour::leak: {
        void* block = allocate();
        if (m_messages % m_oneIn != 0) {
            std::free(block);
        }
        return;
    }
    case HeapBehaviour::growThenDrop: {
        if (void* block = allocate(); block != nullptr) {
            std::memcpy(block, &m_chain, sizeof(m_chain));
            m_chain = block;
        }
        if (m_messages % m_grow == 0) {
            dropAll();
        }
        return;
    }
    }
}

void HeapLoad::dropAll() noexcept {
    while (m_chain != nullptr) {
        void* block = m_chain;
        std::memcpy(&m_chain, block, sizeof(m_chain));
        std::free(block);
    }
}

} // namespace ringscope
