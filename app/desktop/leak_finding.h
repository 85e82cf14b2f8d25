// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <memory>
#include <string>

#include "app/desktop/heap_picture.h"
#include "core/base/expected.h"
#include "core/heap/leak_report.h"
#include "core/heap/leak_suppressions.h"
#include "widgets/heap/leak_rows.h"

namespace ringscope {

// What a search has found, and the profile, with names, that has its call stacks. Immutable.
struct LeakFinding {
    LeakReport report;
    HeapRecordPtr record;
};
using LeakFindingPtr = std::shared_ptr<const LeakFinding>;

// Searches the process of that record, which runs and is recorded. Stops it for some milliseconds
// and takes from some to many seconds: on a job's thread. Errors: findLeaks()'s,
// openTrackedProcess()'s; target: another program by now.
[[nodiscard]] Expected<LeakFindingPtr> searchForLeaks(const HeapRecord& shown,
                                                      HeapPictures& pictures);

// Its rows; takes as long as leakRows().
[[nodiscard]] std::shared_ptr<const LeakRows> rowsOf(const LeakFinding& finding,
                                                     const LeakSuppressions& suppressions);

// When it was searched, how long the process stood still, what was read, and what has to be known
// to read the numbers rightly. Sentences.
[[nodiscard]] QString leakSentence(const LeakFinding& finding);

// A file of LeakSanitizer's format. Errors (failed): it cannot be read; (usage): its contents.
[[nodiscard]] Expected<LeakSuppressions> readSuppressions(const std::string& path);

} // namespace ringscope
