// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/ring/segment.h"
#include "core/workload/delivery_check.h"
#include "core/workload/workload_run.h"

namespace ringscope {

// What a run does about the slots in the hands of its dead workers, when its scenario asks for it.
// Each of the dead is repaired by itself, once it is known what it had published: afterwards the
// slots no longer tell. One thread.
class RingRepairs {
public:
    // worker: its number, producers first. Its deliveries must be settled.
    void add(std::uint32_t worker, std::int32_t pid, std::int64_t diedAtNs) {
        m_dead.push_back({worker, pid, diedAtNs});
    }
    // Never waits: who cannot be repaired now is tried again by the next call.
    void repair(const Segment& segment, std::vector<RunEvent>& events);

    [[nodiscard]] const RepairCounts& counts() const noexcept { return m_counts; }
    // The messages in the slots that were taken from dead consumers, received before or not.
    [[nodiscard]] const std::vector<LostMessage>& taken() const noexcept { return m_taken; }
    // Those whose slots are still undecidable, a sentence each that names whom it waits for.
    [[nodiscard]] const std::vector<std::string>& waiting() const noexcept { return m_waiting; }

private:
    struct Dead {
        std::uint32_t worker = 0;
        std::int32_t pid = 0;
        std::int64_t diedAtNs = 0;
    };
    // False: something had to be left alone.
    bool repairOne(const Segment& segment, const Dead& dead, std::vector<RunEvent>& events);

    std::vector<Dead> m_dead; // not repaired yet
    RepairCounts m_counts;
    std::vector<LostMessage> m_taken;
    std::vector<std::string> m_waiting;
};

} // namespace ringscope
