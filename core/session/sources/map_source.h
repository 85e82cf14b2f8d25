// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/session/session.h"
#include "core/session/source.h"
#include "core/session/target_processes.h"

namespace ringscope {

// The name by which its period is set and a sample is asked for.
constexpr std::string_view kMapSource = "memory maps";

// How the finding begins that says why a session keeps no maps of a process.
constexpr std::string_view kMapsHindered = "no memory map can be kept: ";

// The memory map of every observed process that has tracks, kept in the session. Only when asked
// for, or with a period that was asked for. Once the maps of a session take kMostMapBytes no more
// are kept, and a finding says so.
class MapSource final : public Source {
public:
    static constexpr std::uint64_t kMostMapBytes = std::uint64_t{256} << 20U;

    explicit MapSource(const TargetProcesses& processes)
        : m_processes(processes) {}

    [[nodiscard]] std::string_view name() const override { return kMapSource; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return kOnDemand; }
    void sample(std::int64_t nowNs, Session& session) override;
    void sampleFor(const std::string& reason, std::int64_t nowNs, Session& session) override;
    // The map of an observed process may not be read.
    [[nodiscard]] std::optional<Error> hindrance() const override;

private:
    const TargetProcesses& m_processes;
    std::uint64_t m_bytes = 0; // of all maps kept
    bool m_isFull = false;
};

} // namespace ringscope
