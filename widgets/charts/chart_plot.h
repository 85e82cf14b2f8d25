// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QMargins>
#include <QPixmap>
#include <QWidget>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/session/session_view.h"
#include "widgets/charts/axis_ticks.h"
#include "widgets/charts/strip_columns.h"
#include "widgets/charts/strip_image.h"
#include "widgets/theme/theme_tokens.h"

class QCPPainter;
class QCustomPlot;

namespace ringscope {

// What a plot shows apart from its data.
struct PlotFrame {
    StripGeometry geometry;
    std::int64_t startNs = 0; // the session's; time labels count from it
    ValueAxis valueAxis;
    std::vector<AxisTick> valueTicks;
    std::vector<AxisTick> timeTicks;
};

// The axes, grid, data, markers, selection and cursor of one chart: the only unit that knows
// QCustomPlot's axes. It decides nothing and takes no mouse; ChartView does, and the export uses it
// without a window. GUI thread only.
//
// On the screen it paints itself, because a chart that scrolls changes only within its axes:
//
//   ┌───────────┬───────────────────────┐
//   │ still:    │ moving: StripImage,   │  The still part is QCustomPlot's picture of the axes,
//   │ value     │ opaque, with the grid;│  drawn anew when labels, size or theme change. The
//   │ labels    │ markers, selection and│  moving part is painted with every frame, each pixel
//   │           │ cursor over it        │  once.
//   └───────────┴───────────────────────┘
class ChartPlot : public QWidget {
    Q_OBJECT

public:
    explicit ChartPlot(QWidget* parent = nullptr);
    ~ChartPlot() override;

    void setTheme(const ThemeTokens& tokens);
    void setLabelFont(const QFont& font);
    void setTimeLabelsShown(bool areShown);
    void setPlotMargins(const QMargins& margins);

    // Within the axes, in this widget's coordinates.
    [[nodiscard]] QRect plotRect() const;
    // Device pixels over its width, which is how many columns it wants.
    [[nodiscard]] std::size_t columnsWanted() const;
    [[nodiscard]] int labelWidth(const std::vector<AxisTick>& ticks) const;

    // New data: painted at the end of the event loop's turn, together with all others'. change: of
    // columns.update().
    void setFrame(PlotFrame frame, const StripColumns& columns, const StripStyle& style,
                  StripColumns::Change change);
    void setMarkers(std::shared_ptr<const std::vector<Marker>> markers); // null: none
    // Over everything else.
    void setPointer(std::optional<std::int64_t> cursorNs, std::optional<TimeRange> selection);

    // For an export: the plot at this size. `scale` is how many device pixels a unit has where the
    // painter makes a picture of pixels; the data becomes shapes where it is in vectorized mode.
    void prepareExport(QSize size, double scale);
    void paintTo(QCPPainter& painter, QSize size);

    // How many frames were painted, and how often the still part was.
    [[nodiscard]] std::uint64_t replots() const noexcept { return m_replots; }
    [[nodiscard]] std::uint64_t stillsPainted() const noexcept { return m_stillsPainted; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    class Strip;
    class Marks;

    [[nodiscard]] double pixelRatio() const;
    [[nodiscard]] StripGrid gridOf(const PlotFrame& frame) const;
    void setAxes();
    void paintStill();
    void invalidateStill();
    void paintSelection(QPainter& painter) const;
    // Where the cursor is painted; empty when it is not.
    [[nodiscard]] QRect cursorRect() const;

    QCustomPlot* m_plot; // a child that is never shown
    Strip* m_strip;      // the plot's
    Marks* m_marks;
    ThemeTokens m_tokens;
    QMargins m_margins;
    std::optional<std::int64_t> m_cursorNs;
    std::optional<TimeRange> m_selection;
    QPixmap m_still;
    bool m_isStillStale = true;
    bool m_isFrameNew = false;
    QSize m_exportSize; // empty on the screen
    double m_exportScale = 1;
    std::uint64_t m_replots = 0;
    std::uint64_t m_stillsPainted = 0;
};

} // namespace ringscope
