// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/memory/process_counters.h"
#include "core/session/session.h"
#include "core/session/source.h"
#include "core/session/target_processes.h"

namespace ringscope {

// What the kernel adds up by walking page tables (smaps_rollup): `memory.pss`, `memory.private` and
// `memory.shared`, summed over the observed processes, and `P0.memory.pss`, `P0.memory.private` of
// each. PSS is the honest sum: a page that n processes share counts 1/n in each. Needs the right to
// trace the processes; without it these tracks are gaps.
class PhysicalMemorySource final : public Source {
public:
    PhysicalMemorySource(const TargetProcesses& processes, Session& session);

    [[nodiscard]] std::string_view name() const override { return "PSS"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return 500 * kNsPerMs; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    struct Observed {
        std::optional<ProcessCountersReader> reader; // empty once it ended or refused
        std::optional<GroupId> group;
    };
    void findNew(Session& session);

    const TargetProcesses& m_processes;
    GroupId m_group;
    std::vector<Observed> m_observed; // by the index of TargetProcesses
};

} // namespace ringscope
