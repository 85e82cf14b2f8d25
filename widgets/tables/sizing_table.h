// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QString>

#include "core/session/sizing.h"
#include "widgets/tables/table_contents.h"

namespace ringscope {

// How full each channel got over a range, and the capacity its load asks for: a row a channel.
[[nodiscard]] std::vector<TableColumn> sizingColumns();
// The oldest message is that of the range's end.
[[nodiscard]] std::vector<TableRow>
sizingRows(const SessionView& view, const std::vector<ChannelSizing>& sizing, std::int64_t toNs);

// The advice in words: of the only channel, or of the one that asks for most and how many others
// ask for something too. Empty without a channel.
[[nodiscard]] QString sizingAdviceText(const std::vector<ChannelSizing>& sizing);

// Who filled the channel in which most messages wait, when somebody looked last, and how long the
// oldest of them waits. Empty when none waits.
[[nodiscard]] QString backlogText(const SessionView& view);

} // namespace ringscope
