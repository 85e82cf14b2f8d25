// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QString>

#include "core/session/session_view.h"
#include "widgets/tables/table_contents.h"

namespace ringscope {

// Who uses the ring, what each holds that is stuck, and whom that keeps from going on. A row's
// value is the first stuck slot, -1 when it holds none.
[[nodiscard]] std::vector<TableColumn> participantColumns();
[[nodiscard]] std::vector<TableRow> participantRows(const SessionView& view);

// One sentence over all of them: who is dead, what is stuck, and whether a repair could give it
// back. Empty without a ring.
[[nodiscard]] QString participantSentence(const SessionView& view);
// Somebody is dead and registered: only then a repair has something to do.
[[nodiscard]] bool hasDeadParticipant(const SessionView& view);
// One that is dead holds slots that are stuck.
[[nodiscard]] bool hasRepairableSlots(const SessionView& view);

} // namespace ringscope
