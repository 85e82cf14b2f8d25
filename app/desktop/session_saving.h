// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/expected.h"
#include "core/session/run_summary.h"
#include "core/session/session_view.h"

namespace ringscope {

// Writes what a view holds as a session file. An older file of that name is replaced only when the
// new one is complete. summary: empty while the session runs. Waits for the disk: not for the GUI
// thread. Errors (failed): not writable, disk full.
[[nodiscard]] Expected<void> saveSession(const std::shared_ptr<const SessionView>& view,
                                         const std::optional<RunSummary>& summary,
                                         const std::string& path);

} // namespace ringscope
