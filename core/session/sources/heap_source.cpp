// SPDX-License-Identifier: MIT
#include "core/session/sources/heap_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/printable_name.h"
#include "core/heap/leak_search.h"
#include "core/heap/symbolizer.h"
#include "core/session/sources/track_values.h"

namespace ringscope {

namespace {

constexpr std::int64_t kProcessRowPeriodNs = 100 * kNsPerMs;
constexpr std::int64_t kAnnotationPeriodNs = 500 * kNsPerMs;
// Of each program: a marker in a loop would leave no room on the time axis, and none in memory.
constexpr std::size_t kMostMarkers = 1000;
// Of programs that say something of their heap use.
constexpr std::size_t kMostAnnotated = 256;
constexpr std::int64_t kWindowNs = 100 * kNsPerMs;
// Of processes that ended: a build starts thousands.
constexpr std::size_t kMostProfiles = 64;
// Of all of these together: 32 bytes each, and some 10 in a file.
constexpr std::size_t kMostKeptBlocks = 200'000;

TrackDescription track(std::string name, std::string label, Unit unit, TrackKind kind,
                       std::string help) {
    return {std::move(name), std::move(label), unit, kind, std::move(help)};
}

std::vector<TrackDescription> summedTracks(bool hasMessages) {
    std::vector<TrackDescription> tracks = {
        track("heap.allocations", "allocations", Unit::count, TrackKind::counter,
              "Calls that gave out a block (malloc, operator new, ...) in all tracked processes "
              "together; a realloc counts as one and as a free."),
        track("heap.frees", "frees", Unit::count, TrackKind::counter,
              "Blocks given back in all tracked processes together."),
        track("heap.live_bytes", "live", Unit::bytes, TrackKind::gauge,
              "Usable bytes of the blocks that are allocated now, in processes that live."),
        track("heap.live_blocks", "live blocks", Unit::count, TrackKind::gauge,
              "Blocks that are allocated now, in processes that live."),
        track("heap.peak_bytes", "peak", Unit::bytes, TrackKind::gauge,
              "Largest heap.live_bytes so far, as sampled: a peak between two samples is not "
              "seen."),
    };
    if (hasMessages) {
        tracks.push_back(track("heap.allocations_per_message", "per message", Unit::ratePerMessage,
                               TrackKind::gauge,
                               "Allocations divided by messages sent, over 100 ms each; a gap "
                               "where no message was sent."));
    }
    return tracks;
}

std::vector<TrackDescription> processTracks(const std::string& label) {
    return {
        track(label + ".heap.allocations", label + " allocations", Unit::count, TrackKind::counter,
              "Calls that gave out a block in this process."),
        track(label + ".heap.frees", label + " frees", Unit::count, TrackKind::counter,
              "Blocks given back in this process."),
        track(label + ".heap.live_bytes", label + " live", Unit::bytes, TrackKind::gauge,
              "Usable bytes of the blocks that are allocated now in this process."),
        track(label + ".heap.free_bytes", label + " free in arenas", Unit::bytes, TrackKind::gauge,
              "Free in the arenas of glibc's malloc: taken from the kernel and not given out "
              "(mallinfo2). Asked for once a second; a gap where the allocator does not answer."),
    };
}

std::string modeWords(LedgerMode mode) {
    switch (mode) {
    case LedgerMode::exact:
        return "every block is recorded with its call stack from now on";
    case LedgerMode::sampled:
        return "blocks are sampled with their call stacks from now on";
    case LedgerMode::counters:
        break;
    }
    return "new blocks are only counted from now on";
}

std::string refusalWords(ModeRefusal refusal) {
    switch (refusal) {
    case ModeRefusal::noRoom:
        return "a limit on its address space, file size or open files leaves no room for them";
    case ModeRefusal::noReader:
        return "it could not hand over the file for them";
    case ModeRefusal::sandboxed:
        return "it has put up a seccomp sandbox since it began";
    case ModeRefusal::none:
        break;
    }
    return "";
}

} // namespace

HeapSource::HeapSource(std::shared_ptr<LedgerReceiver> receiver, TargetProcesses& processes,
                       Session& session, Progress progress)
    : m_receiver(std::move(receiver))
    , m_processes(processes)
    , m_progress(std::move(progress))
    , m_group(session.addGroup("heap ledgers", summedTracks(m_progress != nullptr)))
    , m_windowValue(kGap) {}

std::optional<RunSummary::Heap> HeapSource::summary() const {
    if (m_ledgers.empty()) {
        return std::nullopt;
    }
    RunSummary::Heap summary = m_totals;
    summary.annotations = m_annotationsKept;
    return summary;
}

std::optional<GroupId> HeapSource::groupOf(const TargetProcess& process, Session& session) {
    if (!process.hasTracks) {
        return std::nullopt;
    }
    for (const Ledger& ledger : m_ledgers) {
        if (m_processes.all()[ledger.process].label == process.label) {
            return ledger.group;
        }
    }
    return session.addGroup("heap ledger " + process.label, processTracks(process.label));
}

void HeapSource::takeMarkers(Ledger& ledger, std::int64_t nowNs, Session& session) const {
    const std::string& label = m_processes.all()[ledger.process].label;
    const std::int64_t startNs = session.provenance().startMonotonicNs;
    for (const HeapMarker& marker : ledger.reader.newMarkers()) {
        if (ledger.markers >= kMostMarkers) {
            ++ledger.annotations.lostMarkers;
            continue;
        }
        ++ledger.markers;
        // Its time is the program's word: never before the session, nor after now.
        session.addMarker({std::clamp(marker.timeNs, std::min(startNs, nowNs), nowNs),
                           MarkerKind::user, label + ": " + printableName(marker.text)});
    }
}

void HeapSource::readAnnotations(Ledger& ledger) {
    if (auto annotations = ledger.reader.readAnnotations()) {
        ledger.annotations.annotations = std::move(*annotations);
    }
}

// Into the session what changed; nothing while no program says anything.
void HeapSource::keepAnnotations(Session& session) {
    std::vector<HeapAnnotationRecord> records;
    for (const Ledger& ledger : m_ledgers) {
        HeapAnnotationRecord record = ledger.annotations;
        record.lostMarkers += ledger.reader.lostMarkers();
        if ((!record.annotations.isEmpty() || record.lostMarkers > 0) &&
            records.size() < kMostAnnotated) {
            record.label = m_processes.all()[ledger.process].label;
            record.process = ledger.reader.process();
            record.name = ledger.name;
            records.push_back(std::move(record));
        }
    }
    if (records != m_annotationsKept) {
        m_annotationsKept = records;
        session.setHeapAnnotations(std::move(records));
    }
}

void HeapSource::receive(std::int64_t nowNs, Session& session) {
    for (LedgerReader& reader : m_receiver->poll()) {
        const std::size_t index = m_processes.findOrAdd(reader.process(), TargetOrigin::started);
        for (Ledger& earlier : m_ledgers) {
            // The same process exec'ed: what its image before had allocated is gone with it.
            if (!earlier.isFinal && earlier.process == index) {
                takeMarkers(earlier, nowNs, session);
                readAnnotations(earlier);
                earlier.isFinal = true;
                keepProfile(earlier);
            }
        }
        const std::optional<GroupId> group = groupOf(m_processes.all()[index], session);
        std::string name = processName(reader.process().pid);
        const LedgerMode mode = reader.mode();
        m_ledgers.push_back({std::move(reader),
                             index,
                             group,
                             {},
                             std::move(name),
                             {},
                             {},
                             0,
                             false,
                             mode,
                             ModeRefusal::none,
                             {},
                             nullptr});
        if (m_isSearchingLeaks) {
            m_ledgers.back().reader.askForLook();
        }
        if (m_mode && *m_mode != mode) {
            m_ledgers.back().reader.requestMode(*m_mode);
        }
        limitProfiles();
    }
    receiveProfiles();
}

void HeapSource::receiveProfiles() {
    for (AnnouncedProfile& announced : m_receiver->takeProfiles()) {
        const auto owner = std::find_if(m_ledgers.begin(), m_ledgers.end(), [&](auto& ledger) {
            return ledger.reader.process().pid == announced.pid &&
                   ledger.reader.startedNs() == announced.ledgerStartedNs;
        });
        if (owner != m_ledgers.end() && !owner->isFinal) {
            owner->reader.setProfile(std::move(announced.profile));
        }
    }
}

// A follower of an ended process would keep its profile's memory.
void HeapSource::followProfiles(std::int64_t nowNs, Session& session) {
    HeapHistory::Followers followers;
    for (Ledger& ledger : m_ledgers) {
        const auto profile = ledger.isFinal ? nullptr : ledger.reader.profile();
        if (profile == nullptr) {
            ledger.follower.reset();
            continue;
        }
        if (ledger.follower == nullptr || ledger.follower->profile() != profile.get()) {
            ledger.follower = std::make_shared<HeapFollower>(
                m_processes.all()[ledger.process].label, ledger.reader.process(), profile);
        }
        followers.push_back(ledger.follower);
    }
    m_history.sample(nowNs, followers, session);
}

void HeapSource::setMode(HeapMode mode) {
    m_mode = mode == HeapMode::exact     ? LedgerMode::exact
             : mode == HeapMode::sampled ? LedgerMode::sampled
                                         : LedgerMode::counters;
    for (Ledger& ledger : m_ledgers) {
        if (!ledger.isFinal) {
            ledger.reader.requestMode(*m_mode);
        }
    }
}

void HeapSource::followMode(Ledger& ledger, std::int64_t nowNs, Session& session) const {
    ledger.reader.pollMode();
    const LedgerMode mode = ledger.reader.mode();
    const ModeRefusal refusal = ledger.reader.modeRefusal();
    const std::string& label = m_processes.all()[ledger.process].label;
    if (mode != ledger.saidMode) {
        ledger.saidMode = mode;
        session.addMarker({nowNs, MarkerKind::phase, label + ": " + modeWords(mode)});
    }
    if (refusal != ledger.saidRefusal) {
        ledger.saidRefusal = refusal;
        if (refusal != ModeRefusal::none) {
            session.addMarker(
                {nowNs, MarkerKind::loss,
                 label + ": call stacks cannot be recorded, " + refusalWords(refusal)});
        }
    }
}

void HeapSource::sample(std::int64_t nowNs, Session& session) {
    receive(nowNs, session);
    const bool isAnnotationsDue = nowNs >= m_nextAnnotationsNs;
    bool isAnyEnded = false;
    if (auto found = m_liveReading.take()) {
        session.setLiveHeaps(std::move(*found));
    }
    RunSummary::Heap sums;
    std::uint64_t liveBytes = 0;
    std::uint64_t liveBlocks = 0;
    std::uint64_t seenBytes = 0; // also of what has just ended: a short command is read once
    for (Ledger& ledger : m_ledgers) {
        if (!ledger.isFinal) {
            if (m_isSearchingLeaks && !ledger.leaks && ledger.reader.isAtItsEnd()) {
                searchAtEnd(ledger, nowNs);
            }
            // Read after its process ended, once: the ledger outlives it.
            const bool isAlive = m_processes.all()[ledger.process].isAlive;
            if (const auto totals = ledger.reader.readTotals()) {
                ledger.newest = *totals;
                m_processes.setHeap(ledger.process, {totals->liveBytes, ledger.reader.allocator()});
            }
            takeMarkers(ledger, nowNs, session);
            if (isAnnotationsDue || !isAlive) {
                readAnnotations(ledger);
            }
            if (!isAlive) {
                isAnyEnded = true;
                ledger.isFinal = true;
                keepProfile(ledger);
            }
            seenBytes += ledger.newest.liveBytes;
            liveBytes += isAlive ? ledger.newest.liveBytes : 0;
            liveBlocks += isAlive ? ledger.newest.liveBlocks : 0;
        }
        sums.allocations += ledger.newest.allocations;
        sums.frees += ledger.newest.frees;
        sums.liveBytes += ledger.newest.liveBytes;
    }
    if (isAnnotationsDue || isAnyEnded) {
        m_nextAnnotationsNs = nowNs + kAnnotationPeriodNs;
        keepAnnotations(session);
    }
    m_totals.allocations = sums.allocations;
    m_totals.frees = sums.frees;
    m_totals.liveBytes = sums.liveBytes;
    m_totals.peakBytes = std::max(m_totals.peakBytes, seenBytes);
    std::vector<double> row = {sampleOf(sums.allocations), sampleOf(sums.frees),
                               sampleOf(liveBytes), sampleOf(liveBlocks),
                               sampleOf(m_totals.peakBytes)};
    if (m_progress) {
        row.push_back(allocationsPerMessage(nowNs));
    }
    session.append(m_group, nowNs, row);
    if (nowNs >= m_nextProcessRowsNs) {
        m_nextProcessRowsNs = nowNs + kProcessRowPeriodNs;
        followProfiles(nowNs, session);
        for (Ledger& ledger : m_ledgers) {
            if (!ledger.isFinal) {
                ledger.reader.pollAllocator(nowNs);
                followMode(ledger, nowNs, session);
            }
        }
        appendProcesses(nowNs, session);
    }
}

HeapReading HeapSource::readingOf(Ledger& ledger) const {
    return heapReadingOf(ledger.reader, m_processes.all()[ledger.process].label, ledger.name);
}

void HeapSource::keepProfile(Ledger& ledger) {
    if (!ledger.record && ledger.reader.profile() != nullptr) {
        ledger.record = readHeap(readingOf(ledger), kMostKeptBlocks);
        ledger.reader.closeProfile();
    }
}

// It waits for us meanwhile, and so do all samples: some 10 ms, more where the heap is large.
void HeapSource::searchAtEnd(Ledger& ledger, std::int64_t nowNs) {
    ledger.reader.beginLook();
    auto report = findLeaks(ledger.reader, LeakMoment::atExit);
    // The profile as it was searched; what exit functions still free would be missing.
    keepProfile(ledger);
    ledger.reader.endLook();
    LeakRecord& record = ledger.leaks.emplace();
    record.timeNs = nowNs;
    if (!report) {
        record.reason = report.error().message;
        return;
    }
    if (!m_leaks) {
        m_leaks = RunSummary::Leaks{};
    }
    ++m_leaks->processes;
    m_leaks->definite += report->of(LeakKind::definite).blocks;
    m_leaks->definiteBytes += report->of(LeakKind::definite).bytes;
    m_leaks->indirect += report->of(LeakKind::indirect).blocks;
    m_leaks->indirectBytes += report->of(LeakKind::indirect).bytes;
    m_leaks->possible += report->of(LeakKind::possible).blocks;
    m_leaks->possibleBytes += report->of(LeakKind::possible).bytes;
    m_leaks->reachable += report->of(LeakKind::reachable).blocks;
    m_leaks->reachableBytes += report->of(LeakKind::reachable).bytes;
    record.report = std::move(*report);
}

void HeapSource::addLeaks(std::int64_t nowNs, Session& session) {
    for (std::size_t i = 0; i < m_ledgers.size(); ++i) {
        Ledger& ledger = m_ledgers[i];
        const auto isLater = [&ledger](const Ledger& other) {
            return &other > &ledger && other.process == ledger.process;
        };
        if (std::any_of(m_ledgers.begin(), m_ledgers.end(), isLater)) {
            continue; // it has started another program, which is the one that ended
        }
        LeakRecord record = ledger.leaks.value_or(LeakRecord());
        if (!ledger.leaks) {
            record.timeNs = nowNs;
            record.reason = "it was not searched: it did not end by exit() or a return from main";
        }
        record.label = m_processes.all()[ledger.process].label;
        record.process = ledger.reader.process();
        record.name =
            ledger.record && !ledger.record->name.empty() ? ledger.record->name : ledger.name;
        session.addLeaks(std::make_shared<const LeakRecord>(std::move(record)));
    }
}

void HeapSource::limitProfiles() {
    std::vector<Ledger*> kept;
    for (Ledger& ledger : m_ledgers) {
        if (ledger.record) {
            kept.push_back(&ledger);
        }
    }
    if (kept.size() > kMostProfiles) {
        const auto least = std::min_element(kept.begin(), kept.end(), [](auto* a, auto* b) {
            return a->record->profile.total.bytes < b->record->profile.total.bytes;
        });
        (*least)->record.reset();
        kept.erase(least);
        ++m_profilesDropped;
    }
    for (Ledger* ledger : kept) {
        keepLargestBlocks(ledger->record->profile, kMostKeptBlocks / kept.size());
    }
}

void HeapSource::readLiveProfiles(Session& session) {
    std::vector<HeapReading> readings;
    for (Ledger& ledger : m_ledgers) {
        if (!ledger.isFinal && ledger.reader.profile() != nullptr) {
            readings.push_back(readingOf(ledger));
        }
    }
    if (readings.empty()) {
        session.setLiveHeaps({});
    } else {
        m_liveReading.start(std::move(readings));
    }
}

void HeapSource::addProfiles(std::int64_t nowNs, Session& session) {
    for (Ledger& ledger : m_ledgers) {
        if (!ledger.isFinal) { // interrupted: the last there is to know
            takeMarkers(ledger, nowNs, session);
            readAnnotations(ledger);
        }
        keepProfile(ledger);
    }
    keepAnnotations(session);
    limitProfiles();
    if (m_isSearchingLeaks) {
        addLeaks(nowNs, session);
    }
    Symbolizer symbolizer;
    for (Ledger& ledger : m_ledgers) {
        if (!ledger.record) {
            continue;
        }
        HeapRecord record = std::move(*ledger.record);
        ledger.record.reset();
        record.symbols = symbolizer.namesOf(record.profile);
        session.addHeap(std::make_shared<const HeapRecord>(std::move(record)));
    }
    if (m_profilesDropped > 0) {
        session.addMarker({nowNs, MarkerKind::loss,
                           "heap profiles of " + std::to_string(m_profilesDropped) +
                               " short processes are not kept: the " +
                               std::to_string(kMostProfiles) + " that allocated most are"});
    }
}

double HeapSource::allocationsPerMessage(std::int64_t nowNs) {
    const MessageProgress progress = m_progress();
    const PerMessage now{m_totals.allocations, progress.sent};
    const auto rate = [](const PerMessage& from, const PerMessage& to) -> std::optional<double> {
        if (to.messages <= from.messages) {
            return std::nullopt;
        }
        return sampleOf(to.allocations - from.allocations) / sampleOf(to.messages - from.messages);
    };
    if (progress.isMeasuring) {
        if (!m_measuringStart) {
            m_measuringStart = now;
        }
        m_totals.allocationsPerMessage = rate(*m_measuringStart, now);
    }
    if (!m_windowStart || nowNs >= m_windowEndNs) {
        m_windowValue = m_windowStart ? rate(*m_windowStart, now).value_or(kGap) : kGap;
        m_windowStart = now;
        m_windowEndNs = nowNs + kWindowNs;
    }
    return m_windowValue;
}

void HeapSource::appendProcesses(std::int64_t nowNs, Session& session) const {
    for (std::size_t i = 0; i < m_ledgers.size(); ++i) {
        const Ledger& newest = m_ledgers[i];
        if (newest.isFinal || !newest.group) {
            continue;
        }
        // With what earlier images of the process counted, so that its counters never fall.
        std::uint64_t allocations = 0;
        std::uint64_t frees = 0;
        for (const Ledger& ledger : m_ledgers) {
            if (ledger.process == newest.process) {
                allocations += ledger.newest.allocations;
                frees += ledger.newest.frees;
            }
        }
        const auto& allocator = newest.reader.allocator();
        const double row[] = {sampleOf(allocations), sampleOf(frees),
                              sampleOf(newest.newest.liveBytes),
                              allocator ? sampleOf(allocator->freeBytes) : kGap};
        session.append(*newest.group, nowNs, row);
    }
}

} // namespace ringscope
