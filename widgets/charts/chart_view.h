// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/session/session_view.h"
#include "widgets/charts/axis_ticks.h"
#include "widgets/charts/chart_spec.h"
#include "widgets/charts/kept_statistics.h"
#include "widgets/charts/strip_columns.h"
#include "widgets/charts/strip_image.h"

namespace ringscope {

class ChartPlot;
class LegendRow;
class Theme;
class TimeLink;

// One chart: its legend row, which is the read-out, above its plot. It listens to the time link and
// draws in tick() only what changed. Made and owned by ChartStack. GUI thread only.
class ChartView : public QWidget {
    Q_OBJECT

public:
    ChartView(const ChartSpec& spec, Theme& theme, TimeLink& link, QWidget* parent = nullptr);

    [[nodiscard]] const ChartSpec& spec() const noexcept { return m_spec; }
    // isSameSession = false starts anew: other tracks, or the same from another session.
    void setView(std::shared_ptr<const SessionView> view, bool isSameSession);
    void setByteScale(ByteScale scale);

    // Draws the data if a column of it is new. now: as ChartStack::tick().
    void tickPlot(std::int64_t nowNs);
    // Writes the read-outs: at the cursor, of the selection, or now.
    void tickReadout();

    // Of the y labels as last drawn; the stack gives all charts the widest.
    [[nodiscard]] int leftMarginWanted() const noexcept { return m_leftWanted; }
    void setLeftMargin(int pixels);
    void setCurrent(bool isCurrent);

    // The plot's edges in this widget's coordinates.
    [[nodiscard]] QRect plotRect() const;
    // The time under a point of this widget; none outside the plot.
    [[nodiscard]] std::optional<std::int64_t> timeAt(const QPoint& position) const;
    [[nodiscard]] const StripGeometry& geometryOfStrip() const { return m_columns.geometry(); }
    [[nodiscard]] LegendRow& legend() const { return *m_legend; }
    [[nodiscard]] const std::vector<ChartSeries>& series() const { return m_columns.series(); }
    [[nodiscard]] std::uint64_t replots() const;
    [[nodiscard]] QSize minimumSizeHint() const override;
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void activated();
    void menuRequested(const QPoint& globalPosition);

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    enum class Drag : std::uint8_t { none, select, pan };

    void rebuildSeries();
    void applyTheme();
    void updateStyle();
    [[nodiscard]] bool needsPlot(const StripGeometry& geometry) const;
    [[nodiscard]] double readoutOf(std::size_t series) const;
    [[nodiscard]] QString statisticsOf(std::size_t series);

    // Constant after construction.
    ChartSpec m_spec;
    Theme& m_theme;
    TimeLink& m_link;
    LegendRow* m_legend; // children
    ChartPlot* m_plot;

    std::shared_ptr<const SessionView> m_view;
    StripColumns m_columns;
    StripStyle m_style;
    LargestDrawn m_largest;
    KeptStatistics m_statistics; // of the selection
    SteadyValueAxis m_axis;
    ValueAxis m_ticksOf;                // what m_valueTicks and m_leftWanted are for
    std::vector<AxisTick> m_valueTicks; // empty when they have to be made
    ByteScale m_byteScale = ByteScale::automatic;
    std::int64_t m_drawnEndColumn = 0; // of the data, when the plot was last drawn
    bool m_isDirty = true;
    bool m_isFirstReadout = true; // of these series
    int m_leftWanted = 0;
    int m_hovered = -1;
    bool m_isCurrent = false;

    Drag m_drag = Drag::none;
    QPoint m_pressedAt;
    std::int64_t m_pressedNs = 0;
};

} // namespace ringscope
