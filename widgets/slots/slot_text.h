// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QString>

#include "core/ring/slot_snapshot.h"
#include "widgets/slots/slot_facts.h"

namespace ringscope {

// What is known of a slot, in words; tooltip and details pane show the same lines.
struct SlotLine {
    QString name;  // "State"
    QString value; // "ready for 12 ms"
};

[[nodiscard]] QString slotStateName(SlotState state);
// "Slot 1 723 · lap 9 · sequence 38 587".
[[nodiscard]] QString slotTitle(const SlotFacts& facts);
[[nodiscard]] std::vector<SlotLine> slotLines(const SlotFacts& facts, const SlotSnapshot& snapshot);
// Title and lines as plain text, one line each: for screen readers and the clipboard.
[[nodiscard]] QString slotPlainText(const SlotFacts& facts, const SlotSnapshot& snapshot);
// The same as rich text for a tooltip.
[[nodiscard]] QString slotToolTip(const SlotFacts& facts, const SlotSnapshot& snapshot);

// Exact digits in groups of three, with a narrow space that does not break: "38 587".
[[nodiscard]] QString groupedDigits(quint64 number);

} // namespace ringscope
