// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QMargins>
#include <QWidget>

#include <cstdint>
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
class ChartPlot : public QWidget {
    Q_OBJECT

public:
    explicit ChartPlot(QWidget* parent = nullptr);
    ~ChartPlot() override;

    void setTheme(const ThemeTokens& tokens);
    void setLabelFont(const QFont& font);
    void setTimeLabelsShown(bool areShown);
    void setPlotMargins(const QMargins& margins);

    // The axis rect, in this widget's coordinates.
    [[nodiscard]] QRect plotRect() const;
    // Device pixels over its width, which is how many columns it wants.
    [[nodiscard]] std::size_t columnsWanted() const;
    [[nodiscard]] int labelWidth(const std::vector<AxisTick>& ticks) const;

    // New data: one replot at the end of the event loop's turn. change: of columns.update().
    void setFrame(PlotFrame frame, const StripColumns& columns, const StripStyle& style,
                  StripColumns::Change change);
    void setMarkers(const std::vector<Marker>& markers);
    // Over everything else, in a buffer of its own: moving it does not replot the chart.
    void setPointer(std::optional<std::int64_t> cursorNs, std::optional<TimeRange> selection);

    // For an export: the plot at this size. `scale` is how many device pixels a unit has where the
    // painter makes a picture of pixels; the data becomes shapes where it is in vectorized mode.
    void prepareExport(QSize size, double scale);
    void paintTo(QCPPainter& painter, QSize size);

    [[nodiscard]] std::uint64_t replots() const noexcept { return m_replots; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    class Strip;
    class Marks;
    class Pointer;

    QCustomPlot* m_plot; // a child
    Strip* m_strip;      // the plot's
    Marks* m_marks;
    Pointer* m_pointer;
    double m_exportScale = 0;
    std::uint64_t m_replots = 0;
};

} // namespace ringscope
