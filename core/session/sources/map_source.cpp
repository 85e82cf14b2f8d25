// SPDX-License-Identifier: MIT
#include "core/session/sources/map_source.h"

#include <utility>

#include "core/base/units.h"
#include "core/memory/map_reader.h"
#include "core/session/map_coding.h"

namespace ringscope {

void MapSource::sample(std::int64_t nowNs, Session& session) {
    sampleFor(std::string(kPeriodicMap), nowNs, session);
}

void MapSource::sampleFor(const std::string& reason, std::int64_t nowNs, Session& session) {
    for (const TargetProcess& process : m_processes.all()) {
        if (!process.isAlive || !process.hasTracks || m_isFull) {
            continue;
        }
        auto snapshot = readMapSnapshot(process.identity, KernelSums::leftOut);
        if (!snapshot) { // it may end at any moment
            continue;
        }
        snapshot->heap = process.heap;
        auto record = makeMapRecord(*snapshot, process.label, reason);
        m_bytes += record->packed.size();
        m_isFull = m_bytes > kMostMapBytes;
        session.addMap(std::move(record));
    }
    if (m_isFull && m_bytes > 0) {
        session.addMarker({nowNs, MarkerKind::loss,
                           "No more memory maps are kept: those of this session take " +
                               formatBytes(static_cast<double>(m_bytes)) +
                               "; record again and take them less often"});
        m_bytes = 0; // said once
    }
}

std::optional<Error> MapSource::hindrance() const {
    for (const TargetProcess& process : m_processes.all()) {
        if (process.isAlive && process.hasTracks) {
            if (auto refusal = mapRefusal(process.identity)) {
                return refusal;
            }
        }
    }
    return std::nullopt;
}

} // namespace ringscope
