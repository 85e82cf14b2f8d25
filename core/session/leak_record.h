// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/process_identity.h"
#include "core/heap/leak_report.h"

namespace ringscope {

// What a search for leaks found in a process before it ended. Its call stacks are those of the
// process's last heap profile in the same session. Immutable.
struct LeakRecord {
    std::int64_t timeNs = 0; // monotonic
    std::string label;       // of the process in this session: "P0"
    ProcessIdentity process;
    std::string name;
    std::optional<LeakReport> report; // empty: it was not searched
    std::string reason;               // why not, a sentence
};

// Payload of a frame of type leaks, JSON; and back: empty if it makes no sense.
[[nodiscard]] std::string encodeLeakRecord(const LeakRecord& record);
[[nodiscard]] std::optional<LeakRecord> decodeLeakRecord(const std::string& payload);

} // namespace ringscope
