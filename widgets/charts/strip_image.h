// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>
#include <QPolygonF>
#include <QRectF>
#include <QSize>

#include <cstdint>
#include <vector>

#include "widgets/charts/chart_spec.h"
#include "widgets/charts/strip_columns.h"

namespace ringscope {

// What lies behind the data. A tick's line lies where the data has the tick's value or instant.
struct StripGrid {
    QColor background = Qt::white;
    QColor line;               // at the ticks
    QColor base;               // of the lowest pixels, which are the time axis: over the data
    int lineWidth = 1;         // device pixels
    std::vector<double> ticks; // of the value axis
    bool operator==(const StripGrid&) const = default;
};

// How each series of a StripColumns is painted.
struct StripStyle {
    struct Layer {
        QColor color;
        bool isVisible = true;
        auto operator==(const Layer& other) const {
            return color == other.color && isVisible == other.isVisible;
        }
    };
    ChartStyle style = ChartStyle::lines;
    double top = 1;            // the value at the upper edge; 0 is at the lower one
    int lineWidth = 1;         // device pixels
    std::vector<Layer> layers; // one a series
    StripGrid grid;
    bool operator==(const StripStyle&) const = default;
};

// The largest value that `style` would draw of these columns; NaN without any.
[[nodiscard]] double largestDrawn(const StripColumns& columns, const StripStyle& style);

// The same of columns that scroll: it looks only at those that are new. One thread.
class LargestDrawn {
public:
    // The change is what columns.update() returned since the last call.
    double update(const StripColumns& columns, const StripStyle& style,
                  StripColumns::Change change);

private:
    std::vector<double> m_tops; // a column each; minus infinity where nothing is drawn
    std::vector<bool> m_isVisible;
};

// A chart's data with its grid as opaque pixels, one device pixel a column: scrolling moves what is
// there and paints only new columns. A full redraw gives the same image, bit by bit (tested). GUI
// thread only.
class StripImage {
public:
    // The change is what columns.update() returned since the last call. tickColumns: absolute
    // numbers of the columns where a grid line begins, ascending.
    const QImage& update(const StripColumns& columns, const StripStyle& style, QSize size,
                         StripColumns::Change change,
                         const std::vector<std::int64_t>& tickColumns = {});
    [[nodiscard]] const QImage& image() const noexcept { return m_image; }

private:
    void scroll(std::size_t columns);
    // Columns [first, last).
    void paint(const StripColumns& columns, std::size_t first, std::size_t last);
    void paintGrid(const StripColumns& columns, std::size_t first, std::size_t last);
    void paintBase(std::size_t first, std::size_t last);
    void paintLines(const StripColumns& columns, std::size_t first, std::size_t last);
    void paintStack(const StripColumns& columns, std::size_t first, std::size_t last);

    QImage m_image;
    StripStyle m_style;
    std::vector<std::int64_t> m_tickColumns;
};

// The same data as shapes for PDF and SVG, within `area` and nowhere outside it: QSvgGenerator of
// Qt 6.4 ignores clipping. Gaps separate the pieces.
struct StripShape {
    QColor color;
    bool isFilled = false;
    double lineWidth = 1; // in units of `area`
    QPolygonF points;
};
[[nodiscard]] std::vector<StripShape> stripShapes(const StripColumns& columns,
                                                  const StripStyle& style, const QRectF& area);

} // namespace ringscope
