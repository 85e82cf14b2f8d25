// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/session/session_view.h"
#include "widgets/charts/chart_export.h"

namespace ringscope {

// What a file is written as; its suffix says so.
enum class OutputFormat : std::uint8_t { png, svg, pdf, csv, html };

// allowed names what this use of it can write. Errors (usage): another suffix or none.
[[nodiscard]] Expected<OutputFormat> outputFormat(const std::string& path,
                                                  const std::vector<OutputFormat>& allowed);

// Charts as a file's bytes: a picture, or for csv the samples of their tracks within the range.
// GUI thread. Errors: as renderCharts() and writeCsv().
[[nodiscard]] Expected<QByteArray> chartBytes(const SessionView& view, const ChartPicture& picture,
                                              OutputFormat format);

// Writes all or nothing: an older file of that name stays when the disk is full. Waits for the
// disk. Errors (failed): the folder is missing, not writable, disk full.
[[nodiscard]] Expected<void> writeOutput(const std::string& path, const QByteArray& bytes);

} // namespace ringscope
