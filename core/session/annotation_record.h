// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/process_identity.h"
#include "core/heap/heap_annotations.h"

namespace ringscope {

// What one program image said of its own heap use, as far as it was read. A process that exec'ed
// has one for each image that said something.
struct HeapAnnotationRecord {
    std::string label; // of the process in this session: "P0"
    ProcessIdentity process;
    std::string name; // of its program
    HeapAnnotations annotations;
    std::uint64_t lostMarkers = 0; // overwritten before they were read, or too many

    bool operator==(const HeapAnnotationRecord&) const = default;
};

// Violations of all expectations.
[[nodiscard]] inline std::uint64_t violationsOf(const std::vector<HeapAnnotationRecord>& records) {
    std::uint64_t violations = 0;
    for (const HeapAnnotationRecord& record : records) {
        for (const HeapExpectationCounters& expectation : record.annotations.expectations) {
            violations += expectation.violations;
        }
    }
    return violations;
}

} // namespace ringscope
