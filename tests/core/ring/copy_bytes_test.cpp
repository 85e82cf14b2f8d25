// SPDX-License-Identifier: MIT
#include "core/ring/copy_bytes.h"

#include <gtest/gtest.h>
#include <vector>

namespace ringscope {
namespace {

TEST(CopyBytes, CopiesEveryLengthAndNothingAround) {
    for (std::size_t length = 0; length <= 2 * kInlineCopyBytes; ++length) {
        std::vector<std::byte> from(length); // its own block, so that ASan sees a read too far
        std::vector<std::byte> to(length + 2, std::byte{0xEE});
        for (std::size_t i = 0; i < length; ++i) {
            from[i] = static_cast<std::byte>(i * 7 + 1);
        }
        copyBytes(to.data() + 1, from.data(), length);
        ASSERT_TRUE(std::equal(from.begin(), from.end(), to.begin() + 1)) << length;
        ASSERT_EQ(to.front(), std::byte{0xEE}) << length;
        ASSERT_EQ(to.back(), std::byte{0xEE}) << length;
    }
}

} // namespace
} // namespace ringscope
