// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/strip_image.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

namespace ringscope {

namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

bool isDrawn(const StripColumns& columns, const StripStyle& style, std::size_t series) {
    return style.layers[series].isVisible && !columns.series()[series].isReadoutOnly;
}

// Where a line's value lies: pixel rows 0 (top) to height - 1.
int rowOf(double value, double top, int height) {
    const double share = std::clamp(value / top, 0.0, 1.0);
    return static_cast<int>(std::lround((1 - share) * (height - 1)));
}

// Where a layer's edge lies: between pixel rows, 0 to height.
int edgeOf(double value, double top, int height) {
    const double share = std::clamp(value / top, 0.0, 1.0);
    return static_cast<int>(std::lround((1 - share) * height));
}

bool isGap(const SeriesColumn& column) {
    return std::isnan(column.mean);
}

// Pixels of an image that nobody shares, without a detach check for each.
class Raster {
public:
    explicit Raster(QImage& image)
        : m_pixels(reinterpret_cast<QRgb*>(image.bits()))
        , m_stride(image.bytesPerLine() / static_cast<qsizetype>(sizeof(QRgb)))
        , m_height(image.height()) {}

    [[nodiscard]] QRgb* line(int y) const { return m_pixels + y * m_stride; }
    // The rows from `from` to `to` (both included) of one pixel column.
    void fillRun(std::size_t x, int from, int to, QRgb color) const {
        from = std::max(0, from);
        to = std::min(m_height - 1, to);
        QRgb* pixel = line(from) + x;
        for (int y = from; y <= to; ++y, pixel += m_stride) {
            *pixel = color;
        }
    }

private:
    QRgb* m_pixels;
    qsizetype m_stride;
    int m_height;
};

// Of two lines (sent and received, allocations and frees) the one below is wider, so that it is
// seen where both coincide.
int lineWidth(const StripColumns& columns, const StripStyle& style, std::size_t series) {
    std::size_t drawn = 0;
    std::size_t above = 0;
    for (std::size_t i = 0; i < columns.series().size(); ++i) {
        if (isDrawn(columns, style, i)) {
            ++drawn;
            above += i > series ? 1 : 0;
        }
    }
    return drawn == 2 && above == 1 ? style.lineWidth * 2 + 1 : style.lineWidth;
}

// Those of ascending column numbers that lie in [first, last).
std::span<const std::int64_t> within(const std::vector<std::int64_t>& columns, std::int64_t first,
                                     std::int64_t last) {
    const auto from = std::lower_bound(columns.begin(), columns.end(), first);
    return {from, std::lower_bound(from, columns.end(), std::max(first, last))};
}

// The mean of a layer and of all below it; NaN where every layer is a gap.
double stackTop(const StripColumns& columns, const StripStyle& style, std::size_t column) {
    double sum = kGap;
    for (std::size_t i = 0; i < columns.series().size(); ++i) {
        if (isDrawn(columns, style, i) && !isGap(columns.columns(i)[column])) {
            sum = (std::isnan(sum) ? 0 : sum) + std::max(0.0, columns.columns(i)[column].mean);
        }
    }
    return sum;
}

constexpr double kNothing = -std::numeric_limits<double>::infinity();

double topOfColumn(const StripColumns& columns, const StripStyle& style, std::size_t column) {
    double top = kNothing;
    if (style.style == ChartStyle::stacked) {
        const double sum = stackTop(columns, style, column);
        return std::isnan(sum) ? kNothing : sum;
    }
    for (std::size_t i = 0; i < columns.series().size(); ++i) {
        if (isDrawn(columns, style, i) && !std::isnan(columns.columns(i)[column].max)) {
            top = std::max(top, columns.columns(i)[column].max);
        }
    }
    return top;
}

} // namespace

double LargestDrawn::update(const StripColumns& columns, const StripStyle& style,
                            StripColumns::Change change) {
    std::vector<bool> isVisible;
    for (const StripStyle::Layer& layer : style.layers) {
        isVisible.push_back(layer.isVisible);
    }
    std::size_t first = 0;
    if (m_tops.size() == columns.count() && isVisible == m_isVisible) {
        const std::size_t shift = std::min(change.shift, m_tops.size());
        std::shift_left(m_tops.begin(), m_tops.end(), static_cast<std::ptrdiff_t>(shift));
        first = change.firstChanged;
    }
    m_tops.resize(columns.count());
    m_isVisible = std::move(isVisible);
    for (std::size_t column = first; column < m_tops.size(); ++column) {
        m_tops[column] = topOfColumn(columns, style, column);
    }
    double largest = kNothing;
    for (const double top : m_tops) {
        largest = std::max(largest, top);
    }
    return largest == kNothing ? kGap : largest;
}

double largestDrawn(const StripColumns& columns, const StripStyle& style) {
    return LargestDrawn().update(columns, style, {});
}

const QImage& StripImage::update(const StripColumns& columns, const StripStyle& style, QSize size,
                                 StripColumns::Change change,
                                 const std::vector<std::int64_t>& tickColumns) {
    const QSize wanted(static_cast<int>(columns.count()), size.height());
    std::size_t first = change.firstChanged;
    // The columns that are kept have the ticks that they are to have, as long as nobody chose
    // others.
    const std::int64_t kept = columns.geometry().firstColumn;
    const std::int64_t keptEnd = kept + static_cast<std::int64_t>(first);
    const bool keepsTicks = std::ranges::equal(within(m_tickColumns, kept, keptEnd),
                                               within(tickColumns, kept, keptEnd));
    m_tickColumns = tickColumns;
    if (m_image.size() != wanted || style != m_style) {
        if (m_image.size() != wanted) {
            m_image = QImage(wanted, QImage::Format_RGB32);
        }
        m_style = style;
        first = 0;
    } else if (change.shift < columns.count() && keepsTicks) {
        scroll(change.shift);
    } else {
        first = 0;
    }
    if (m_image.isNull()) {
        return m_image;
    }
    if (first > 0 && change.shift > 0) {
        // Was joined to a column that is gone, or has a part of a grid line that began in one.
        const int edge = std::max(1, m_style.grid.lineWidth - 1);
        paint(columns, 0, std::min(first, static_cast<std::size_t>(edge)));
    }
    if (first < columns.count()) {
        paint(columns, first, columns.count());
    }
    return m_image;
}

void StripImage::paint(const StripColumns& columns, std::size_t first, std::size_t last) {
    paintGrid(columns, first, last);
    if (m_style.style == ChartStyle::stacked) {
        paintStack(columns, first, last);
    } else {
        paintLines(columns, first, last);
    }
    paintBase(first, last);
}

void StripImage::scroll(std::size_t columns) {
    if (columns == 0) {
        return;
    }
    const std::size_t width = static_cast<std::size_t>(m_image.width());
    const Raster raster(m_image);
    for (int y = 0; y < m_image.height(); ++y) {
        QRgb* line = raster.line(y);
        std::memmove(line, line + columns, (width - columns) * sizeof(QRgb));
    }
}

void StripImage::paintGrid(const StripColumns& columns, std::size_t first, std::size_t last) {
    const Raster raster(m_image);
    const int height = m_image.height();
    const QRgb background = m_style.grid.background.rgb();
    const QRgb grid = m_style.grid.line.rgb();
    for (int y = 0; y < height; ++y) {
        QRgb* line = raster.line(y);
        std::fill(line + first, line + last, background);
    }
    const int width = m_style.grid.lineWidth;
    for (const double tick : m_style.grid.ticks) {
        const int from = rowOf(tick, m_style.top, height - width + 1);
        for (int y = std::max(0, from); y < std::min(height, from + width); ++y) {
            std::fill(raster.line(y) + first, raster.line(y) + last, grid);
        }
    }
    const std::int64_t zero = columns.geometry().firstColumn;
    const std::int64_t begin = zero + static_cast<std::int64_t>(first);
    const std::int64_t end = zero + static_cast<std::int64_t>(last);
    for (const std::int64_t tick : within(m_tickColumns, begin - width + 1, end)) {
        for (auto at = std::max(begin, tick); at < std::min(end, tick + width); ++at) {
            raster.fillRun(static_cast<std::size_t>(at - zero), 0, height - 1, grid);
        }
    }
}

void StripImage::paintBase(std::size_t first, std::size_t last) {
    if (!m_style.grid.base.isValid()) {
        return;
    }
    const Raster raster(m_image);
    const int height = m_image.height();
    for (int y = std::max(0, height - m_style.grid.lineWidth); y < height; ++y) {
        std::fill(raster.line(y) + first, raster.line(y) + last, m_style.grid.base.rgb());
    }
}

// A run from the column's minimum to its maximum, made long enough to touch where the column before
// it ended.
void StripImage::paintLines(const StripColumns& columns, std::size_t first, std::size_t last) {
    const Raster raster(m_image);
    const int height = m_image.height();
    for (std::size_t i = 0; i < columns.series().size(); ++i) {
        if (!isDrawn(columns, m_style, i)) {
            continue;
        }
        const int width = lineWidth(columns, m_style, i);
        const int above = (width - 1) / 2;
        const int below = width / 2;
        // Where the upper edge may lie: a line at zero is seen above the time axis.
        const int lowest = height - std::max(width, m_style.grid.lineWidth + 1);
        const QRgb color = m_style.layers[i].color.rgb();
        const std::vector<SeriesColumn>& values = columns.columns(i);
        for (std::size_t column = first; column < last; ++column) {
            const SeriesColumn& value = values[column];
            if (isGap(value)) {
                continue;
            }
            double low = value.min;
            double high = value.max;
            if (column > 0 && !std::isnan(values[column - 1].last)) {
                low = std::min(low, values[column - 1].last);
                high = std::max(high, values[column - 1].last);
            }
            raster.fillRun(column, std::min(rowOf(high, m_style.top, height) - above, lowest),
                           std::max(rowOf(low, m_style.top, height) + below, width - 1), color);
        }
    }
}

void StripImage::paintStack(const StripColumns& columns, std::size_t first, std::size_t last) {
    const Raster raster(m_image);
    const int height = m_image.height();
    for (std::size_t column = first; column < last; ++column) {
        double sum = 0;
        int lower = height;
        for (std::size_t i = 0; i < columns.series().size(); ++i) {
            if (!isDrawn(columns, m_style, i) || isGap(columns.columns(i)[column])) {
                continue;
            }
            sum += std::max(0.0, columns.columns(i)[column].mean);
            const int upper = edgeOf(sum, m_style.top, height);
            raster.fillRun(column, upper, lower - 1, m_style.layers[i].color.rgb());
            lower = upper;
        }
    }
}

namespace {

// Maps columns and values into `area`, and never out of it.
class Mapping {
public:
    Mapping(const StripColumns& columns, const StripStyle& style, const QRectF& area)
        : m_area(area)
        , m_perColumn(area.width() / static_cast<double>(std::max<std::size_t>(1, columns.count())))
        , m_top(style.top) {}

    [[nodiscard]] double x(std::size_t column, double within) const {
        return m_area.left() + (static_cast<double>(column) + within) * m_perColumn;
    }
    [[nodiscard]] double y(double value) const {
        return m_area.bottom() - std::clamp(value / m_top, 0.0, 1.0) * m_area.height();
    }

private:
    QRectF m_area;
    double m_perColumn;
    double m_top;
};

void addLine(std::vector<StripShape>& shapes, const std::vector<SeriesColumn>& values,
             const QColor& color, double width, const Mapping& map) {
    StripShape piece{color, false, width, {}};
    const auto finish = [&] {
        if (piece.points.size() == 1) { // alone between gaps: as wide as its column
            piece.points.append(piece.points.front() + QPointF(map.x(1, 0) - map.x(0, 0), 0));
        }
        if (!piece.points.isEmpty()) {
            shapes.push_back(piece);
            piece.points.clear();
        }
    };
    for (std::size_t column = 0; column < values.size(); ++column) {
        const SeriesColumn& value = values[column];
        if (isGap(value)) {
            finish();
            continue;
        }
        const double x = map.x(column, 0.5);
        // Extremes first in the order that leads from the column before, then where it ended.
        const bool comesFromAbove =
            !piece.points.isEmpty() && piece.points.back().y() < map.y((value.min + value.max) / 2);
        const double nearer = comesFromAbove ? value.max : value.min;
        const double farther = comesFromAbove ? value.min : value.max;
        for (const double v : {nearer, farther, value.last}) {
            if (std::isnan(v)) { // the column ends in a gap
                finish();
                continue;
            }
            const QPointF point(x, map.y(v));
            if (piece.points.isEmpty() || piece.points.back() != point) {
                piece.points.append(point);
            }
        }
    }
    finish();
}

// A layer as the area under the sum of it and all below: painted from the topmost down, so that no
// hairline shows between neighbours.
void addLayer(std::vector<StripShape>& shapes, const std::vector<double>& sums, const QColor& color,
              const Mapping& map) {
    std::size_t column = 0;
    while (column < sums.size()) {
        if (std::isnan(sums[column])) {
            ++column;
            continue;
        }
        StripShape piece{color, true, 0, {}};
        piece.points.append(QPointF(map.x(column, 0), map.y(0)));
        while (column < sums.size() && !std::isnan(sums[column])) {
            // Equal neighbours share one edge.
            const double y = map.y(sums[column]);
            const QPointF left(map.x(column, 0), y);
            if (piece.points.back() != left) {
                piece.points.append(left);
            }
            std::size_t next = column + 1;
            while (next < sums.size() && sums[next] == sums[column]) {
                ++next;
            }
            piece.points.append(QPointF(map.x(next, 0), y));
            column = next;
        }
        piece.points.append(QPointF(piece.points.back().x(), map.y(0)));
        shapes.push_back(piece);
    }
}

} // namespace

std::vector<StripShape> stripShapes(const StripColumns& columns, const StripStyle& style,
                                    const QRectF& area) {
    std::vector<StripShape> shapes;
    const Mapping map(columns, style, area);
    std::vector<double> sums(columns.count(), kGap);
    for (std::size_t i = 0; i < columns.series().size(); ++i) {
        if (!isDrawn(columns, style, i)) {
            continue;
        }
        const QColor& color = style.layers[i].color;
        if (style.style == ChartStyle::lines) {
            const bool isWide = lineWidth(columns, style, i) != style.lineWidth;
            addLine(shapes, columns.columns(i), color, isWide ? 3 : 1.2, map);
            continue;
        }
        for (std::size_t column = 0; column < columns.count(); ++column) {
            const double mean = columns.columns(i)[column].mean;
            if (!std::isnan(mean)) {
                sums[column] = (std::isnan(sums[column]) ? 0 : sums[column]) + std::max(0.0, mean);
            }
        }
        std::vector<StripShape> layer;
        addLayer(layer, sums, color, map);
        shapes.insert(shapes.begin(), layer.begin(), layer.end());
    }
    return shapes;
}

} // namespace ringscope
