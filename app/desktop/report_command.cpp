// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/report_command.h"

#include <cstdio>
#include <string>

#include "app/desktop/output_file.h"
#include "app/desktop/report_content.h"
#include "app/desktop/report_html.h"
#include "app/desktop/report_pdf.h"
#include "core/base/units.h"
#include "core/session/session_file.h"
#include "widgets/charts/chart_export.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

Expected<TimeRange> rangeIn(const SessionView& view, const TimeLimits& limits) {
    TimeRange range{view.startNs, view.endNs};
    if (limits.fromNs) {
        range.fromNs = view.startNs + *limits.fromNs;
    }
    if (limits.toNs) {
        range.toNs = std::min(range.toNs, view.startNs + *limits.toNs);
    }
    if (range.fromNs >= range.toNs) {
        return makeError(ErrorKind::usage,
                         "--from and --to leave nothing of the session, which is " +
                             formatDuration(view.endNs - view.startNs) +
                             " long; give an earlier --from or a later --to");
    }
    return range;
}

std::string chartNames(const SessionView& view) {
    std::string names;
    for (const ChartSpec& chart : defaultCharts(view)) {
        names += (names.empty() ? "" : ", ") + chart.name;
    }
    return names;
}

// What is damaged is used as far as it goes; then that is the result.
Expected<void> withDamage(const Expected<void>& done, const SessionView& view) {
    return done && !view.damage.empty() ? makeError(ErrorKind::failed, view.damage) : done;
}

Expected<ChartSpec> chartNamed(const SessionView& view, const std::string& name) {
    for (const ChartSpec& chart : defaultCharts(view)) {
        if (chart.name == name) {
            return chart;
        }
    }
    return makeError(ErrorKind::usage, "There is no chart '" + name + "' in this session; it has " +
                                           chartNames(view));
}

void listCharts(const SessionView& view) {
    for (const ChartSpec& chart : defaultCharts(view)) {
        std::printf("%-16s %s\n", chart.name.c_str(), chart.help.c_str());
    }
}

} // namespace

Expected<void> runReport(const ReportCommand& command) {
    const auto format = outputFormat(command.output, {OutputFormat::html, OutputFormat::pdf});
    if (!format) {
        return format.error();
    }
    const auto file = SessionFile::open(command.file);
    if (!file) {
        return file.error();
    }
    const auto range = rangeIn(*file->view, command.range);
    if (!range) {
        return range.error();
    }
    // Paper is white.
    const bool isDark = command.theme == ThemeChoice::dark && *format == OutputFormat::html;
    const auto content = makeReport(file->view, file->summary, *range,
                                    QString::fromStdString(command.title), isDark);
    if (!content) {
        return content.error();
    }
    return withDamage(writeOutput(command.output, *format == OutputFormat::html
                                                      ? reportHtml(*content)
                                                      : reportPdf(*content)),
                      *file->view);
}

Expected<void> runChart(const ChartCommand& command) {
    const auto file = SessionFile::open(command.file);
    if (!file) {
        return file.error();
    }
    const SessionView& view = *file->view;
    if (command.isListing) {
        listCharts(view);
        return withDamage({}, view);
    }
    const auto format = outputFormat(command.output, {OutputFormat::png, OutputFormat::svg,
                                                      OutputFormat::pdf, OutputFormat::csv});
    if (!format) {
        return format.error();
    }
    const auto chart = chartNamed(view, command.chart);
    if (!chart) {
        return chart.error();
    }
    const auto range = rangeIn(view, command.range);
    if (!range) {
        return range.error();
    }
    ChartPicture picture;
    picture.charts = {*chart};
    picture.range = *range;
    picture.size = QSize(command.size.width, command.size.height);
    picture.scale = command.scale;
    picture.tokens = command.theme == ThemeChoice::dark ? darkTokens() : lightTokens();
    const auto bytes = chartBytes(view, picture, *format);
    if (!bytes) {
        return bytes.error();
    }
    return withDamage(writeOutput(command.output, *bytes), view);
}

} // namespace ringscope
