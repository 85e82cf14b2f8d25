// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

#include "core/base/expected.h"
#include "core/export/export_selection.h"

namespace ringscope {

// Writes the session as one JSON document: provenance, tracks (name, unit, kind, help, `times_s`
// and `values`, null where a value is missing), markers, workers, sources and losses. Counters are
// totals. The tracks of a group repeat its times, so that each stands alone. Errors as writeCsv().
[[nodiscard]] Expected<void> writeJson(const SessionView& view, const ExportSelection& selection,
                                       std::ostream& out);

} // namespace ringscope
