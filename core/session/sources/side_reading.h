// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "core/base/thread.h"

namespace ringscope {

// Reads something on a thread of its own, so that the recorder goes on meanwhile. Used by one
// thread.
template <typename Found>
class SideReading {
public:
    // name: of the thread.
    explicit SideReading(std::string name)
        : m_name(std::move(name)) {}

    // Does nothing while a reading is under way: what that finds is new enough.
    void start(std::function<Found(const std::stop_token&)> read) {
        {
            const std::lock_guard lock(m_mutex);
            if (m_isReading) {
                return;
            }
            m_isReading = true;
        }
        m_thread = Thread(
            m_name,
            [this, read = std::move(read)](const std::stop_token& stop) mutable {
                std::optional<Found> found(read(stop));
                read = nullptr; // with what it holds, before anybody hears that it is over
                const std::lock_guard lock(m_mutex);
                m_found = std::move(found);
                m_isReading = false;
            },
            [this](const Error&) { // no memory for it: what was read before stays
                const std::lock_guard lock(m_mutex);
                m_isReading = false;
            });
    }
    // What a reading found: once, when it has ended.
    [[nodiscard]] std::optional<Found> take() {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_found, std::nullopt);
    }
    [[nodiscard]] bool isUnderWay() {
        const std::lock_guard lock(m_mutex);
        return m_isReading;
    }

private:
    std::string m_name;
    std::mutex m_mutex;
    std::optional<Found> m_found; // Guarded by m_mutex.
    bool m_isReading = false;     // Guarded by m_mutex.
    Thread m_thread;
};

} // namespace ringscope
