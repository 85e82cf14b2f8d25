// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

#include "core/base/expected.h"
#include "core/export/export_selection.h"

namespace ringscope {

// Writes the selected tracks as a table: comment lines (#) with the provenance, one header row,
// then a row for each instant at which at least one track has a sample; a cell is empty where a
// track has none. Counters are totals. C locale, times in seconds since the session's start, fields
// quoted as RFC 4180 says, lines end with \n. Errors: usage (no such track), failed (the stream
// cannot take it; whoever opened it names the path).
[[nodiscard]] Expected<void> writeCsv(const SessionView& view, const ExportSelection& selection,
                                      std::ostream& out);

} // namespace ringscope
