// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace ringscope {

class Session;

// A period: only when asked for (Recorder::takeNow), or with a period that was asked for.
constexpr std::int64_t kOnDemand = std::numeric_limits<std::int64_t>::max();

// Turns one thing of the outside world into tracks and snapshots. The recorder owns its sources and
// calls them on its thread only, each at its own period; what a source costs is measured there, and
// a period that would cost too much is stretched there (recorder.h), so a source only samples.
//
// ARCHITECTURE.md, "A source with its chart", says how to add one.
class Source {
public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    // For people, in the status bar and in files: "cursors", "heap", "memory".
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::int64_t desiredPeriodNs() const = 0;
    // nowNs is the time to stamp the row with. What cannot be read now is a gap (NaN) and not an
    // error: targets may die at any moment.
    virtual void sample(std::int64_t nowNs, Session& session) = 0;
    // The same when somebody asked for it, and why.
    virtual void sampleFor(const std::string& reason, std::int64_t nowNs, Session& session) {
        (void)reason;
        sample(nowNs, session);
    }
    // Why nobody will get a sample as things are; empty when nothing is known against it.
    [[nodiscard]] virtual std::optional<Error> hindrance() const { return std::nullopt; }
};

} // namespace ringscope
