// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>

#include "core/workload/run_plan.h"
#include "core/workload/worker_random.h"

namespace ringscope {

// Random bytes that payloads are cut from: derived from the seed, made once, not on the heap.
class PayloadPattern {
public:
    PayloadPattern(const layout::RunPlan& plan, std::uint32_t worker) {
        std::uint32_t largest = plan.payloadBytes;
        largest = std::max(largest, plan.maxBytes);
        for (std::uint32_t index = 0; index < plan.sizeCount; ++index) {
            largest = std::max(largest, plan.sizes[index]);
        }
        m_bytes = (largest + kPatternSpread + 4095) / 4096 * 4096;
        void* memory =
            ::mmap(nullptr, m_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            return;
        }
        m_base = static_cast<std::byte*>(memory);
        WorkerRandom random(plan.seed, worker + 0x20000);
        for (std::size_t at = 0; at < m_bytes; at += 8) {
            const std::uint64_t word = random.next();
            std::memcpy(m_base + at, &word, 8);
        }
    }
    PayloadPattern(const PayloadPattern&) = delete;
    PayloadPattern& operator=(const PayloadPattern&) = delete;
    ~PayloadPattern() {
        if (m_base != nullptr) {
            ::munmap(m_base, m_bytes);
        }
    }
    [[nodiscard]] bool isThere() const noexcept { return m_base != nullptr; }
    [[nodiscard]] const std::byte* of(std::uint64_t sequence) const noexcept {
        return m_base + sequence * 64 % kPatternSpread;
    }

private:
    static constexpr std::size_t kPatternSpread = 4096;

    std::byte* m_base = nullptr;
    std::size_t m_bytes = 0;
};

} // namespace ringscope
