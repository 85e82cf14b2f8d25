// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/report_content.h"

#include <algorithm>

#include "widgets/charts/chart_export.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

constexpr QSize kChartSize(1180, 300);

// Without the XML prolog and document type, so that it can stand in HTML.
QByteArray elementOf(const QByteArray& svg) {
    const qsizetype begin = svg.indexOf("<svg");
    return begin < 0 ? svg : svg.mid(begin);
}

} // namespace

Expected<ReportContent> makeReport(const std::shared_ptr<const SessionView>& view,
                                   const std::optional<RunSummary>& summary, TimeRange range,
                                   const QString& title, bool isDark) {
    ReportContent content;
    content.view = view;
    content.summary = summary;
    content.isDark = isDark;
    content.fromNs = range.fromNs;
    content.toNs = range.toNs;
    content.title = title.isEmpty() ? QString::fromStdString(view->provenance->scenario) : title;
    const std::vector<ChartSpec> specs = defaultCharts(*view);
    ChartPicture picture;
    picture.range = range;
    picture.size = kChartSize;
    picture.tokens = isDark ? darkTokens() : lightTokens();
    int labelRoom = 0;
    for (const ChartSpec& spec : specs) {
        picture.charts = {spec};
        labelRoom = std::max(labelRoom, labelRoomFor(*view, picture).value_or(0));
    }
    picture.labelRoom = labelRoom;
    for (const ChartSpec& spec : specs) {
        picture.charts = {spec};
        auto svg = renderCharts(*view, picture, PictureFormat::svg);
        if (svg) {
            content.charts.push_back({QString::fromStdString(spec.title),
                                      QString::fromStdString(spec.help), elementOf(*svg)});
        }
    }
    if (content.charts.empty()) {
        return makeError(ErrorKind::usage,
                         "Nothing was recorded in this range; choose another one");
    }
    return content;
}

} // namespace ringscope
