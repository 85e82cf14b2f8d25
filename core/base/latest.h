// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace ringscope {

// A mailbox for the newest immutable value: one thread publishes, any thread takes; what nobody
// took is replaced. The mutex is held for a pointer swap only (std::atomic<std::shared_ptr> makes
// TSan fail with GCC 12).
template <typename T>
class Latest {
public:
    void publish(std::shared_ptr<const T> value) {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_value.swap(value);
    } // the old value is destroyed by the parameter, after the lock

    [[nodiscard]] std::shared_ptr<const T> get() const {
        const std::lock_guard<std::mutex> lock(m_mutex);
        return m_value;
    }

private:
    mutable std::mutex m_mutex;       // readers lock too, hence mutable
    std::shared_ptr<const T> m_value; // Guarded by m_mutex.
};

} // namespace ringscope
