// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

#include "core/heap/heap_sites.h"
#include "core/session/heap_record.h"

namespace ringscope {

// As DHAT's data file, version 2, in mode "heap", which Valgrind's dh_view.html shows
// (valgrind/dhat/dh_main.c says what its fields mean). Times are microseconds since the recording
// began. Where several threads had blocks of a place, its own maximum (mb, mbk) is a bound: such a
// file says so in its command line, which the viewer shows.
void writeDhat(const HeapRecord& record, std::ostream& out);

// "main;f;g 4096" a line, outermost function first, as flame graph programs read it (Brendan
// Gregg's flamegraph.pl, speedscope, inferno). Places where the measure is 0 are left out.
void writeFolded(const HeapRecord& record, HeapMeasure measure, std::ostream& out);

} // namespace ringscope
