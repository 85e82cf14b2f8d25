// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "core/workload/run_plan.h"
#include "core/workload/worker_random.h"

namespace ringscope {

// Payload sizes of one sender: drawn once into a table, so that a message costs a look-up and no
// logarithm. One thread.
class PayloadSizes {
public:
    PayloadSizes(const layout::RunPlan& plan, std::uint32_t worker) noexcept;

    [[nodiscard]] std::uint32_t next() noexcept {
        return m_isFixed ? m_sizes[0] : m_sizes[m_random.next() >> (64 - kTableBits)];
    }

private:
    static constexpr unsigned kTableBits = 12;
    [[nodiscard]] std::uint32_t draw(const layout::RunPlan& plan, double share) noexcept;

    WorkerRandom m_random;
    bool m_isFixed;
    std::array<std::uint32_t, std::size_t{1} << kTableBits> m_sizes{};
};

} // namespace ringscope
