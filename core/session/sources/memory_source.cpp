// SPDX-License-Identifier: MIT
#include "core/session/sources/memory_source.h"

#include <array>
#include <utility>

namespace ringscope {

namespace {

// Rows of single processes: what a table or a comparison of workers needs.
constexpr std::int64_t kProcessRowPeriodNs = 100 * kNsPerMs;

TrackDescription bytesTrack(std::string name, std::string label, std::string help) {
    return {std::move(name), std::move(label), Unit::bytes, TrackKind::gauge, std::move(help)};
}

TrackDescription faultTrack(std::string name, std::string label, std::string help) {
    return {std::move(name), std::move(label), Unit::count, TrackKind::counter, std::move(help)};
}

std::vector<TrackDescription> summedTracks() {
    return {
        bytesTrack("memory.rss", "RSS",
                   "Resident memory of all observed processes together (VmRSS); a page that two of "
                   "them map counts twice."),
        bytesTrack("memory.anonymous", "anonymous", "Resident anonymous memory (RssAnon), summed."),
        bytesTrack("memory.file", "file", "Resident pages of mapped files (RssFile), summed."),
        bytesTrack("memory.shmem", "shmem",
                   "Resident shared memory (RssShmem), summed: the ring, as far as each process "
                   "touched it."),
        bytesTrack("memory.swap", "swap", "Swapped-out private memory (VmSwap), summed."),
        bytesTrack("memory.page_tables", "page tables",
                   "Memory the kernel spends on page tables (VmPTE), summed."),
        bytesTrack("memory.rss_peak", "peak RSS",
                   "Sum of the processes' own peaks (VmHWM): an upper bound, they may have been "
                   "reached at different times."),
        faultTrack("memory.minor_faults", "minor faults",
                   "Page faults served without the disk, of all observed processes, since "
                   "observing began."),
        faultTrack("memory.major_faults", "major faults",
                   "Page faults that waited for the disk, of all observed processes, since "
                   "observing began."),
    };
}

std::vector<TrackDescription> processTracks(const std::string& label) {
    return {
        bytesTrack(label + ".memory.rss", label + " RSS", "Resident memory of this process."),
        bytesTrack(label + ".memory.anonymous", label + " anonymous",
                   "Resident anonymous memory of this process."),
        bytesTrack(label + ".memory.shmem", label + " shmem",
                   "Resident shared memory of this process."),
        faultTrack(label + ".memory.minor_faults", label + " minor faults",
                   "Page faults of this process served without the disk, since observing began."),
        faultTrack(label + ".memory.major_faults", label + " major faults",
                   "Page faults of this process that waited for the disk, since observing began."),
    };
}

double sampleOr(const std::optional<std::uint64_t>& value) {
    return value ? sampleOf(*value) : kGap;
}

} // namespace

MemorySource::MemorySource(TargetProcesses& processes, Session& session)
    : m_processes(processes)
    , m_group(session.addGroup("memory", summedTracks())) {}

void MemorySource::findNew(Session& session) {
    while (m_observed.size() < m_processes.all().size()) {
        const TargetProcess& process = m_processes.all()[m_observed.size()];
        Observed observed;
        if (process.hasTracks) {
            observed.group =
                session.addGroup("memory " + process.label, processTracks(process.label));
        }
        if (auto reader = ProcessCountersReader::open(process.identity)) {
            observed.reader = std::move(*reader);
            if (process.origin == TargetOrigin::attached) {
                if (const auto first = observed.reader->readFast()) {
                    observed.minorFaults = RisingCounter(first->minorFaults);
                    observed.majorFaults = RisingCounter(first->majorFaults);
                }
            }
        }
        m_observed.push_back(std::move(observed));
    }
}

void MemorySource::sample(std::int64_t nowNs, Session& session) {
    findNew(session);
    const bool isProcessRowDue = nowNs >= m_nextProcessRowsNs;
    const std::int64_t sizesMaxAgeNs = isProcessRowDue ? 0 : kProcessRowPeriodNs;
    std::array<OptionalSum, 7> bytes;
    std::uint64_t minorFaults = 0;
    std::uint64_t majorFaults = 0;
    for (std::size_t i = 0; i < m_observed.size(); ++i) {
        Observed& observed = m_observed[i];
        if (observed.reader) {
            if (const auto counters = observed.reader->readFast(sizesMaxAgeNs)) {
                m_processes.setSizes(i, counters->rss, counters->pageTables);
                bytes[0].add(counters->rss);
                bytes[1].add(counters->rssAnon);
                bytes[2].add(counters->rssFile);
                bytes[3].add(counters->rssShmem);
                bytes[4].add(counters->swap);
                bytes[5].add(counters->pageTables);
                bytes[6].add(counters->rssPeak);
                observed.minorFaults.update(counters->minorFaults);
                observed.majorFaults.update(counters->majorFaults);
                if (isProcessRowDue && observed.group) {
                    const double row[] = {sampleOf(counters->rss), sampleOr(counters->rssAnon),
                                          sampleOr(counters->rssShmem),
                                          sampleOf(observed.minorFaults.rise()),
                                          sampleOf(observed.majorFaults.rise())};
                    session.append(*observed.group, nowNs, row);
                }
            } else {
                observed.reader.reset();
            }
        }
        minorFaults += observed.minorFaults.rise();
        majorFaults += observed.majorFaults.rise();
    }
    if (isProcessRowDue) {
        m_nextProcessRowsNs = nowNs + kProcessRowPeriodNs;
    }
    std::array<double, 9> row{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        row[i] = bytes[i].sample();
    }
    row[7] = sampleOf(minorFaults);
    row[8] = sampleOf(majorFaults);
    session.append(m_group, nowNs, row);
}

} // namespace ringscope
