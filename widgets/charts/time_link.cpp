// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/time_link.h"

#include <algorithm>
#include <cmath>

namespace ringscope {

namespace {

constexpr std::int64_t kDefaultSpanNs = 10'000'000'000;
constexpr std::int64_t kSmallestSpanNs = 1'000'000;
constexpr double kKeyZoom = 1.5;

} // namespace

TimeLink::TimeLink(QObject* parent)
    : QObject(parent)
    , m_visible{0, kDefaultSpanNs}
    , m_spanNs(kDefaultSpanNs) {}

TimeRange TimeLink::effectiveRange() const noexcept {
    return m_selection.value_or(m_visible);
}

void TimeLink::setSession(std::int64_t startNs, std::int64_t endNs, bool isLive) {
    endNs = std::max(startNs, endNs);
    const bool isOther = startNs != m_session.fromNs || endNs < m_session.toNs;
    const bool modeDiffers = isLive != m_isLive;
    m_session = {startNs, endNs};
    m_isLive = isLive;
    if (isOther) {
        m_shownSession = m_session;
        clearSelection();
        clearCursor();
        m_isPaused = false;
        m_isFollowing = isLive;
        if (isLive) {
            m_spanNs = kDefaultSpanNs;
            follow();
        } else {
            showAll();
        }
        Q_EMIT modeChanged();
        return;
    }
    if (!m_isPaused) {
        m_shownSession = m_session;
        if (m_isFollowing) {
            follow();
        }
    }
    if (modeDiffers) {
        if (!isLive) {
            m_isFollowing = false;
        }
        Q_EMIT modeChanged();
    }
}

// The picture's right edge is now; a session shorter than the span starts at the left edge.
void TimeLink::follow() {
    const std::int64_t to = std::max(m_shownSession.toNs, m_shownSession.fromNs + m_spanNs);
    const TimeRange range{to - m_spanNs, to};
    if (range != m_visible) {
        m_visible = range;
        Q_EMIT visibleChanged();
    }
}

// Keeps what is visible within the session; what reaches now follows it again.
void TimeLink::setVisible(std::int64_t fromNs, std::int64_t spanNs) {
    const std::int64_t whole = std::max(m_shownSession.spanNs(), kSmallestSpanNs);
    // A young live session may be shown with room for what is to come.
    const std::int64_t largest = m_isLive ? std::max(whole, kDefaultSpanNs) : whole;
    spanNs = std::clamp(spanNs, kSmallestSpanNs, largest);
    const std::int64_t lastFrom = std::max(m_shownSession.fromNs, m_shownSession.toNs - spanNs);
    fromNs = std::clamp(fromNs, m_shownSession.fromNs, lastFrom);
    m_spanNs = spanNs;
    const TimeRange range{fromNs, fromNs + spanNs};
    const bool reachesNow = m_isLive && !m_isPaused && range.toNs >= m_shownSession.toNs;
    if (range != m_visible) {
        m_visible = range;
        Q_EMIT visibleChanged();
    }
    setMode(reachesNow, m_isPaused);
}

void TimeLink::setMode(bool isFollowing, bool isPaused) {
    if (isFollowing != m_isFollowing || isPaused != m_isPaused) {
        m_isFollowing = isFollowing;
        m_isPaused = isPaused;
        Q_EMIT modeChanged();
    }
}

void TimeLink::zoom(double factor, std::int64_t aroundNs) {
    const std::int64_t whole = std::max({m_shownSession.spanNs(), kSmallestSpanNs, kDefaultSpanNs});
    const double span =
        std::clamp(static_cast<double>(m_visible.spanNs()) * factor,
                   static_cast<double>(kSmallestSpanNs), static_cast<double>(whole));
    const double share = static_cast<double>(aroundNs - m_visible.fromNs) /
                         static_cast<double>(std::max<std::int64_t>(1, m_visible.spanNs()));
    setVisible(aroundNs - std::llround(span * share), std::llround(span));
}

void TimeLink::zoomIn() {
    zoom(1 / kKeyZoom, m_isFollowing ? m_visible.toNs : m_visible.fromNs + m_visible.spanNs() / 2);
}

void TimeLink::zoomOut() {
    zoom(kKeyZoom, m_isFollowing ? m_visible.toNs : m_visible.fromNs + m_visible.spanNs() / 2);
}

void TimeLink::pan(std::int64_t byNs) {
    setVisible(m_visible.fromNs + byNs, m_visible.spanNs());
}

void TimeLink::panBy(double share) {
    pan(std::llround(static_cast<double>(m_visible.spanNs()) * share));
}

void TimeLink::show(TimeRange range) {
    setVisible(std::min(range.fromNs, range.toNs), std::abs(range.spanNs()));
}

void TimeLink::showAll() {
    setVisible(m_shownSession.fromNs, m_shownSession.spanNs());
}

void TimeLink::fit() {
    if (m_selection) {
        show(*m_selection);
    } else {
        showAll();
    }
}

void TimeLink::resume() {
    m_shownSession = m_session;
    if (m_isLive) {
        setMode(true, false);
        follow();
    } else {
        setMode(false, false);
        showAll();
    }
}

void TimeLink::setPaused(bool isPaused) {
    if (isPaused == m_isPaused) {
        return;
    }
    if (isPaused) {
        setMode(false, true);
    } else {
        resume();
    }
}

void TimeLink::select(TimeRange range) {
    const TimeRange ordered{
        std::clamp(std::min(range.fromNs, range.toNs), m_session.fromNs, m_session.toNs),
        std::clamp(std::max(range.fromNs, range.toNs), m_session.fromNs, m_session.toNs)};
    if (ordered.spanNs() <= 0) {
        clearSelection();
    } else if (m_selection != ordered) {
        m_selection = ordered;
        Q_EMIT selectionChanged();
    }
}

void TimeLink::clearSelection() {
    if (m_selection) {
        m_selection.reset();
        Q_EMIT selectionChanged();
    }
}

void TimeLink::setCursor(std::int64_t timeNs) {
    if (m_cursor != timeNs) {
        m_cursor = timeNs;
        Q_EMIT cursorChanged();
    }
}

void TimeLink::clearCursor() {
    if (m_cursor) {
        m_cursor.reset();
        Q_EMIT cursorChanged();
    }
}

} // namespace ringscope
