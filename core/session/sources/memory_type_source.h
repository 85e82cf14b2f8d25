// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/base/clock.h"
#include "core/session/session.h"
#include "core/session/source.h"
#include "core/session/target_processes.h"

namespace ringscope {

// Physical memory by what it is used for: `memory.type.Heap`, `memory.type.Shareable`, ... as PSS
// summed over the observed processes, so that a ring they share counts once and the stack adds up
// to memory.pss and the page tables, which the memory source reads. Reads whole smaps, the most
// expensive of all sources.
class MemoryTypeSource final : public Source {
public:
    MemoryTypeSource(const TargetProcesses& processes, Session& session);

    [[nodiscard]] std::string_view name() const override { return "memory by type"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return kNsPerSecond; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    const TargetProcesses& m_processes;
    GroupId m_group;
};

} // namespace ringscope
