// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/report_command.h"

#include <string>

namespace ringscope {
namespace {

Error notYet(const std::string& file) {
    return makeError(ErrorKind::failed,
                     "Charts of " + file + " cannot be written by this version; use a later one");
}

} // namespace

Expected<void> runReport(const ReportCommand& command) { return notYet(command.file); }
Expected<void> runChart(const ChartCommand& command) { return notYet(command.file); }

} // namespace ringscope
