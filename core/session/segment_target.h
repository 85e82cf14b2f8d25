// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/ring/ring_observer.h"
#include "core/session/live_target.h"
#include "core/session/sources/ring_slot_source.h"
#include "core/session/target_processes.h"

namespace ringscope {

// A ring segment that exists already, and the processes that use it: those in its roster, or, when
// DMXP created it and there is none, those that map it at the start. Channels that appear or vanish
// are followed, also when the whole segment is created anew in its file, as DMXP does it. Ends when
// its name is gone and none of them lives, or when the file stays cut short for kRecreationNs;
// stopping lets it go.
class SegmentTarget final : public LiveTarget {
public:
    static constexpr std::int64_t kRecreationNs = 5'000'000'000;

    // Errors: missing or not permitted (target); damaged or of another version (damaged).
    [[nodiscard]] static Expected<std::unique_ptr<SegmentTarget>>
    attach(const std::string& name, std::int64_t cursorPeriodNs);

    // "ring dmxp_alloc"
    [[nodiscard]] std::string description() const { return "ring " + m_ring->name(); }

    void addSources(Recorder& recorder, Session& session) override;
    void poll(std::int64_t nowNs, Session& session) override;
    [[nodiscard]] bool isEnded() const override { return m_isEnded; }
    void requestStop(std::int64_t nowNs) override;
    void takeLastSamples(std::int64_t nowNs, Session& session) override;
    void watchChannel(std::uint32_t channel) override;
    void requestSlotDetail(std::uint32_t channel, std::uint64_t slot) override;
    void summarize(RunSummary& summary) const override;

private:
    SegmentTarget(RingObserver ring, std::int64_t cursorPeriodNs);
    void findParticipants(std::int64_t nowNs, Session& session);
    void notePresence(std::int64_t nowNs, Session& session);
    void noteChanges(std::int64_t nowNs, Session& session);

    // Constant after construction.
    std::shared_ptr<RingObserver> m_ring;
    std::int64_t m_cursorPeriodNs;

    std::shared_ptr<SlotWatch> m_watch = std::make_shared<SlotWatch>();
    RingSlotSource* m_slotStates = nullptr; // the recorder's
    TargetProcesses m_processes;
    std::vector<WorkerRow> m_workers;
    std::int64_t m_workersAtNs = 0;
    SegmentPresence m_presence = SegmentPresence::present;
    std::int64_t m_presentAtNs = 0; // when it was last not cut short
    std::string m_problem;          // of the layout, as it was said last
    std::int64_t m_nextLookNs = 0;
    bool m_isEnded = false;
    bool m_isLetGo = false;
};

} // namespace ringscope
