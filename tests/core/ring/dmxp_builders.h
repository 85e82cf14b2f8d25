// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <gtest/gtest.h>

#include "tests/core/ring/dmxp_client.h"

namespace ringscope {

constexpr std::uint64_t kSmall = std::uint64_t{1} << 20U; // bytes of a segment

// Through channel 0, one at a time.
inline void passMessages(dmxp::Client& client, std::uint64_t count) {
    for (std::uint64_t id = 0; id < count; ++id) {
        ASSERT_TRUE(client.send(0, id, ""));
        ASSERT_TRUE(client.receive(0));
    }
}

} // namespace ringscope
