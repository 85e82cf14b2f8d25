// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/report_html.h"

#include <QDateTime>
#include <QStringList>
#include <QTimeZone>

#include <algorithm>
#include <cmath>

#include "app/desktop/summary_text.h"
#include "core/base/clock.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/memory/memory_type.h"
#include "core/session/map_record.h"
#include "core/session/series.h"
#include "core/session/sizing.h"
#include "widgets/tables/sizing_table.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

struct Cell {
    QString text;
    bool isNumber = false;
};
using Row = std::vector<Cell>;

QString fromStd(const std::string& text) {
    return QString::fromStdString(text);
}

Cell words(const QString& text) {
    return {text, false};
}
Cell words(const std::string& text) {
    return {fromStd(text), false};
}
Cell number(const QString& text) {
    return {text, true};
}

Cell value(double amount, Unit unit) {
    return {std::isnan(amount) ? QString() : fromStd(formatValue(amount, unit)), true};
}

QString table(const QStringList& heads, const std::vector<Row>& rows) {
    QString html = QStringLiteral("<table>");
    if (!heads.isEmpty()) {
        html += QStringLiteral("<thead><tr>");
        for (qsizetype i = 0; i < heads.size(); ++i) {
            const bool isNumber = !rows.empty() &&
                                  static_cast<std::size_t>(i) < rows.front().size() &&
                                  rows.front()[static_cast<std::size_t>(i)].isNumber;
            html += QStringLiteral("<th%1>%2</th>")
                        .arg(isNumber ? QStringLiteral(" class=\"n\"") : QString(),
                             heads[i].toHtmlEscaped());
        }
        html += QStringLiteral("</tr></thead>");
    }
    html += QStringLiteral("<tbody>");
    for (const Row& row : rows) {
        html += QStringLiteral("<tr>");
        for (const Cell& cell : row) {
            html += QStringLiteral("<td%1>%2</td>")
                        .arg(cell.isNumber ? QStringLiteral(" class=\"n\"") : QString(),
                             cell.text.toHtmlEscaped());
        }
        html += QStringLiteral("</tr>\n");
    }
    return html + QStringLiteral("</tbody></table>\n");
}

QString section(const QString& title, const QString& body) {
    return QStringLiteral("<section><h2>%1</h2>\n%2</section>\n").arg(title.toHtmlEscaped(), body);
}

QString css(const ThemeTokens& t) {
    return QStringLiteral(
               ":root{color-scheme:%1}"
               "body{font:14px/1.5 'DejaVu Sans',Verdana,sans-serif;background:%2;color:%3;"
               "margin:0 auto;max-width:1240px;padding:32px 24px 64px;"
               "font-variant-numeric:tabular-nums}"
               "h1{font-size:26px;line-height:1.25;margin:0 0 4px}"
               "h2{font-size:17px;margin:40px 0 8px}h3{font-size:14px;margin:0 0 6px}"
               "p,.sub{color:%4;margin:0 0 12px}"
               ".verdict{border-left:4px solid %5;background:%6;padding:10px 16px;color:%3;"
               "margin:16px 0}.verdict.bad{border-color:%7}"
               ".cards{display:flex;flex-wrap:wrap;gap:16px}"
               ".card{background:%6;border:1px solid %8;border-radius:6px;padding:12px 16px;"
               "flex:1 1 250px}.card table{width:100%}"
               ".card td{white-space:nowrap}"
               ".card td.n{white-space:normal;overflow-wrap:anywhere}"
               "table{border-collapse:collapse}"
               "th,td{padding:3px 16px 3px 0;text-align:left;vertical-align:top}"
               "th{color:%4;font-weight:600;border-bottom:1px solid %8}"
               "td.n,th.n{text-align:right;white-space:nowrap}"
               "td:last-child,th:last-child{padding-right:0}"
               "tr.bad td{color:%7;font-weight:600}"
               "figure{margin:16px 0;background:%6;border:1px solid %8;border-radius:6px;"
               "padding:12px;break-inside:avoid}"
               "figure svg{display:block;width:100%;height:auto}"
               "figcaption{color:%4;font-size:13px;margin-top:6px}"
               "pre{background:%6;border:1px solid %8;border-radius:6px;padding:12px;"
               "overflow-x:auto;font:12px/1.45 'DejaVu Sans Mono',monospace}"
               "footer{margin-top:48px;color:%4;font-size:12px}"
               "@media print{body{max-width:none;padding:0}section{break-inside:avoid-page}}")
        .arg(t.isDark ? QStringLiteral("dark") : QStringLiteral("light"), t.window.name(),
             t.text.name(), t.textSecondary.name(), t.slotColor(SlotState::reading).name(),
             t.panel.name(), t.error.name(), t.line.name());
}

QString wallTime(const Provenance& provenance, std::int64_t monotonicTimeNs) {
    const std::int64_t wallNs =
        provenance.startWallNs + (monotonicTimeNs - provenance.startMonotonicNs);
    return QDateTime::fromMSecsSinceEpoch(wallNs / kNsPerMs, Qt::UTC)
        .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss 'UTC'"));
}

QString secondsSinceStart(const SessionView& view, std::int64_t timeNs) {
    return QString::number(static_cast<double>(timeNs - view.startNs) /
                               static_cast<double>(kNsPerSecond),
                           'f', 3) +
           QStringLiteral(" s");
}

QString summaryCards(const RunSummary& summary) {
    QString html = QStringLiteral("<div class=\"cards\">\n");
    for (const SummarySection& part : summarySections(summary)) {
        html += QStringLiteral("<div class=\"card\"><h3>%1</h3><table><tbody>")
                    .arg(part.title.toHtmlEscaped());
        for (const SummaryLine& line : part.lines) {
            html += QStringLiteral("<tr%3><td>%1</td><td class=\"n\">%2</td></tr>")
                        .arg(line.name.toHtmlEscaped(), line.value.toHtmlEscaped(),
                             line.isProblem ? QStringLiteral(" class=\"bad\"") : QString());
        }
        html += QStringLiteral("</tbody></table></div>\n");
    }
    return html + QStringLiteral("</div>\n");
}

QString headOf(const ReportContent& content) {
    const SessionView& view = *content.view;
    QString html =
        QStringLiteral("<h1>%1</h1><p class=\"sub\">%2</p>\n")
            .arg(content.title.toHtmlEscaped(), QObject::tr("%1 on %2")
                                                    .arg(wallTime(*view.provenance, view.startNs),
                                                         fromStd(view.provenance->machine))
                                                    .toHtmlEscaped());
    if (content.summary) {
        html += QStringLiteral("<p class=\"verdict%1\">%2</p>\n")
                    .arg(content.summary->isAccountedFor ? QString() : QStringLiteral(" bad"),
                         summarySentence(*content.summary).toHtmlEscaped());
        html += section(QObject::tr("Summary"), summaryCards(*content.summary));
    }
    return html;
}

QString rangeStatistics(const ReportContent& content) {
    const SessionView& view = *content.view;
    std::vector<Row> rows;
    for (std::uint32_t group = 0; group < view.groups.size(); ++group) {
        const auto count = static_cast<std::uint32_t>(view.groups[group].tracks->size());
        for (std::uint32_t column = 0; column < count; ++column) {
            const TrackRef track{group, column};
            const TrackDescription& description = view.description(track);
            const SeriesStatistics s = seriesStatistics(view, track, content.fromNs, content.toNs);
            if (s.samples == 0) {
                continue;
            }
            const Unit unit = shownUnit(description);
            rows.push_back({words(description.name), value(s.min, unit), value(s.mean, unit),
                            value(s.max, unit), value(s.first, unit), value(s.last, unit),
                            value(s.total, description.unit), number(exactCount(s.samples))});
        }
    }
    return table({QObject::tr("Track"), QObject::tr("Min"), QObject::tr("Mean"), QObject::tr("Max"),
                  QObject::tr("First"), QObject::tr("Last"), QObject::tr("Total"),
                  QObject::tr("Samples")},
                 rows);
}

QString memoryByType(const ReportContent& content) {
    const SessionView& view = *content.view;
    std::vector<Row> rows;
    for (const MemoryType type : kMemoryTypes) {
        const auto track = view.find("memory.type." + std::string(memoryTypeName(type)));
        if (!track) {
            continue;
        }
        const SeriesStatistics s = seriesStatistics(view, *track, content.fromNs, content.toNs);
        if (s.samples == 0 || !(s.max > 0)) {
            continue;
        }
        rows.push_back({words(std::string(memoryTypeName(type))), value(s.last, Unit::bytes),
                        value(s.mean, Unit::bytes), value(s.max, Unit::bytes)});
    }
    return rows.empty() ? QString()
                        : section(QObject::tr("Physical memory by type"),
                                  table({QObject::tr("Type"), QObject::tr("At the end"),
                                         QObject::tr("Mean"), QObject::tr("Largest")},
                                        rows));
}

QString sizingTable(const ReportContent& content) {
    const auto sizing = sizingOf(*content.view, content.fromNs, content.toNs);
    std::vector<Row> rows;
    QString advice;
    for (const ChannelSizing& s : sizing) {
        rows.push_back({words(s.label), number(exactCount(s.capacity)),
                        number(exactCount(s.maxFill)), number(exactCount(s.minFree)),
                        value(static_cast<double>(s.atFullNs), Unit::nanoseconds),
                        value(s.atFullPercent(), Unit::percent),
                        value(static_cast<double>(s.atEmptyNs), Unit::nanoseconds),
                        value(s.atEmptyPercent(), Unit::percent),
                        value(static_cast<double>(s.longestReceiveStallNs), Unit::nanoseconds),
                        number(s.needed == 0 ? QString() : exactCount(s.needed)),
                        number(s.recommendedCapacity == 0 ? QObject::tr("none helps")
                                                          : exactCount(s.recommendedCapacity))});
        advice += QStringLiteral("<p>%1</p>\n")
                      .arg((sizing.size() == 1 ? fromStd(sizingSentence(s))
                                               : fromStd(s.label + ": " + sizingSentence(s)))
                               .toHtmlEscaped());
    }
    if (const QString backlog = backlogText(*content.view); !backlog.isEmpty()) {
        advice += QStringLiteral("<p>%1</p>\n").arg(backlog.toHtmlEscaped());
    }
    return rows.empty()
               ? QString()
               : section(QObject::tr("Sizing"),
                         advice + table({QObject::tr("Channel"), QObject::tr("Capacity"),
                                         QObject::tr("Max fill"), QObject::tr("Min free"),
                                         QObject::tr("At full"), QObject::tr("of the time"),
                                         QObject::tr("At empty"), QObject::tr("of the time"),
                                         QObject::tr("Longest stall"), QObject::tr("Needed"),
                                         QObject::tr("Advised")},
                                        rows));
}

QString workerTable(const SessionView& view) {
    if (view.workers == nullptr || view.workers->empty()) {
        return {};
    }
    std::vector<Row> rows;
    for (const WorkerRow& worker : *view.workers) {
        rows.push_back({words(worker.role), number(QString::number(worker.index)),
                        number(QString::number(worker.pid)), number(exactCount(worker.messages)),
                        number(exactCount(worker.fullWaits)), number(exactCount(worker.emptyWaits)),
                        value(static_cast<double>(worker.rssBytes), Unit::bytes),
                        words(worker.outcome)});
    }
    return section(QObject::tr("Workers"),
                   table({QObject::tr("Role"), QObject::tr("Index"), QObject::tr("PID"),
                          QObject::tr("Messages"), QObject::tr("Full waits"),
                          QObject::tr("Empty waits"), QObject::tr("RSS"), QObject::tr("Outcome")},
                         rows));
}

QString markerTable(const ReportContent& content) {
    const SessionView& view = *content.view;
    std::vector<Row> rows;
    if (view.markers != nullptr) {
        for (const Marker& marker : *view.markers) {
            if (marker.timeNs >= content.fromNs && marker.timeNs <= content.toNs) {
                rows.push_back(
                    {number(secondsSinceStart(view, marker.timeNs)), words(marker.text)});
            }
        }
    }
    return rows.empty() ? QString()
                        : section(QObject::tr("Markers"),
                                  table({QObject::tr("Time"), QObject::tr("What")}, rows));
}

QString mapTable(const ReportContent& content) {
    const SessionView& view = *content.view;
    std::vector<Row> rows;
    if (view.maps != nullptr) {
        for (const auto& map : *view.maps) {
            if (map->timeNs >= content.fromNs && map->timeNs <= content.toNs) {
                const MemorySums sums = map->sums.regionTotal();
                rows.push_back({number(secondsSinceStart(view, map->timeNs)),
                                words(map->label + " " + printableName(map->name)),
                                words(map->reason),
                                value(static_cast<double>(sums.rss), Unit::bytes),
                                value(static_cast<double>(sums.privateAndSwap()), Unit::bytes),
                                value(static_cast<double>(sums.pss), Unit::bytes)});
            }
        }
    }
    return rows.empty() ? QString()
                        : section(QObject::tr("Memory maps"),
                                  table({QObject::tr("Time"), QObject::tr("Process"),
                                         QObject::tr("Taken because"), QObject::tr("RSS"),
                                         QObject::tr("Private"), QObject::tr("PSS")},
                                        rows));
}

QString sourceTable(const SessionView& view) {
    std::vector<Row> rows;
    for (const SourceStatus& source : view.sources) {
        const double rate = source.periodNs > 0 ? static_cast<double>(kNsPerSecond) /
                                                      static_cast<double>(source.periodNs)
                                                : 0;
        rows.push_back({words(source.name),
                        number(QString::number(rate, 'g', 4) + QStringLiteral(" Hz")),
                        number(exactCount(source.samples)), number(exactCount(source.lost)),
                        number(fromStd(formatDuration(source.costNs)))});
    }
    QString html = table({QObject::tr("Source"), QObject::tr("Rate"), QObject::tr("Samples"),
                          QObject::tr("Lost"), QObject::tr("Cost of one")},
                         rows);
    html += view.damage.empty()
                ? QStringLiteral("<p>%1</p>").arg(QObject::tr("The file is complete."))
                : QStringLiteral("<p class=\"verdict bad\">%1</p>")
                      .arg(fromStd(view.damage).toHtmlEscaped());
    return section(QObject::tr("Sampling and losses"), html);
}

QString provenanceTable(const ReportContent& content) {
    const SessionView& view = *content.view;
    const Provenance& p = *view.provenance;
    std::vector<Row> rows{
        {words(QObject::tr("Observed")), words(p.scenario)},
        {words(QObject::tr("Started")), words(wallTime(p, view.startNs))},
        {words(QObject::tr("Part shown")), words(QObject::tr("%1 to %2 of %3")
                                                     .arg(secondsSinceStart(view, content.fromNs),
                                                          secondsSinceStart(view, content.toNs),
                                                          secondsSinceStart(view, view.endNs)))},
        {words(QObject::tr("Seed")), words(QString::number(p.seed))},
        {words(QObject::tr("Machine")), words(p.machine)},
        {words(QObject::tr("Kernel")), words(p.kernel)},
        {words(QObject::tr("Recorded by")), words("Ringscope " + p.version)},
    };
    QString html = table({}, rows);
    if (!p.scenarioToml.empty()) {
        html +=
            QStringLiteral("<h3 style=\"margin-top:16px\">%1</h3><pre>%2</pre>")
                .arg(QObject::tr("The scenario in full"), fromStd(p.scenarioToml).toHtmlEscaped());
    }
    return section(QObject::tr("Provenance"), html);
}

QString tablesOf(const ReportContent& content) {
    return sizingTable(content) + memoryByType(content) + workerTable(*content.view) +
           markerTable(content) + mapTable(content) +
           section(QObject::tr("Every track"), rangeStatistics(content)) +
           sourceTable(*content.view) + provenanceTable(content);
}

// For paper: what QTextDocument understands of CSS, in the light theme.
QString printed(const QString& body) {
    return QStringLiteral("<html><head><style>body{font-size:9pt;color:#1B1F24}"
                          "h1{font-size:18pt}h2{font-size:13pt;margin-top:14px}"
                          "h3{font-size:10pt;margin-top:8px;margin-bottom:2px}"
                          ".sub{color:#57606A}.bad{color:#B42318;font-weight:bold}"
                          "td,th{padding:1px 12px 1px 0}th{text-align:left}"
                          "pre{font-family:'DejaVu Sans Mono';font-size:7.5pt}"
                          "</style></head><body>%1</body></html>")
        .arg(body);
}

} // namespace

QString reportHeadHtml(const ReportContent& content) {
    return printed(headOf(content));
}

QString reportTablesHtml(const ReportContent& content) {
    return printed(tablesOf(content));
}

QByteArray reportHtml(const ReportContent& content) {
    const SessionView& view = *content.view;
    const ThemeTokens& tokens = content.isDark ? darkTokens() : lightTokens();
    QString html =
        QStringLiteral("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width\">"
                       "<meta name=\"generator\" content=\"Ringscope %1\">"
                       "<title>%2</title><style>%3</style></head><body>\n")
            .arg(fromStd(view.provenance->version).toHtmlEscaped(), content.title.toHtmlEscaped(),
                 css(tokens));
    html += headOf(content);
    html += QStringLiteral("<section><h2>%1</h2>\n").arg(QObject::tr("Charts"));
    QByteArray page = html.toUtf8();
    for (const ReportChart& chart : content.charts) {
        page += "<figure>";
        page += chart.svg;
        page += QStringLiteral("<figcaption>%1</figcaption></figure>\n")
                    .arg((chart.title + QStringLiteral(": ") + chart.help).toHtmlEscaped())
                    .toUtf8();
    }
    const QString rest = QStringLiteral("</section>\n") + tablesOf(content) +
                         QStringLiteral("<footer>%1</footer></body></html>\n")
                             .arg(QObject::tr("Written by Ringscope %1.")
                                      .arg(fromStd(view.provenance->version))
                                      .toHtmlEscaped());
    return page + rest.toUtf8();
}

} // namespace ringscope
