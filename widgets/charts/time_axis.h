// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStaticText>
#include <QWidget>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/session/session_view.h"
#include "widgets/charts/strip_columns.h"

namespace ringscope {

class Theme;
class TimeLink;

// The one labelled time axis below the charts: ticks, each marker with its own mark, a row of the
// memory maps that are kept (when there are any), the cursor's time, the selection's length.
// Dragging pans, a click on a map chooses it. GUI thread only.
class TimeAxis : public QWidget {
    Q_OBJECT

public:
    TimeAxis(Theme& theme, TimeLink& link, QWidget* parent = nullptr);

    void setView(std::shared_ptr<const SessionView> view);
    // Where the plots above begin and how wide they are, in this widget's coordinates; the columns
    // that they drew last.
    void setPlot(int left, int width, const StripGeometry& geometry);
    // The marker drawn at or near a point; null when there is none.
    [[nodiscard]] const Marker* markerAt(const QPoint& position) const;
    // The memory map drawn at or near a point, the first of those taken together; null when there
    // is none.
    [[nodiscard]] const MapRecord* mapAt(const QPoint& position) const;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void mapChosen(qint64 timeNs); // that of a MapRecord

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] double xOf(std::int64_t timeNs) const;
    [[nodiscard]] std::int64_t timeAt(int x) const;
    [[nodiscard]] bool hasMaps() const;
    [[nodiscard]] int labelTop() const;
    void paintMaps(QPainter& painter) const;
    [[nodiscard]] QString mapText(const MapRecord& map) const;
    void paintSelection(QPainter& painter) const;
    void paintTicks(QPainter& painter, const QRect& badge);
    [[nodiscard]] QString cursorText() const; // empty without a cursor
    [[nodiscard]] QRect cursorBadge(const QString& text) const;

    Theme& m_theme;
    TimeLink& m_link;
    std::shared_ptr<const SessionView> m_view;
    StripGeometry m_geometry;
    int m_left = 0;
    int m_width = 0;
    std::int64_t m_pressedNs = 0;
    QPoint m_pressedAt;
    // As they were painted last: labels move with the time and seldom change.
    struct Label {
        QString text;
        QStaticText shaped;
        int width = 0;
    };
    [[nodiscard]] Label labelOf(const QString& text) const;
    std::vector<Label> m_labels;
};

} // namespace ringscope
