// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/display_check.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"

namespace ringscope {
namespace {

TEST(DisplayCheck, SaysWhatIsNoDisplayAndWhatIsNotThere) {
    EXPECT_NE(whyNoDisplay("nonsense").find("'nonsense', which is no display"), std::string::npos);
    EXPECT_NE(whyNoDisplay(":x"), "");
    EXPECT_NE(whyNoDisplay(":65000.0").find("on the display :65000.0"), std::string::npos);
}

TEST(DisplayCheck, LeavesOtherMachinesToQt) {
    EXPECT_EQ(whyNoDisplay("elsewhere:10.0"), "");
}

TEST(DisplayCheck, IsContentWithWhatListens) {
    const std::string number = std::to_string(100'000 + ::getpid());
    const std::string name = "/tmp/.X11-unix/X" + number;
    const FileDescriptor server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size()); // abstract: leaves no file behind
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    ASSERT_EQ(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(server.get(), 1), 0);
    EXPECT_EQ(whyNoDisplay(":" + number), "");
    EXPECT_EQ(whyNoDisplay("unix:" + number + ".0"), "");
}

} // namespace
} // namespace ringscope
