// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>

#include "core/base/units.h"
#include "core/heap/call_tree.h"

namespace ringscope {

// "At the peak", "Live", ...
[[nodiscard]] QString measureName(HeapMeasure measure);
// What it means, in a sentence.
[[nodiscard]] QString measureHelp(HeapMeasure measure);
// True: bytes; false: blocks.
[[nodiscard]] bool isBytes(HeapMeasure measure);
// With its unit; nothing for 0.
[[nodiscard]] QString valueText(HeapMeasure measure, std::uint64_t value, ByteScale scale);
// "12.3 %"; nothing for 0.
[[nodiscard]] QString shareText(std::uint64_t part, std::uint64_t whole);
// "file.cpp:12" without its folders, or the module's name; empty where nothing is known.
[[nodiscard]] QString placeText(const CallFunction& function, std::uint32_t line);
// See shortFunctionName().
[[nodiscard]] QString shortName(const std::string& function);

} // namespace ringscope
