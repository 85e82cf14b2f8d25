// SPDX-License-Identifier: MIT
#include "core/session/sources/physical_memory_source.h"

#include <string>
#include <utility>

#include "core/session/sources/track_values.h"

namespace ringscope {

namespace {

TrackDescription bytesTrack(std::string name, std::string label, std::string help) {
    return {std::move(name), std::move(label), Unit::bytes, TrackKind::gauge, std::move(help)};
}

std::vector<TrackDescription> processTracks(const std::string& label) {
    return {bytesTrack(label + ".memory.pss", label + " PSS",
                       "Physical memory of this process, shared pages divided by who maps them."),
            bytesTrack(label + ".memory.private", label + " private",
                       "Pages that only this process maps.")};
}

} // namespace

PhysicalMemorySource::PhysicalMemorySource(const TargetProcesses& processes, Session& session)
    : m_processes(processes)
    , m_group(session.addGroup(
          "physical memory",
          {bytesTrack("memory.pss", "PSS",
                      "Physical memory of all observed processes: a page that n processes share "
                      "counts 1/n in each (Pss of smaps_rollup)."),
           bytesTrack("memory.private", "private",
                      "Pages mapped by one process only (USS): what ending it would free."),
           bytesTrack("memory.shared", "shared",
                      "Pages that more than one process maps, counted once for each of the "
                      "observed ones.")})) {}

void PhysicalMemorySource::findNew(Session& session) {
    while (m_observed.size() < m_processes.all().size()) {
        const TargetProcess& process = m_processes.all()[m_observed.size()];
        const std::string& label = process.label;
        Observed observed;
        if (process.hasTracks) {
            observed.group = session.addGroup("physical memory " + label, processTracks(label));
        }
        if (auto reader = ProcessCountersReader::open(process.identity)) {
            observed.reader = std::move(*reader);
        }
        m_observed.push_back(std::move(observed));
    }
}

void PhysicalMemorySource::sample(std::int64_t nowNs, Session& session) {
    findNew(session);
    OptionalSum pss;
    OptionalSum privateBytes;
    OptionalSum sharedBytes;
    for (Observed& observed : m_observed) {
        if (!observed.reader) {
            continue;
        }
        const auto counters = observed.reader->readSlow();
        if (!counters) {
            observed.reader.reset();
            continue;
        }
        pss.add(counters->pss);
        privateBytes.add(counters->privateBytes());
        sharedBytes.add(counters->sharedBytes());
        if (observed.group) {
            const double row[] = {sampleOf(counters->pss), sampleOf(counters->privateBytes())};
            session.append(*observed.group, nowNs, row);
        }
    }
    const double row[] = {pss.sample(), privateBytes.sample(), sharedBytes.sample()};
    session.append(m_group, nowNs, row);
}

} // namespace ringscope
