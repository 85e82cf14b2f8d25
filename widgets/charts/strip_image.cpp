// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/strip_image.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

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

} // namespace

double largestDrawn(const StripColumns& columns, const StripStyle& style) {
    double largest = kGap;
    const auto take = [&largest](double value) {
        if (!std::isnan(value) && !(value <= largest)) {
            largest = value;
        }
    };
    for (std::size_t column = 0; column < columns.count(); ++column) {
        if (style.style == ChartStyle::stacked) {
            take(stackTop(columns, style, column));
            continue;
        }
        for (std::size_t i = 0; i < columns.series().size(); ++i) {
            if (isDrawn(columns, style, i)) {
                take(columns.columns(i)[column].max);
            }
        }
    }
    return largest;
}

const QImage& StripImage::update(const StripColumns& columns, const StripStyle& style, QSize size,
                                 StripColumns::Change change) {
    const QSize wanted(static_cast<int>(columns.count()), size.height());
    std::size_t first = change.firstChanged;
    if (m_image.size() != wanted || style != m_style) {
        m_image = QImage(wanted, QImage::Format_ARGB32_Premultiplied);
        m_style = style;
        first = 0;
    } else if (change.shift < columns.count()) {
        scroll(change.shift);
    } else {
        first = 0;
    }
    if (m_image.isNull()) {
        return m_image;
    }
    if (first > 0 && change.shift > 0) {
        // It was joined to a column that is gone.
        paint(columns, 0, 1);
    }
    if (first < columns.count()) {
        paint(columns, first, columns.count());
    }
    return m_image;
}

void StripImage::paint(const StripColumns& columns, std::size_t first, std::size_t last) {
    clear(first, last);
    if (m_style.style == ChartStyle::stacked) {
        paintStack(columns, first, last);
    } else {
        paintLines(columns, first, last);
    }
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

void StripImage::clear(std::size_t first, std::size_t last) {
    const Raster raster(m_image);
    for (int y = 0; y < m_image.height(); ++y) {
        QRgb* line = raster.line(y);
        std::fill(line + first, line + last, 0U);
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
        const QRgb color = m_style.layers[i].color.rgb();
        const std::vector<SeriesColumn>& values = columns.columns(i);
        for (std::size_t column = first; column < last; ++column) {
            const SeriesColumn& value = values[column];
            if (isGap(value)) {
                continue;
            }
            double low = value.min;
            double high = value.max;
            if (column > 0 && !isGap(values[column - 1])) {
                low = std::min(low, values[column - 1].last);
                high = std::max(high, values[column - 1].last);
            }
            raster.fillRun(column, rowOf(high, m_style.top, height) - above,
                           rowOf(low, m_style.top, height) + below, color);
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
