// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/session_saving.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "core/base/clock.h"
#include "core/base/latest.h"
#include "core/session/session_writer.h"

namespace ringscope {
namespace {

// What can be said of a session that still runs.
RunSummary summarySoFar(const SessionView& view) {
    RunSummary summary;
    summary.scenario = view.provenance->scenario;
    summary.seed = view.provenance->seed;
    summary.durationSeconds =
        static_cast<double>(view.endNs - view.startNs) / static_cast<double>(kNsPerSecond);
    summary.outcome = "interrupted";
    return summary;
}

} // namespace

Expected<void> saveSession(const std::shared_ptr<const SessionView>& view,
                           const std::optional<RunSummary>& summary, const std::string& path) {
    const std::string part = path + ".part" + std::to_string(::getpid());
    std::error_code fault;
    {
        auto writer = SessionWriter::create(part);
        if (!writer) {
            return makeError(ErrorKind::failed, "The session cannot be saved as " + path +
                                                    ": the folder is missing or not writable; "
                                                    "choose another one");
        }
        Latest<SessionView> views;
        if (auto begun = (*writer)->begin(*view->provenance, views); !begun) {
            std::filesystem::remove(part, fault);
            return begun.error();
        }
        (*writer)->finish(view, summary.value_or(summarySoFar(*view)));
        if (const auto status = (*writer)->status(); status.error) {
            std::filesystem::remove(part, fault);
            return *status.error;
        }
    }
    std::filesystem::rename(part, path, fault);
    if (fault) {
        const std::string why = fault.message();
        std::filesystem::remove(part, fault);
        return makeError(ErrorKind::failed, "The session cannot be saved as " + path + ": " + why +
                                                "; choose another name");
    }
    return {};
}

} // namespace ringscope
