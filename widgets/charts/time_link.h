// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <cstdint>
#include <optional>

namespace ringscope {

struct TimeRange {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;
    [[nodiscard]] std::int64_t spanNs() const noexcept { return toNs - fromNs; }
    [[nodiscard]] bool contains(std::int64_t timeNs) const noexcept {
        return timeNs >= fromNs && timeNs <= toNs;
    }
    auto operator<=>(const TimeRange&) const = default;
};

// The one time axis of a window: what part of the session is visible, which range is selected,
// where the cursor is. Panes listen and ask it to change; none holds a range of its own. Times are
// monotonic nanoseconds, as in the session.
//
//           zoom, pan to before the end            setPaused(true)
//   following ───────────────────────▶ history ◀───────────────────── (any)
//      ▲   setFollowing, pan to the end    │        paused: the picture stands still,
//      └───────────────────────────────────┘        recording goes on
//
// Owned by the window. GUI thread only.
class TimeLink : public QObject {
    Q_OBJECT

public:
    explicit TimeLink(QObject* parent = nullptr);

    // A session's bounds; called for each new view. A session that starts elsewhere is another one:
    // selection, cursor and pause are dropped and it is shown live, or as a whole when it is not
    // live. While paused only the bounds are remembered.
    void setSession(std::int64_t startNs, std::int64_t endNs, bool isLive);

    [[nodiscard]] TimeRange visible() const noexcept { return m_visible; }
    [[nodiscard]] TimeRange session() const noexcept { return m_session; }
    [[nodiscard]] bool isLive() const noexcept { return m_isLive; }
    [[nodiscard]] bool isFollowing() const noexcept { return m_isFollowing; }
    [[nodiscard]] bool isPaused() const noexcept { return m_isPaused; }
    [[nodiscard]] std::optional<TimeRange> selection() const noexcept { return m_selection; }
    [[nodiscard]] std::optional<std::int64_t> cursor() const noexcept { return m_cursor; }
    // The selection, or else what is visible: the range that tables and statistics are about.
    [[nodiscard]] TimeRange effectiveRange() const noexcept;

public Q_SLOTS:
    // factor > 1 shows more; the time `aroundNs` keeps its place.
    void zoom(double factor, std::int64_t aroundNs);
    // Around the middle, or around now while following.
    void zoomIn();
    void zoomOut();
    void pan(std::int64_t byNs);
    void panBy(double share); // of what is visible
    void show(ringscope::TimeRange range);
    void showAll();
    // The selection, or else the whole session.
    void fit();
    // Back to now when live, else the whole session; ends a pause.
    void resume();
    void setPaused(bool isPaused);
    void select(ringscope::TimeRange range); // either order; clamped to the session
    void clearSelection();
    void setCursor(std::int64_t timeNs);
    void clearCursor();

Q_SIGNALS:
    void visibleChanged();
    void selectionChanged();
    void cursorChanged();
    void modeChanged(); // following, paused or live

private:
    void setVisible(std::int64_t fromNs, std::int64_t spanNs);
    void follow();
    void setMode(bool isFollowing, bool isPaused);

    TimeRange m_session{-1, -1}; // no session starts there
    TimeRange m_shownSession;    // as it was when the picture was paused
    TimeRange m_visible;
    std::int64_t m_spanNs; // that following keeps
    std::optional<TimeRange> m_selection;
    std::optional<std::int64_t> m_cursor;
    bool m_isLive = false;
    bool m_isFollowing = true;
    bool m_isPaused = false;
};

} // namespace ringscope
