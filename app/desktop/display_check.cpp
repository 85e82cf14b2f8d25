// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/display_check.h"

#include <cstddef>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/file_descriptor.h"

namespace ringscope {
namespace {

bool listens(const std::string& name, bool isAbstract) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t skipped = isAbstract ? 1 : 0; // its name begins with a 0
    if (name.size() + skipped >= sizeof address.sun_path) {
        return false;
    }
    std::memcpy(address.sun_path + skipped, name.data(), name.size());
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + skipped + name.size());
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return socket.isOpen() &&
           ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

} // namespace

std::string whyNoDisplay(const std::string& display) {
    const auto colon = display.rfind(':');
    const std::string host = display.substr(0, colon);
    const std::string number =
        colon == std::string::npos
            ? std::string()
            : display.substr(colon + 1, display.find('.', colon) - colon - 1);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos) {
        return "DISPLAY is '" + display + "', which is no display; write for example :0";
    }
    if (!host.empty() && host != "unix") {
        return {};
    }
    const std::string socket = "/tmp/.X11-unix/X" + number;
    if (listens(socket, true) || listens(socket, false)) {
        return {};
    }
    return "Nothing shows windows on the display " + display +
           "; set DISPLAY to one that is there, or use ringscope report, ringscope chart or "
           "ringscope-cli, which need none";
}

} // namespace ringscope
