// SPDX-License-Identifier: MIT
#include "core/base/expected.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <memory>

namespace ringscope {
namespace {

TEST(Expected, HoldsAMoveOnlyValue) {
    Expected<std::unique_ptr<int>> answer = std::make_unique<int>(42);
    ASSERT_TRUE(answer);
    const std::unique_ptr<int> taken = std::move(answer).value();
    EXPECT_EQ(*taken, 42);
}

TEST(Expected, TellsKindAndSentenceOfAnError) {
    const Expected<int> answer = makeError(ErrorKind::usage, "no such scenario");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::usage);
    EXPECT_EQ(answer.error().message, "no such scenario");
    EXPECT_EQ(answer.value_or(7), 7);
}

TEST(Expected, VoidIsSuccessUnlessGivenAnError) {
    EXPECT_TRUE(Expected<void>());
    EXPECT_FALSE(Expected<void>(makeError(ErrorKind::failed, "x")));
}

TEST(Expected, SystemErrorNamesTheThingAndTheReason) {
    EXPECT_EQ(systemError(ErrorKind::target, "cannot open /x", ENOENT).message,
              "cannot open /x: No such file or directory");
}

} // namespace
} // namespace ringscope
