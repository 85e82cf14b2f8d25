// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/base/expected.h"

namespace ringscope {

// The one class that starts a thread: named, stoppable, joined by its destructor (which requests
// stop first). An exception that escapes the body becomes an Error handed to onError on that
// thread; it never disappears. Owner's thread only. Declare it as the last member, so that it is
// joined first.
class Thread {
public:
    using Body = std::function<void(std::stop_token)>;
    using ErrorHandler = std::function<void(const Error&)>;

    Thread() = default;
    // name: at most 15 characters are kept (the kernel's limit).
    Thread(std::string name, Body body, ErrorHandler onError);
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;
    Thread(Thread&&) noexcept = default;
    Thread& operator=(Thread&&) noexcept = default;
    ~Thread() = default;

    void requestStop() noexcept { m_thread.request_stop(); }
    // Returns at once when there is no thread.
    void join();
    [[nodiscard]] bool isRunning() const noexcept { return m_thread.joinable(); }

private:
    std::jthread m_thread;
};

} // namespace ringscope
