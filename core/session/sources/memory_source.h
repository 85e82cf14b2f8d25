// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/memory/process_counters.h"
#include "core/session/session.h"
#include "core/session/source.h"
#include "core/session/sources/track_values.h"
#include "core/session/target_processes.h"

namespace ringscope {

// Physical memory of the observed processes from /proc/PID/stat and status: `memory.rss` and its
// parts, summed over the processes (a page that two share counts twice; memory.pss does not), and
// `P0.memory.rss` ... of each at a lower rate. Faults count from when observing began. Between two
// rows of single processes status is read of those only whose stat says that sizes changed.
class MemorySource final : public Source {
public:
    MemorySource(TargetProcesses& processes, Session& session);

    [[nodiscard]] std::string_view name() const override { return "memory"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return 20 * kNsPerMs; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    struct Observed {
        std::optional<ProcessCountersReader> reader; // empty once it ended
        std::optional<GroupId> group;
        RisingCounter minorFaults;
        RisingCounter majorFaults;
    };
    void findNew(Session& session);

    TargetProcesses& m_processes;
    GroupId m_group;
    std::vector<Observed> m_observed; // by the index of TargetProcesses
    std::int64_t m_nextProcessRowsNs = 0;
};

} // namespace ringscope
