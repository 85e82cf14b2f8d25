// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/clock.h"
#include "core/ring/ring_observer.h"
#include "core/session/session.h"
#include "core/session/source.h"

namespace ringscope {

// Which slots somebody looks at. Shared by the target, which hears of it, and the slot source.
// Recorder's thread only.
struct SlotWatch {
    std::uint32_t channel = 0;
    bool isLookedAt = false; // false: only the file takes the snapshots, once a second
    std::optional<std::uint64_t> detailOf;
};

// The slot snapshot of the watched channel: of a large one the blocks at head and tail and a part
// of the rest each time. Reading slots costs their whole stride in memory bandwidth, so a scan is
// bounded in bytes. 20 Hz while somebody looks, else 2 Hz.
class RingSlotSource final : public Source {
public:
    RingSlotSource(std::shared_ptr<RingObserver> ring, std::shared_ptr<const SlotWatch> watch);

    [[nodiscard]] std::string_view name() const override { return "slots"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override;
    void sample(std::int64_t nowNs, Session& session) override;
    // The picture that stays: as many slots as can be read in some 20 ms, most often all.
    void sampleLast(std::int64_t nowNs, Session& session);

private:
    void sampleUpTo(std::uint64_t bytes, std::int64_t nowNs, Session& session);

    std::shared_ptr<RingObserver> m_ring;
    std::shared_ptr<const SlotWatch> m_watch;
};

} // namespace ringscope
