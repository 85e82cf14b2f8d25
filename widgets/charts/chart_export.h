// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QSize>
#include <QString>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/units.h"
#include "core/session/session_view.h"
#include "widgets/charts/chart_spec.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {

enum class PictureFormat : std::uint8_t { png, svg, pdf };

// Charts as a picture, one above the other on one time axis.
struct ChartPicture {
    std::vector<ChartSpec> charts;
    TimeRange range;
    QSize size{1200, 400}; // of the whole, in units of 1/96 inch
    double scale = 1;      // PNG only: pixels per unit; 300.0 / 96 for 300 dpi
    ThemeTokens tokens = lightTokens();
    ByteScale byteScale = ByteScale::automatic;
    // Labels of series that are not drawn, by chart name; a chart that is not named draws those
    // that it shows at first.
    std::map<std::string, std::set<std::string>> hidden{};
    QString title{}; // above all charts; empty: none
    // Least room for the labels of the value axes: pictures that stand above each other align.
    int labelRoom = 0;
};

// The room that the labels of the picture's value axes take.
[[nodiscard]] Expected<int> labelRoomFor(const SessionView& view, const ChartPicture& picture);
// The tracks whose samples a chart shows, for an export of the numbers (core/export).
[[nodiscard]] std::vector<std::string> chartTrackPatterns(const ChartSpec& spec);
// A size for so many charts: full width, each as high as on the screen.
[[nodiscard]] QSize pictureSizeFor(std::size_t charts);

// The picture as a file's bytes; the caller writes it. Carries its provenance (provenanceText): PNG
// text chunks and its resolution; SVG title, desc and metadata; PDF title and XMP. In SVG and PDF
// text is text, lines are lines, and nothing lies outside the axes. Needs a QGuiApplication, no
// window. Errors: usage (no chart, a size or range that cannot be drawn, no data for a chart),
// failed.
[[nodiscard]] Expected<QByteArray> renderCharts(const SessionView& view,
                                                const ChartPicture& picture, PictureFormat format);

} // namespace ringscope
