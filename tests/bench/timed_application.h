// SPDX-License-Identifier: MIT
#pragma once

#include <QApplication>
#include <QElapsedTimer>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ringscope::bench {

// Busy time of the GUI thread: what happens inside notify().
class TimedApplication : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override {
        if (m_depth > 0) {
            return QApplication::notify(receiver, event);
        }
        ++m_depth;
        QElapsedTimer timer;
        timer.start();
        const bool result = QApplication::notify(receiver, event);
        m_busyNs += timer.nsecsElapsed();
        --m_depth;
        m_longestNs = std::max<std::int64_t>(m_longestNs, timer.nsecsElapsed());
        return result;
    }
    // Since the last call.
    std::int64_t takeBusyNs() { return std::exchange(m_busyNs, 0); }

    // The longest event since the last call: for so long the window did not answer.
    std::int64_t takeLongestNs() { return std::exchange(m_longestNs, 0); }

private:
    int m_depth = 0;
    std::int64_t m_busyNs = 0;
    std::int64_t m_longestNs = 0;
};

} // namespace ringscope::bench
