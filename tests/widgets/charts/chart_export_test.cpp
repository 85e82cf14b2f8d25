// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_export.h"

#include <gtest/gtest.h>

#include <QImage>
#include <QRegularExpression>
#include <QSvgRenderer>
#include <QXmlStreamReader>

#include <map>

#include "tests/widgets/charts/chart_session.h"

namespace ringscope {

namespace {

ChartPicture pictureOf(const SessionView& view, const char* chart) {
    ChartPicture picture;
    picture.charts = {*findChart(chart)};
    picture.range = {view.startNs, view.endNs};
    picture.size = QSize(800, 300);
    return picture;
}

std::map<QString, int> elementsOf(const QByteArray& svg) {
    std::map<QString, int> count;
    QXmlStreamReader reader(svg);
    while (!reader.atEnd()) {
        if (reader.readNext() == QXmlStreamReader::StartElement) {
            ++count[reader.name().toString()];
        }
    }
    EXPECT_FALSE(reader.hasError()) << reader.errorString().toStdString();
    return count;
}

} // namespace

TEST(RenderCharts, PngHasItsSizeResolutionAndProvenance) {
    const auto view = chartSession(3000);
    ChartPicture picture = pictureOf(*view, "occupancy");
    for (const double scale : {1.0, 2.0, 300.0 / 96}) {
        picture.scale = scale;
        const auto bytes = renderCharts(*view, picture, PictureFormat::png);
        ASSERT_TRUE(bytes) << bytes.error().message;
        const QImage image = QImage::fromData(bytes.value(), "png");
        EXPECT_EQ(image.size(), (QSizeF(800, 300) * scale).toSize());
        EXPECT_NEAR(image.dotsPerMeterX() * 0.0254, 96 * scale, 0.5);
        EXPECT_TRUE(image.text(QStringLiteral("Description")).contains(QStringLiteral("Seed: 42")));
        EXPECT_TRUE(
            image.text(QStringLiteral("Description")).contains(QStringLiteral("Samples lost: 7")));
        EXPECT_TRUE(image.text(QStringLiteral("Title")).contains(QStringLiteral("steady")));
    }
}

TEST(RenderCharts, PngShowsEverySeries) {
    const auto view = chartSession(3000);
    for (const ThemeTokens& tokens : {lightTokens(), darkTokens()}) {
        ChartPicture picture = pictureOf(*view, "occupancy");
        picture.tokens = tokens;
        const auto bytes = renderCharts(*view, picture, PictureFormat::png);
        ASSERT_TRUE(bytes);
        const QImage image = QImage::fromData(bytes.value(), "png");
        std::map<QRgb, int> count;
        for (int y = 60; y < image.height(); ++y) { // below the legend
            for (int x = 0; x < image.width(); ++x) {
                ++count[image.pixel(x, y)];
            }
        }
        EXPECT_GT(count[tokens.series[0].rgb()], 500);
        EXPECT_GT(count[tokens.series[1].rgb()], 500);
        EXPECT_GT(count[tokens.panel.rgb()], image.width() * image.height() / 2);
    }
}

TEST(RenderCharts, SvgIsTextAndLinesAndNoPicture) {
    const auto view = chartSession(3000);
    const auto bytes = renderCharts(*view, pictureOf(*view, "occupancy"), PictureFormat::svg);
    ASSERT_TRUE(bytes) << bytes.error().message;
    auto count = elementsOf(bytes.value());
    EXPECT_GE(count[QStringLiteral("text")], 8);
    EXPECT_GE(count[QStringLiteral("polyline")], 4) << "two series in two pieces";
    EXPECT_EQ(count[QStringLiteral("image")], 0);
    EXPECT_EQ(count[QStringLiteral("metadata")], 1);
    EXPECT_EQ(count[QStringLiteral("title")], 1);
    EXPECT_TRUE(bytes.value().contains("Seed"));
    EXPECT_TRUE(bytes.value().contains("sans-serif"));
    EXPECT_TRUE(QSvgRenderer(bytes.value()).isValid());
}

TEST(RenderCharts, SvgHasNothingOutsideTheAxes) {
    const auto view = chartSession(3000);
    ChartPicture picture = pictureOf(*view, "occupancy");
    picture.charts[0].fixedMax = 40; // the data goes far above
    const auto bytes = renderCharts(*view, picture, PictureFormat::svg);
    ASSERT_TRUE(bytes);
    static const QRegularExpression points(QStringLiteral("<polyline[^>]*points=\"([^\"]*)\""));
    int seen = 0;
    auto match = points.globalMatch(QString::fromUtf8(bytes.value()));
    while (match.hasNext()) {
        const QStringList pairs =
            match.next().captured(1).split(QLatin1Char(' '), Qt::SkipEmptyParts);
        for (const QString& pair : pairs) {
            const double y = pair.section(QLatin1Char(','), 1, 1).toDouble();
            const double x = pair.section(QLatin1Char(','), 0, 0).toDouble();
            EXPECT_GE(y, 0);
            EXPECT_LE(y, 300 - 40) << "below the axis";
            EXPECT_GE(x, 0);
            EXPECT_LE(x, 800);
            ++seen;
        }
    }
    EXPECT_GT(seen, 500);
}

TEST(RenderCharts, EveryTickHasItsLabel) {
    // QCustomPlot leaves out a label that would be cut at the plot's edge.
    const auto view = chartSession(3000);
    ChartPicture picture = pictureOf(*view, "occupancy");
    picture.charts = defaultCharts(*view);
    picture.size = pictureSizeFor(picture.charts.size());
    auto bytes = renderCharts(*view, picture, PictureFormat::svg);
    ASSERT_TRUE(bytes);
    const QByteArray texts = bytes.value().replace(" </text>", "</text>");
    for (const char* label : {">100 %<", ">00:00:00.5<"}) {
        EXPECT_TRUE(texts.contains(label)) << label;
    }
    EXPECT_EQ(texts.count(">0<"), static_cast<qsizetype>(picture.charts.size()));
}

TEST(RenderCharts, StackIsFilledAreasInSvg) {
    const auto view = chartSession(3000);
    const auto bytes = renderCharts(*view, pictureOf(*view, "memory-types"), PictureFormat::svg);
    ASSERT_TRUE(bytes);
    EXPECT_TRUE(
        bytes.value().contains(lightTokens().memoryTypeColor(MemoryType::heap).name().toLatin1()));
    EXPECT_EQ(elementsOf(bytes.value())[QStringLiteral("image")], 0);
}

TEST(RenderCharts, PdfHasItsPageSizeTitleAndProvenance) {
    const auto view = chartSession(3000);
    const auto bytes = renderCharts(*view, pictureOf(*view, "messages"), PictureFormat::pdf);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_TRUE(bytes.value().startsWith("%PDF-1."));
    EXPECT_TRUE(bytes.value().contains("/MediaBox [0 0 600"));
    EXPECT_TRUE(bytes.value().contains("Seed: 42"));
    EXPECT_FALSE(bytes.value().contains("/Subtype /Image"));
}

TEST(RenderCharts, SeveralChartsShareOnePicture) {
    const auto view = chartSession(3000);
    ChartPicture picture = pictureOf(*view, "occupancy");
    picture.charts = defaultCharts(*view);
    picture.size = pictureSizeFor(picture.charts.size());
    const auto bytes = renderCharts(*view, picture, PictureFormat::svg);
    ASSERT_TRUE(bytes) << bytes.error().message;
    for (const char* title : {"Occupancy", "Messages", "Physical memory"}) {
        EXPECT_TRUE(bytes.value().contains(title));
    }
}

TEST(RenderCharts, HiddenSeriesIsLeftOut) {
    const auto view = chartSession(3000);
    ChartPicture picture = pictureOf(*view, "messages");
    picture.hidden["messages"] = {"messages.received"};
    const auto bytes = renderCharts(*view, picture, PictureFormat::svg);
    ASSERT_TRUE(bytes);
    EXPECT_TRUE(bytes.value().contains("messages.sent"));
    EXPECT_FALSE(bytes.value().contains("messages.received"));
}

TEST(RenderCharts, WhatCannotBeDrawnIsAnErrorInWords) {
    const auto view = chartSession(100);
    ChartPicture picture = pictureOf(*view, "latency");
    EXPECT_NE(renderCharts(*view, picture, PictureFormat::png).error().message.find("latency"),
              std::string::npos);
    picture = pictureOf(*view, "messages");
    picture.size = QSize(800, 60);
    EXPECT_FALSE(renderCharts(*view, picture, PictureFormat::png));
    picture = pictureOf(*view, "messages");
    picture.range = {5, 5};
    EXPECT_FALSE(renderCharts(*view, picture, PictureFormat::png));
    picture = pictureOf(*view, "messages");
    picture.scale = 1000;
    EXPECT_FALSE(renderCharts(*view, picture, PictureFormat::png));
    picture.charts.clear();
    EXPECT_FALSE(renderCharts(*view, picture, PictureFormat::png));
}

} // namespace ringscope
