// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/report_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QXmlStreamReader>

#include "tests/app/desktop/recorded_session.h"

namespace ringscope {
namespace {

using testing::HasSubstr;

QByteArray contentOf(const QString& path) {
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::ReadOnly)) << path.toStdString();
    return file.readAll();
}

ChartCommand chartTo(const QString& path, const std::string& chart = "messages") {
    ChartCommand command;
    command.file = recordedSession();
    command.chart = chart;
    command.output = path.toStdString();
    command.size = {600, 300};
    return command;
}

ReportCommand reportTo(const QString& path) {
    ReportCommand command;
    command.file = recordedSession();
    command.output = path.toStdString();
    return command;
}

TEST(ReportCommand, WritesAPageThatNeedsNothingElse) {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("r.html"));
    ReportCommand command = reportTo(path);
    command.title = "Release <2>";
    const auto done = runReport(command);
    ASSERT_TRUE(done) << done.error().message;
    const std::string html = contentOf(path).toStdString();
    EXPECT_THAT(html, HasSubstr("<h1>Release &lt;2&gt;</h1>"));
    for (const char* const part :
         {"Occupancy", "Messages", "Provenance", "Workers", "Physical memory by type",
          "Sampling and losses", "Summary", "Sizing", "Longest stall", "is enough for this load",
          "messages.sent", "producer", "Memory maps", "periodic"}) {
        EXPECT_THAT(html, HasSubstr(part));
    }
    EXPECT_GE(contentOf(path).count("<svg"), 4);
    EXPECT_EQ(contentOf(path).count("<script"), 0);
    EXPECT_EQ(contentOf(path).count("<link"), 0);
    EXPECT_EQ(contentOf(path).count("<?xml"), 0);
}

TEST(ReportCommand, WritesAPdf) {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("r.pdf"));
    const auto done = runReport(reportTo(path));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(contentOf(path).startsWith("%PDF-"));
    EXPECT_GT(contentOf(path).count("/Type /Page\n"), 2);
}

TEST(ChartCommand, WritesAPictureOfTheSizeAndScale) {
    const QTemporaryDir folder;
    ChartCommand command = chartTo(folder.filePath(QStringLiteral("m.png")));
    command.scale = 2;
    const auto done = runChart(command);
    ASSERT_TRUE(done) << done.error().message;
    const QImage picture(QString::fromStdString(command.output));
    EXPECT_EQ(picture.size(), QSize(1200, 600));
}

TEST(ChartCommand, WritesSvgThatIsWellFormed) {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("m.svg"));
    const auto done = runChart(chartTo(path));
    ASSERT_TRUE(done) << done.error().message;
    QXmlStreamReader reader(contentOf(path));
    while (!reader.atEnd()) {
        reader.readNext();
    }
    EXPECT_FALSE(reader.hasError()) << reader.errorString().toStdString();
}

TEST(ChartCommand, WritesTheSamplesOfItsTracksAsCsv) {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("m.csv"));
    const auto done = runChart(chartTo(path));
    ASSERT_TRUE(done) << done.error().message;
    const QByteArray csv = contentOf(path);
    EXPECT_TRUE(csv.contains("messages.sent"));
    EXPECT_TRUE(csv.contains("messages.received"));
    EXPECT_FALSE(csv.contains("memory.rss"));
    EXPECT_GT(csv.count('\n'), 20);
}

TEST(ChartCommand, NamesTheChartsThereAre) {
    const QTemporaryDir folder;
    const auto done = runChart(chartTo(folder.filePath(QStringLiteral("m.png")), "nonsense"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::usage);
    EXPECT_THAT(done.error().message, HasSubstr("messages"));
}

TEST(ReportCommand, RefusesAnEndingItCannotWrite) {
    ReportCommand command = reportTo(QStringLiteral("report.docx"));
    const auto done = runReport(command);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::usage);
    EXPECT_THAT(done.error().message, HasSubstr(".pdf, .html"));
}

TEST(ReportCommand, SaysThatTheFileIsMissing) {
    const QTemporaryDir folder;
    ReportCommand command = reportTo(folder.filePath(QStringLiteral("r.html")));
    command.file = "/nowhere/there.ringscope";
    const auto done = runReport(command);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::target);
    EXPECT_THAT(done.error().message, HasSubstr("/nowhere/there.ringscope"));
}

TEST(ReportCommand, SaysThatTheFileIsNoSession) {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("no.ringscope"));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(4096, 'x'));
    file.close();
    ReportCommand command = reportTo(folder.filePath(QStringLiteral("r.html")));
    command.file = path.toStdString();
    const auto done = runReport(command);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::damaged);
    EXPECT_FALSE(QFile::exists(folder.filePath(QStringLiteral("r.html"))));
}

TEST(ReportCommand, WritesWhatIsLeftOfADamagedFileAndFails) {
    const QTemporaryDir folder;
    const QString cut = folder.filePath(QStringLiteral("cut.ringscope"));
    QFile file(QString::fromStdString(recordedSession()));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    QFile part(cut);
    ASSERT_TRUE(part.open(QIODevice::WriteOnly));
    part.write(file.read(file.size() * 9 / 10));
    part.close();
    ReportCommand command = reportTo(folder.filePath(QStringLiteral("r.html")));
    command.file = cut.toStdString();
    const auto done = runReport(command);
    ASSERT_FALSE(done) << "damage is status 1, also of a report";
    EXPECT_EQ(done.error().kind, ErrorKind::failed);
    EXPECT_TRUE(QFile::exists(folder.filePath(QStringLiteral("r.html"))));
}

TEST(ReportCommand, LeavesNothingWhereItCannotWrite) {
    const auto done = runReport(reportTo(QStringLiteral("/nowhere/r.html")));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::failed);
    EXPECT_THAT(done.error().message, HasSubstr("/nowhere/r.html cannot be written"));
}

TEST(ReportCommand, RefusesARangeOutsideTheSession) {
    const QTemporaryDir folder;
    ReportCommand command = reportTo(folder.filePath(QStringLiteral("r.html")));
    command.range.fromNs = 3600 * kNsPerSecond;
    const auto done = runReport(command);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::usage);
}

} // namespace
} // namespace ringscope
