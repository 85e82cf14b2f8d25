// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/session/run_summary.h"
#include "core/session/session_view.h"

namespace ringscope {

// A recorded session, read back whole: the same kind of view that a live one gives. A value; any
// thread.
struct SessionFile {
    std::shared_ptr<const SessionView> view; // isLive false; damage says in words what is missing
    std::optional<RunSummary> summary;       // empty when the recording was not ended properly
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;
    std::uint64_t values = 0; // samples of all tracks together

    // What can be read of a damaged file is read: after a kill, cut short anywhere, or with bits
    // flipped. A file of DHAT (dhat_file.h) is a session with its heap profile alone.
    // Errors: missing or not permitted (target); no session file, of another version, or
    // cut short within its first 64 bytes (damaged).
    [[nodiscard]] static Expected<SessionFile> open(const std::string& path);
    // The same for a descriptor that is open already; name is for error sentences.
    [[nodiscard]] static Expected<SessionFile> read(const FileDescriptor& file,
                                                    const std::string& name);
};

} // namespace ringscope
