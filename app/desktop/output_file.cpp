// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/output_file.h"

#include <QFileInfo>
#include <QSaveFile>

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/export/csv.h"

namespace ringscope {
namespace {

constexpr std::pair<const char*, OutputFormat> kSuffixes[] = {{".png", OutputFormat::png},
                                                              {".svg", OutputFormat::svg},
                                                              {".pdf", OutputFormat::pdf},
                                                              {".csv", OutputFormat::csv},
                                                              {".html", OutputFormat::html}};

Expected<QByteArray> csvBytes(const SessionView& view, const ChartPicture& picture) {
    ExportSelection selection;
    selection.fromNs = picture.range.fromNs;
    selection.toNs = picture.range.toNs;
    for (const ChartSpec& chart : picture.charts) {
        for (std::string& pattern : chartTrackPatterns(chart)) {
            // A chart names tracks that this session may not have.
            if (!view.match(pattern).empty()) {
                selection.patterns.push_back(std::move(pattern));
            }
        }
    }
    std::ostringstream text;
    if (auto written = writeCsv(view, selection, text); !written) {
        return written.error();
    }
    return QByteArray::fromStdString(text.str());
}

} // namespace

Expected<OutputFormat> outputFormat(const std::string& path,
                                    const std::vector<OutputFormat>& allowed) {
    std::string names;
    for (const auto& [suffix, format] : kSuffixes) {
        if (std::ranges::find(allowed, format) == allowed.end()) {
            continue;
        }
        if (path.ends_with(suffix)) {
            return format;
        }
        names += (names.empty() ? "" : ", ") + std::string(suffix);
    }
    return makeError(ErrorKind::usage,
                     path + " has no ending that can be written; end its name with one of " +
                         names);
}

Expected<QByteArray> chartBytes(const SessionView& view, const ChartPicture& picture,
                                OutputFormat format) {
    switch (format) {
    case OutputFormat::png:
        return renderCharts(view, picture, PictureFormat::png);
    case OutputFormat::svg:
        return renderCharts(view, picture, PictureFormat::svg);
    case OutputFormat::pdf:
        return renderCharts(view, picture, PictureFormat::pdf);
    case OutputFormat::csv:
        return csvBytes(view, picture);
    case OutputFormat::html:
        break;
    }
    return makeError(ErrorKind::usage, "A chart is written as .png, .svg, .pdf or .csv");
}

Expected<void> writeOutput(const std::string& path, const QByteArray& bytes) {
    const auto fault = [&path](const QString& why) {
        return makeError(ErrorKind::failed, path + " cannot be written: " + why.toStdString() +
                                                "; choose a folder that exists and is writable");
    };
    const QString name = QString::fromStdString(path);
    // QSaveFile would replace a device or pipe by a file.
    const QFileInfo info(name);
    if (info.exists() && !info.isFile()) {
        QFile file(name);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) {
            return fault(file.errorString());
        }
        file.close();
        return file.error() == QFileDevice::NoError ? Expected<void>() : fault(file.errorString());
    }
    QSaveFile file(name);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
        return fault(file.errorString());
    }
    return {};
}

} // namespace ringscope
