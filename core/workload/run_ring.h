// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/expected.h"
#include "core/ring/segment.h"
#include "core/workload/run_plan.h"
#include "core/workload/scenario.h"

namespace ringscope {

// The ring of a run: a fresh one, which goes away with the run, or with ring.attach one that
// somebody else made, which stays.

// Looks whether the ring is there already, and tells the workers whose it is and by what type they
// know the run's messages. plan: of makeRunPlan().
void planRing(const Scenario& scenario, layout::RunPlan& plan);

// Errors: an existing name where a fresh ring is due, no room (failed); none of that name (target),
// no ring or a damaged one (damaged); one that the scenario cannot use (usage).
[[nodiscard]] Expected<Segment> openRunRing(const Scenario& scenario, const layout::RunPlan& plan);

// By a worker whose run was killed: takes the ring's name away if the run created the ring.
void removeRingOfDeadRun(const layout::RunPlan& plan);

} // namespace ringscope
