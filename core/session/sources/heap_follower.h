// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/heap/heap_history.h"
#include "core/heap/profile_reader.h"
#include "core/session/heap_record.h"
#include "core/session/session.h"
#include "core/session/sources/side_reading.h"

namespace ringscope {

// A profile that is followed: whose it is, and what it came to so far.
class HeapFollower {
public:
    HeapFollower(std::string label, ProcessIdentity process,
                 std::shared_ptr<const ProfileReader> profile)
        : m_label(std::move(label))
        , m_process(process)
        , m_profile(std::move(profile)) {}

    // Null when it cannot be read. Not while another thread does it.
    [[nodiscard]] std::shared_ptr<const HeapMomentRecord> read();
    [[nodiscard]] const ProfileReader* profile() const { return m_profile.get(); }

private:
    std::string m_label;
    ProcessIdentity m_process;
    std::shared_ptr<const ProfileReader> m_profile;
    HeapMomentMaker m_maker;
};

// Keeps what the profiles of running processes come to over time: four readings a second at first,
// fewer the longer it runs (each a 256th of the time so far apart), the more there is, and the more
// a reading costs: 1 % of a core at most.
class HeapHistory {
public:
    using Followers = std::vector<std::shared_ptr<HeapFollower>>;

    // Hands the session what was read, and begins another reading when it is time.
    void sample(std::int64_t nowNs, const Followers& followers, Session& session);

private:
    struct Reading {
        HeapMomentRecords moments;
        std::int64_t costNs = 0; // CPU time
    };
    std::int64_t m_startNs = 0;
    std::int64_t m_nextNs = 0;
    std::uint64_t m_entries = 0; // stacks of all moments
    SideReading<Reading> m_reading{"heap history"};
};

} // namespace ringscope
