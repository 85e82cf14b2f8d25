// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ringscope {

// What a held slot keeps others from.
enum class Blocked : std::uint8_t {
    nothingYet, // the cursor that will stand still at it has not come there
    consumers,  // head has come to a slot that is being written
    producers,  // tail has come, a lap later, to a slot that is being read
};

} // namespace ringscope
