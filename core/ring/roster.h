// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/ring/ring_layout.h"
#include "core/ring/segment.h"

namespace ringscope {

// A place in the roster of a segment: one thread in one role on one channel. Taken by the thread
// that will use it, given back by the destructor. A segment that DMXP created has no roster; the
// seat is then private to this process and nobody sees it. One thread at a time.
class RosterSeat {
public:
    // Errors (failed): the roster is full. Entries of the dead whose intent is clear are taken over
    // before that is said.
    [[nodiscard]] static Expected<RosterSeat> join(const Segment& segment, layout::Role role,
                                                   std::uint32_t channel);

    RosterSeat(const RosterSeat&) = delete;
    RosterSeat& operator=(const RosterSeat&) = delete;
    RosterSeat(RosterSeat&& other) noexcept;
    RosterSeat& operator=(RosterSeat&& other) noexcept;
    ~RosterSeat();

    [[nodiscard]] layout::RosterEntry* entry() const noexcept { return m_entry; }

private:
    explicit RosterSeat(layout::RosterEntry* entry)
        : m_entry(entry) {}
    void leave() noexcept;

    std::unique_ptr<layout::RosterEntry> m_private; // only where there is no roster
    layout::RosterEntry* m_entry = nullptr;
};

// A participant as its entry tells it. Numbers of the intent may be torn when it is running.
struct Participant {
    std::uint32_t entry = 0;  // index in the roster
    bool isConfirmed = false; // false: half registered, or half gone; holds nothing
    std::uint64_t ticket = 0; // layout::packTicket()
    ProcessIdentity process;
    ThreadIdentity thread;
    layout::Role role = layout::Role::none;
    std::uint32_t channel = 0;
    std::uint64_t joinedNs = 0; // Unix time
    std::uint64_t activity = 0; // claims so far; unchanged = idle, not dead
    std::uint64_t intentFirst = 0;
    std::uint32_t intentCount = 0; // 0 = holds nothing
    bool isClaimed = false;
};

// The entries in use among count copied ones; values that no participant of ours would write are
// passed on as they are.
[[nodiscard]] std::vector<Participant> participantsIn(const layout::RosterEntry* entries,
                                                      std::size_t count);
// Of the participant's thread; of a half registered entry as far as its ticket tells.
[[nodiscard]] Liveness livenessOf(const Participant& participant);

} // namespace ringscope
