// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_export.h"

#include <QBuffer>
#include <QFontMetrics>
#include <QImage>
#include <QImageWriter>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "widgets/charts/axis_ticks.h"
#include "widgets/charts/chart_plot.h"
#include "widgets/charts/marker_glyph.h"
#include "widgets/charts/provenance_text.h"
#include "widgets/charts/strip_columns.h"
#include "widgets/charts/strip_image.h"

namespace ringscope {

namespace {

constexpr int kUnitsPerInch = 96;
constexpr int kMargin = 12;
constexpr int kTitleHeight = 28;
constexpr int kLegendHeight = 22;
constexpr int kLegendLine = 18;
constexpr int kTimeHeight = 24;
constexpr int kFooterHeight = 20;
constexpr int kSmallestPlot = 40;
constexpr int kLargestSide = 20'000; // units; a picture of pixels has at most this many as well

// In pixels of 1/96 inch, whatever the device's own resolution.
QFont pictureFont(const QFont& font) {
    QFont sized = font;
    sized.setPixelSize(static_cast<int>(std::lround(font.pointSizeF() * kUnitsPerInch / 72)));
    return sized;
}

// One chart of the picture: its data, and where it lies.
struct Panel {
    ChartSpec spec;
    StripColumns columns;
    StripStyle style;
    std::unique_ptr<ChartPlot> plot;
    PlotFrame frame;
    QSize plotSize;
};

class Picture {
public:
    Picture(const SessionView& view, const ChartPicture& what, double scale)
        : m_view(view)
        , m_what(what)
        , m_scale(scale)
        , m_body(pictureFont(bodyFont()))
        , m_heading(pictureFont(headingFont()))
        , m_leftMargin(what.labelRoom) {}

    Expected<void> layOut();
    void paint(QCPPainter& painter);
    [[nodiscard]] int leftMargin() const { return m_leftMargin; }

private:
    [[nodiscard]] bool isDrawn(const ChartSpec& spec, const ChartSeries& series) const;
    void fillPanel(Panel& panel, int leftMargin, bool isLast);
    void paintLegend(QCPPainter& painter, const Panel& panel, int y);
    void paintMarkers(QCPPainter& painter, const Panel& panel, int y);
    [[nodiscard]] int legendLines(const Panel& panel) const;
    [[nodiscard]] int plotWidth() const { return m_what.size.width() - 2 * kMargin; }

    const SessionView& m_view;
    const ChartPicture& m_what;
    double m_scale;
    QFont m_body;
    QFont m_heading;
    std::vector<Panel> m_panels;
    int m_leftMargin;
};

bool Picture::isDrawn(const ChartSpec& spec, const ChartSeries& series) const {
    if (series.isReadoutOnly) {
        return false;
    }
    // In a stack nothing is nothing: only its legend would be seen.
    if (spec.style == ChartStyle::stacked &&
        !(chartStatistics(m_view, series, m_what.range.fromNs, m_what.range.toNs).max > 0)) {
        return false;
    }
    const auto chosen = m_what.hidden.find(spec.name);
    return chosen == m_what.hidden.end() ? series.isShownAtFirst
                                         : !chosen->second.contains(series.label);
}

// Swatch, label and mean of each series, broken into lines; also measures them.
int Picture::legendLines(const Panel& panel) const {
    const QFontMetrics metrics(m_body);
    const int start =
        QFontMetrics(m_heading).horizontalAdvance(QString::fromStdString(panel.spec.title)) +
        kSpaceGroups;
    int x = start;
    int lines = 1;
    for (const ChartSeries& series : panel.columns.series()) {
        if (isDrawn(panel.spec, series)) {
            const int width = metrics.horizontalAdvance(QString::fromStdString(series.label)) + 110;
            if (x + width > plotWidth() && x > start) {
                x = start;
                ++lines;
            }
            x += width;
        }
    }
    return lines;
}

Expected<void> Picture::layOut() {
    int legends = 0;
    for (const ChartSpec& spec : m_what.charts) {
        Panel panel;
        panel.spec = spec;
        panel.columns.setSeries(chartSeries(spec, m_view));
        if (panel.columns.series().empty()) {
            return makeError(ErrorKind::usage, "chart '" + spec.name +
                                                   "' has no data in this session; choose one that "
                                                   "--list names");
        }
        panel.style.style = spec.style;
        for (const ChartSeries& series : panel.columns.series()) {
            panel.style.layers.push_back({series.color(m_what.tokens), isDrawn(spec, series)});
        }
        legends += kLegendHeight + (legendLines(panel) - 1) * kLegendLine;
        m_panels.push_back(std::move(panel));
    }
    const int count = static_cast<int>(m_panels.size());
    const int fixed = 2 * kMargin + (m_what.title.isEmpty() ? 0 : kTitleHeight) + legends +
                      kTimeHeight + kFooterHeight;
    const int each = (m_what.size.height() - fixed) / count;
    if (each < kSmallestPlot || plotWidth() < 200) {
        return makeError(ErrorKind::usage, "a picture of " + std::to_string(m_what.size.width()) +
                                               "x" + std::to_string(m_what.size.height()) +
                                               " is too small for " + std::to_string(count) +
                                               " chart(s); ask for at least " +
                                               std::to_string(200 + 2 * kMargin) + "x" +
                                               std::to_string(fixed + count * kSmallestPlot));
    }
    for (int pass = 0; pass < 2; ++pass) { // the second with the widest labels known
        for (int i = 0; i < count; ++i) {
            Panel& panel = m_panels[static_cast<std::size_t>(i)];
            const bool isLast = i + 1 == count;
            panel.plotSize = QSize(plotWidth(), each + (isLast ? kTimeHeight : 0));
            fillPanel(panel, m_leftMargin, isLast);
        }
        for (const Panel& panel : m_panels) {
            m_leftMargin = std::max(m_leftMargin, panel.plot->labelWidth(panel.frame.valueTicks));
        }
    }
    return {};
}

void Picture::fillPanel(Panel& panel, int leftMargin, bool isLast) {
    panel.plot = std::make_unique<ChartPlot>();
    panel.plot->prepareExport(panel.plotSize, m_scale);
    panel.plot->setTheme(m_what.tokens);
    panel.plot->setLabelFont(m_body);
    panel.plot->setTimeLabelsShown(isLast);
    panel.plot->setPlotMargins(QMargins(leftMargin, 9, 36, isLast ? 9 + kTimeHeight : 9));
    const QRect area = panel.plot->plotRect();
    const StripGeometry geometry = stripGeometry(m_what.range, panel.plot->columnsWanted());
    const StripColumns::Change change = panel.columns.update(m_view, geometry);
    const int maxTicks = std::max(1, area.height() / 28);
    panel.frame.geometry = geometry;
    panel.frame.startNs = timeZeroNs(m_view);
    panel.frame.valueAxis =
        panel.spec.fixedMax > 0
            ? fixedValueAxis(panel.spec.fixedMax, maxTicks)
            : valueAxisFor(largestDrawn(panel.columns, panel.style), panel.spec.unit, maxTicks);
    panel.frame.valueTicks = panel.frame.valueAxis.ticks(panel.spec.unit, m_what.byteScale);
    panel.frame.timeTicks = timeTicks({geometry.fromNs(), geometry.toNs()}, panel.frame.startNs,
                                      std::max(1, area.width() / 120));
    panel.style.top = panel.frame.valueAxis.top;
    panel.style.lineWidth = std::max(1, static_cast<int>(std::lround(1.5 * m_scale)));
    panel.plot->setMarkers(m_view.markers);
    panel.plot->setFrame(panel.frame, panel.columns, panel.style, change);
}

void Picture::paintLegend(QCPPainter& painter, const Panel& panel, int y) {
    const ThemeTokens& tokens = m_what.tokens;
    const QFontMetrics metrics(m_body);
    painter.setFont(m_heading);
    painter.setPen(tokens.text);
    const QString title = QString::fromStdString(panel.spec.title);
    painter.drawText(QRect(kMargin, y, plotWidth(), kLegendHeight), Qt::AlignVCenter, title);
    const int start = QFontMetrics(m_heading).horizontalAdvance(title) + kSpaceGroups;
    int x = start;
    painter.setFont(m_body);
    for (const ChartSeries& series : panel.columns.series()) {
        if (!isDrawn(panel.spec, series)) {
            continue;
        }
        const QString label = QString::fromStdString(series.label);
        const int width = metrics.horizontalAdvance(label) + 110;
        if (x + width > plotWidth() && x > start) {
            x = start;
            y += kLegendLine;
        }
        const double mean = chartMean(m_view, series, m_what.range.fromNs, m_what.range.toNs);
        painter.fillRect(QRectF(kMargin + x, y + 6, 10, 10), series.color(tokens));
        painter.setPen(tokens.textSecondary);
        painter.drawText(QRect(kMargin + x + 16, y, width, kLegendHeight), Qt::AlignVCenter, label);
        if (!std::isnan(mean)) {
            painter.setPen(tokens.text);
            painter.drawText(
                QRect(kMargin + x + 22 + metrics.horizontalAdvance(label), y, 90, kLegendHeight),
                Qt::AlignVCenter,
                QStringLiteral("ø ") +
                    QString::fromStdString(formatValue(mean, series.unit, m_what.byteScale)));
        }
        x += width;
    }
}

void Picture::paintMarkers(QCPPainter& painter, const Panel& panel, int y) {
    if (!m_view.markers) {
        return;
    }
    const QRect area = panel.plot->plotRect();
    const StripGeometry& geometry = panel.frame.geometry;
    for (const Marker& marker : *m_view.markers) {
        if (marker.timeNs >= geometry.fromNs() && marker.timeNs < geometry.toNs()) {
            const double share = static_cast<double>(marker.timeNs - geometry.fromNs()) /
                                 static_cast<double>(geometry.toNs() - geometry.fromNs());
            drawMarkerGlyph(painter, marker.kind,
                            QPointF(kMargin + area.left() + share * area.width(), y),
                            m_what.tokens);
        }
    }
}

void Picture::paint(QCPPainter& painter) {
    const ThemeTokens& tokens = m_what.tokens;
    painter.fillRect(QRect(QPoint(0, 0), m_what.size), tokens.panel);
    int y = kMargin;
    if (!m_what.title.isEmpty()) {
        painter.setFont(pictureFont(titleFont()));
        painter.setPen(tokens.text);
        painter.drawText(QRect(kMargin, y, plotWidth(), kTitleHeight - 6), Qt::AlignVCenter,
                         m_what.title);
        y += kTitleHeight;
    }
    bool isFirst = true;
    for (Panel& panel : m_panels) {
        paintLegend(painter, panel, y);
        y += kLegendHeight + (legendLines(panel) - 1) * kLegendLine;
        painter.save();
        painter.translate(kMargin, y);
        panel.plot->paintTo(painter, panel.plotSize);
        painter.restore();
        if (isFirst) {
            paintMarkers(painter, panel, y + 7);
            isFirst = false;
        }
        y += panel.plotSize.height();
    }
    const QFontMetrics metrics(m_body);
    painter.setFont(m_body);
    painter.setPen(tokens.textSecondary);
    painter.drawText(QRect(kMargin, m_what.size.height() - kMargin - kFooterHeight + 4, plotWidth(),
                           kFooterHeight),
                     Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(provenanceLine(m_view), Qt::ElideRight, plotWidth()));
}

QString pictureTitle(const SessionView& view, const ChartPicture& picture) {
    QString title = picture.title;
    if (title.isEmpty()) {
        QStringList names;
        for (const ChartSpec& spec : picture.charts) {
            names.append(QString::fromStdString(spec.title));
        }
        title = names.join(QStringLiteral(", "));
    }
    const QString scenario =
        view.provenance ? QString::fromStdString(view.provenance->scenario) : QString();
    return scenario.isEmpty() ? title : title + QStringLiteral(" – ") + scenario;
}

QString pictureDescription(const SessionView& view, const ChartPicture& picture) {
    const std::int64_t zero = timeZeroNs(view);
    QStringList lines{QStringLiteral("From %1 to %2")
                          .arg(formatMoment(picture.range.fromNs - zero, 1'000'000),
                               formatMoment(picture.range.toNs - zero, 1'000'000))};
    for (const auto& [name, value] : provenanceText(view)) {
        lines.append(name + QStringLiteral(": ") + value);
    }
    return lines.join(QLatin1Char('\n'));
}

Expected<QByteArray> asPng(const SessionView& view, const ChartPicture& what, Picture& picture) {
    QImage image((QSizeF(what.size) * what.scale).toSize(), QImage::Format_RGB32);
    if (image.isNull()) {
        return makeError(ErrorKind::failed,
                         "no memory for a picture of this size; ask for a smaller "
                         "size or scale");
    }
    image.setDotsPerMeterX(static_cast<int>(std::lround(kUnitsPerInch / 0.0254)));
    image.setDotsPerMeterY(image.dotsPerMeterX());
    image.fill(what.tokens.panel);
    {
        QCPPainter painter(&image);
        painter.setMode(QCPPainter::pmNoCaching);
        painter.scale(what.scale, what.scale);
        picture.paint(painter);
    }
    // Only now: fonts and pens were sized for 96 dpi.
    const int perMeter = static_cast<int>(std::lround(kUnitsPerInch * what.scale / 0.0254));
    image.setDotsPerMeterX(perMeter);
    image.setDotsPerMeterY(perMeter);
    image.setText(QStringLiteral("Title"), pictureTitle(view, what));
    image.setText(QStringLiteral("Software"), QStringLiteral("Ringscope"));
    image.setText(QStringLiteral("Description"), pictureDescription(view, what));
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!QImageWriter(&buffer, "png").write(image)) {
        return makeError(ErrorKind::failed, "the picture could not be written as PNG");
    }
    return bytes;
}

Expected<QByteArray> asSvg(const SessionView& view, const ChartPicture& what, Picture& picture) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(kUnitsPerInch);
    generator.setSize(what.size);
    generator.setViewBox(QRect(QPoint(0, 0), what.size));
    // It writes both as they are.
    generator.setTitle(pictureTitle(view, what).toHtmlEscaped());
    generator.setDescription(pictureDescription(view, what).toHtmlEscaped());
    {
        QCPPainter painter(&generator);
        // toPainter() sets pmNoCaching alone; without pmVectorized the data would be a bitmap.
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        picture.paint(painter);
    }
    // A family for readers without DejaVu Sans.
    bytes.replace("font-family=\"DejaVu Sans\"", "font-family=\"DejaVu Sans, sans-serif\"");
    QByteArray metadata = "<metadata>\n";
    for (const auto& [name, value] : provenanceText(view)) {
        metadata += QStringLiteral("<ringscope:entry xmlns:ringscope=\"urn:ringscope\" name=\"%1\">"
                                   "%2</ringscope:entry>\n")
                        .arg(name.toHtmlEscaped(), value.toHtmlEscaped())
                        .toUtf8();
    }
    metadata += "</metadata>\n";
    const qsizetype at = bytes.indexOf("<defs>");
    if (at < 0) {
        return makeError(ErrorKind::failed, "the picture could not be written as SVG");
    }
    bytes.insert(at, metadata);
    return bytes;
}

QByteArray xmp(const QString& title, const QString& description) {
    return QStringLiteral(
               "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>\n"
               "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
               "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
               "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
               "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>%1</rdf:li></rdf:Alt></dc:title>"
               "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>%2</rdf:li></rdf:Alt>"
               "</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>\n"
               "<?xpacket end='w'?>")
        .arg(title.toHtmlEscaped(), description.toHtmlEscaped())
        .toUtf8();
}

Expected<QByteArray> asPdf(const SessionView& view, const ChartPicture& what, Picture& picture) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(kUnitsPerInch);
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    writer.setPageSize(QPageSize(QSizeF(what.size) / kUnitsPerInch, QPageSize::Inch, QString(),
                                 QPageSize::ExactMatch));
    const QString title = pictureTitle(view, what);
    writer.setTitle(title);
    writer.setCreator(QStringLiteral("Ringscope"));
    writer.setDocumentXmpMetadata(xmp(title, pictureDescription(view, what)));
    {
        QCPPainter painter;
        if (!painter.begin(&writer)) {
            return makeError(ErrorKind::failed, "the picture could not be written as PDF");
        }
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        picture.paint(painter);
    }
    return bytes;
}

} // namespace

std::vector<std::string> chartTrackPatterns(const ChartSpec& spec) {
    std::vector<std::string> patterns = spec.tracks;
    patterns.insert(patterns.end(), spec.readouts.begin(), spec.readouts.end());
    return patterns;
}

QSize pictureSizeFor(std::size_t charts) {
    return {1200, 100 + static_cast<int>(std::max<std::size_t>(1, charts)) * 180};
}

Expected<int> labelRoomFor(const SessionView& view, const ChartPicture& what) {
    Picture picture(view, what, 1);
    if (auto laidOut = picture.layOut(); !laidOut) {
        return laidOut.error();
    }
    return picture.leftMargin();
}

Expected<QByteArray> renderCharts(const SessionView& view, const ChartPicture& what,
                                  PictureFormat format) {
    if (what.charts.empty()) {
        return makeError(ErrorKind::usage, "no chart was asked for; choose some that --list names");
    }
    if (what.range.spanNs() <= 0) {
        return makeError(ErrorKind::usage, "the time range is empty; its end must lie after its "
                                           "beginning");
    }
    const double longest = std::max(what.size.width(), what.size.height()) *
                           (format == PictureFormat::png ? what.scale : 1);
    if (!(what.scale > 0) || longest > kLargestSide) {
        return makeError(ErrorKind::usage, "a picture may have at most " +
                                               std::to_string(kLargestSide) +
                                               " pixels a side; ask for a smaller size or scale");
    }
    // Shapes need no more than one column a unit.
    Picture picture(view, what, format == PictureFormat::png ? what.scale : 1);
    if (auto laidOut = picture.layOut(); !laidOut) {
        return laidOut.error();
    }
    switch (format) {
    case PictureFormat::png:
        return asPng(view, what, picture);
    case PictureFormat::svg:
        return asSvg(view, what, picture);
    case PictureFormat::pdf:
        return asPdf(view, what, picture);
    }
    return makeError(ErrorKind::usage, "this picture format is not known");
}

} // namespace ringscope
