// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include <QString>

namespace ringscope {

// A sentence of checkScenario() as the workload panel says it: keys and values of the file become
// the labels and choices beside which it stands. "ring.capacity is 3, it must be a power of two"
// becomes "“Slots per channel” is 3, it must be a power of two".
[[nodiscard]] QString inWordsOfFields(const std::string& sentence);

} // namespace ringscope
