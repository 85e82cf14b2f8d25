// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/session/annotation_record.h"

namespace ringscope {

// What programs said of their heap use (ringscope/heap.h), in words. Names are made printable.

// A few lines for the summary of a session; empty without annotations.
[[nodiscard]] std::string annotationLines(const std::vector<HeapAnnotationRecord>& records);

// Tables of all programs together, those with most first, `most` rows at most.
[[nodiscard]] std::string regionTable(const std::vector<HeapAnnotationRecord>& records,
                                      std::size_t most);
[[nodiscard]] std::string poolTable(const std::vector<HeapAnnotationRecord>& records,
                                    std::size_t most);
[[nodiscard]] std::string expectationTable(const std::vector<HeapAnnotationRecord>& records,
                                           std::size_t most);

} // namespace ringscope
