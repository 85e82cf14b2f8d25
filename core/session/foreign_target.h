// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/ring/foreign_ring.h"
#include "core/session/live_target.h"
#include "core/session/target_processes.h"

namespace ringscope {

// A ring that is not ours, by its user's description, and the processes that map it at the start
// (when it lies under /dev/shm). Ends when its name is gone and none of them lives, or when its
// file was cut short; stopping lets it go.
class ForeignTarget final : public LiveTarget {
public:
    // Errors: as ForeignRing::open().
    [[nodiscard]] static Expected<std::unique_ptr<ForeignTarget>>
    attach(const std::string& object, RingDescription description, std::int64_t cursorPeriodNs);

    // "ring demo by demo.toml"
    [[nodiscard]] const std::string& description() const noexcept { return m_text; }

    void addSources(Recorder& recorder, Session& session) override;
    void poll(std::int64_t nowNs, Session& session) override;
    [[nodiscard]] bool isEnded() const override { return m_isEnded; }
    void requestStop(std::int64_t nowNs) override;
    void summarize(RunSummary& summary) const override;

private:
    ForeignTarget(ForeignRing ring, std::string text, std::int64_t cursorPeriodNs);
    void noteChanges(std::int64_t nowNs, Session& session);
    [[nodiscard]] std::vector<WorkerRow> rows() const;

    // Constant after construction.
    std::shared_ptr<ForeignRing> m_ring;
    std::string m_text;
    std::int64_t m_cursorPeriodNs;

    TargetProcesses m_processes;
    SegmentPresence m_presence = SegmentPresence::present;
    std::string m_problem; // as it was said last
    std::int64_t m_nextLookNs = 0;
    bool m_isEnded = false;
    bool m_isLetGo = false;
};

} // namespace ringscope
