// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/export_flow.h"

#include <QAction>
#include <QClipboard>
#include <QDateTime>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QImage>
#include <QRegularExpression>

#include <sstream>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/output_file.h"
#include "app/desktop/preferences.h"
#include "app/desktop/report_content.h"
#include "app/desktop/report_html.h"
#include "app/desktop/report_pdf.h"
#include "app/desktop/session_controller.h"
#include "app/desktop/window_actions.h"
#include "core/base/clock.h"
#include "core/export/csv.h"
#include "widgets/charts/chart_stack.h"

namespace ringscope {
namespace {

constexpr double kScale300Dpi = 300.0 / 96;
constexpr QSize kOneChart(1200, 400);

const QString kPng2x = QStringLiteral("PNG at 2x (*.png)");
const QString kPng1x = QStringLiteral("PNG at 1x (*.png)");
const QString kPng300 = QStringLiteral("PNG at 300 dpi (*.png)");

double scaleOf(const QString& filter) {
    return filter == kPng1x ? 1 : filter == kPng300 ? kScale300Dpi : 2;
}

// "*.svg" of "SVG (*.svg)": what is added to a name without an ending.
QString suffixOf(const QString& filter) {
    static const QRegularExpression pattern(QStringLiteral("\\*\\.([a-z]+)\\)"));
    return pattern.match(filter).captured(1);
}

} // namespace

ExportFlow::ExportFlow(QWidget& window, const Subject& subject, BackgroundJobs& jobs,
                       Preferences& preferences)
    : QObject(&window)
    , m_window(window)
    , m_subject(subject)
    , m_jobs(jobs)
    , m_preferences(preferences) {}

void ExportFlow::connectActions(const WindowActions& actions) {
    connect(actions.exportChart, &QAction::triggered, this, [this] { exportChart({}); });
    connect(actions.copyChart, &QAction::triggered, this, &ExportFlow::copyChart);
    connect(actions.exportAll, &QAction::triggered, this, [this] {
        askForCharts(tr("Export all charts"), shownCharts(), QStringLiteral("charts"));
    });
    connect(actions.exportReport, &QAction::triggered, this, [this] {
        ask(tr("Write report"), QStringLiteral("report"),
            {tr("HTML page (*.html)"), tr("PDF (*.pdf)")},
            [this](const QString& path, const QString&) { writeReport(path); });
    });
    connect(actions.exportCsv, &QAction::triggered, this, [this] {
        ask(tr("Export data"), QStringLiteral("data"), {tr("CSV (*.csv)")},
            [this](const QString& path, const QString&) { writeData(path); });
    });
}

void ExportFlow::ask(const QString& title, const QString& suggestion, const QStringList& filters,
                     std::function<void(const QString&, const QString&)> chosen) {
    auto* const dialog = new QFileDialog(&m_window, title, m_preferences.lastFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters(filters);
    dialog->setDefaultSuffix(suffixOf(filters.front()));
    dialog->selectFile(suggestedName(m_subject.controller.view()) + QLatin1Char('-') + suggestion);
    connect(dialog, &QFileDialog::filterSelected, dialog,
            [dialog](const QString& filter) { dialog->setDefaultSuffix(suffixOf(filter)); });
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, dialog, chosen = std::move(chosen)](const QString& path) {
                m_preferences.setLastFolder(QFileInfo(path).absolutePath());
                chosen(path, dialog->selectedNameFilter());
            });
    dialog->open();
}

void ExportFlow::askForCharts(const QString& title, const std::vector<ChartSpec>& charts,
                              const QString& suggestion) {
    ask(title, suggestion,
        {kPng2x, kPng1x, kPng300, tr("SVG (*.svg)"), tr("PDF (*.pdf)"), tr("CSV (*.csv)")},
        [this, charts](const QString& path, const QString& filter) {
            writeCharts(charts, path, scaleOf(filter));
        });
}

std::optional<ChartSpec> ExportFlow::chartOrCurrent(const std::string& name) const {
    const std::string wanted = name.empty() ? m_subject.charts.currentChart() : name;
    const std::vector<ChartSpec> shown = shownCharts();
    for (const ChartSpec& chart : shown) {
        if (chart.name == wanted) {
            return chart;
        }
    }
    return shown.empty() ? std::nullopt : std::optional(shown.front());
}

void ExportFlow::exportChart(const QString& name) {
    if (const auto chart = chartOrCurrent(name.toStdString())) {
        askForCharts(tr("Export chart %1").arg(QString::fromStdString(chart->title)), {*chart},
                     QString::fromStdString(chart->name));
    }
}

std::vector<ChartSpec> ExportFlow::shownCharts() const {
    std::vector<ChartSpec> shown;
    for (const ChartSpec& chart : m_subject.charts.charts()) {
        if (m_subject.charts.isChartShown(chart.name)) {
            shown.push_back(chart);
        }
    }
    return shown;
}

ChartPicture ExportFlow::pictureOf(const std::vector<ChartSpec>& charts, double scale) const {
    ChartPicture picture;
    picture.charts = charts;
    picture.range = m_subject.link.effectiveRange();
    picture.size = charts.size() == 1 ? kOneChart : pictureSizeFor(charts.size());
    picture.scale = scale;
    picture.tokens = m_subject.theme.tokens();
    if (charts.size() > 1) {
        picture.title = QString::fromStdString(m_subject.controller.view()->provenance->scenario);
    }
    return picture;
}

void ExportFlow::write(const QString& path, std::function<Expected<QByteArray>()> bytes) {
    m_jobs.run(
        this,
        [bytes = std::move(bytes), file = path.toStdString()](const std::stop_token&) {
            const auto made = bytes();
            return made ? writeOutput(file, *made) : Expected<void>(made.error());
        },
        [this, path](const Expected<void>& written) {
            if (written) {
                Q_EMIT done(tr("Wrote %1.").arg(path));
            } else {
                Q_EMIT failed(written.error());
            }
        });
}

void ExportFlow::writeCharts(const std::vector<ChartSpec>& charts, const QString& path,
                             double scale) {
    const auto format = outputFormat(path.toStdString(), {OutputFormat::png, OutputFormat::svg,
                                                          OutputFormat::pdf, OutputFormat::csv});
    if (!format) {
        Q_EMIT failed(format.error());
        return;
    }
    auto bytes = chartBytes(*m_subject.controller.view(), pictureOf(charts, scale), *format);
    write(path, [bytes = std::move(bytes)] { return bytes; });
}

void ExportFlow::writeReport(const QString& path) {
    const auto format = outputFormat(path.toStdString(), {OutputFormat::html, OutputFormat::pdf});
    if (!format) {
        Q_EMIT failed(format.error());
        return;
    }
    const bool isHtml = *format == OutputFormat::html;
    auto content = makeReport(m_subject.controller.view(), m_subject.controller.summary(),
                              m_subject.link.selection().value_or(m_subject.link.session()), {},
                              isHtml && m_subject.theme.tokens().isDark);
    if (!content) {
        Q_EMIT failed(content.error());
        return;
    }
    if (isHtml) {
        write(path, [content = std::move(*content)]() -> Expected<QByteArray> {
            return reportHtml(content);
        });
    } else {
        write(path, [bytes = reportPdf(*content)]() -> Expected<QByteArray> { return bytes; });
    }
}

void ExportFlow::writeData(const QString& path) {
    ExportSelection selection;
    if (const auto range = m_subject.link.selection()) {
        selection.fromNs = range->fromNs;
        selection.toNs = range->toNs;
    }
    write(path, [view = m_subject.controller.view(), selection]() -> Expected<QByteArray> {
        std::ostringstream text;
        if (auto written = writeCsv(*view, selection, text); !written) {
            return written.error();
        }
        return QByteArray::fromStdString(text.str());
    });
}

void ExportFlow::copyChart() {
    const auto chart = chartOrCurrent({});
    if (!chart) {
        return;
    }
    const auto bytes =
        renderCharts(*m_subject.controller.view(), pictureOf({*chart}, 2), PictureFormat::png);
    if (!bytes) {
        Q_EMIT failed(bytes.error());
        return;
    }
    QGuiApplication::clipboard()->setImage(QImage::fromData(*bytes));
    Q_EMIT done(tr("Copied the chart %1.").arg(QString::fromStdString(chart->title)));
}

QString ExportFlow::suggestedName(const std::shared_ptr<const SessionView>& view) {
    QString name = view == nullptr ? QStringLiteral("session")
                                   : QString::fromStdString(view->provenance->scenario);
    name.replace(QRegularExpression(QStringLiteral("[^A-Za-z0-9._-]+")), QStringLiteral("-"));
    if (view != nullptr) {
        name += QDateTime::fromMSecsSinceEpoch(view->provenance->startWallNs / kNsPerMs)
                    .toString(QStringLiteral("-yyyyMMdd-HHmmss"));
    }
    return name;
}

} // namespace ringscope
