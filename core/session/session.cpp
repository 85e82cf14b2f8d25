// SPDX-License-Identifier: MIT
#include "core/session/session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/session/annotation_record.h"

namespace ringscope {

Session::Session(Provenance provenance)
    : m_provenance(std::make_shared<const Provenance>(std::move(provenance)))
    , m_markers(std::make_shared<const std::vector<Marker>>())
    , m_workers(std::make_shared<const std::vector<WorkerRow>>())
    , m_participants(std::make_shared<const std::vector<ParticipantRow>>())
    , m_newestNs(m_provenance->startMonotonicNs) {}

GroupId Session::addGroup(std::string source, std::vector<TrackDescription> tracks) {
    const GroupId id{static_cast<std::uint32_t>(m_groups.size())};
    const std::size_t columns = tracks.size();
    m_groups.push_back({std::move(source),
                        std::make_shared<const std::vector<TrackDescription>>(std::move(tracks)),
                        SampleTable(columns)});
    return id;
}

void Session::append(GroupId group, std::int64_t timeNs, std::span<const double> values) {
    assert(group.index < m_groups.size());
    m_groups[group.index].samples.append(timeNs, values);
    m_newestNs = std::max(m_newestNs, timeNs);
}

void Session::addMarker(Marker marker) {
    auto markers = std::make_shared<std::vector<Marker>>(*m_markers);
    const auto later = [](std::int64_t timeNs, const Marker& other) {
        return timeNs < other.timeNs;
    };
    markers->insert(std::upper_bound(markers->begin(), markers->end(), marker.timeNs, later),
                    std::move(marker));
    m_markers = std::move(markers);
}

void Session::setWorkers(std::vector<WorkerRow> workers) {
    m_workers = std::make_shared<const std::vector<WorkerRow>>(std::move(workers));
}

void Session::setParticipants(std::vector<ParticipantRow> participants) {
    m_participants = std::make_shared<const std::vector<ParticipantRow>>(std::move(participants));
}

void Session::setRing(RingTarget ring) {
    m_ring = std::make_shared<const RingTarget>(std::move(ring));
}

void Session::setBacklogs(std::vector<ChannelBacklog> backlogs) {
    m_backlogs = std::make_shared<const std::vector<ChannelBacklog>>(std::move(backlogs));
}

void Session::addStall(std::shared_ptr<const StallPicture> stall) {
    using Stalls = std::vector<std::shared_ptr<const StallPicture>>;
    auto stalls = m_stalls ? std::make_shared<Stalls>(*m_stalls) : std::make_shared<Stalls>();
    stalls->push_back(std::move(stall));
    m_stalls = std::move(stalls);
}

void Session::addMap(std::shared_ptr<const MapRecord> map) {
    using Maps = std::vector<std::shared_ptr<const MapRecord>>;
    auto maps = m_maps ? std::make_shared<Maps>(*m_maps) : std::make_shared<Maps>();
    maps->push_back(std::move(map));
    m_maps = std::move(maps);
}

void Session::addHeap(std::shared_ptr<const HeapRecord> heap) {
    using Heaps = std::vector<std::shared_ptr<const HeapRecord>>;
    auto heaps = m_heaps ? std::make_shared<Heaps>(*m_heaps) : std::make_shared<Heaps>();
    heaps->push_back(std::move(heap));
    m_heaps = std::move(heaps);
}

void Session::addLeaks(std::shared_ptr<const LeakRecord> leaks) {
    using Records = std::vector<std::shared_ptr<const LeakRecord>>;
    auto all = m_leaks ? std::make_shared<Records>(*m_leaks) : std::make_shared<Records>();
    all->push_back(std::move(leaks));
    m_leaks = std::move(all);
}

void Session::addHeapMoments(std::vector<std::shared_ptr<const HeapMomentRecord>> moments) {
    using Records = std::vector<std::shared_ptr<const HeapMomentRecord>>;
    auto all =
        m_heapMoments ? std::make_shared<Records>(*m_heapMoments) : std::make_shared<Records>();
    all->insert(all->end(), std::make_move_iterator(moments.begin()),
                std::make_move_iterator(moments.end()));
    m_heapMoments = std::move(all);
}

void Session::setLiveHeaps(std::vector<std::shared_ptr<const HeapRecord>> heaps) {
    m_liveHeaps =
        std::make_shared<const std::vector<std::shared_ptr<const HeapRecord>>>(std::move(heaps));
}

void Session::setHeapAnnotations(std::vector<HeapAnnotationRecord> records) {
    m_heapAnnotations =
        std::make_shared<const std::vector<HeapAnnotationRecord>>(std::move(records));
}

void Session::setSlotSnapshot(std::shared_ptr<const SlotSnapshot> snapshot) {
    m_slotSnapshot = std::move(snapshot);
}

void Session::setSources(std::vector<SourceStatus> sources) {
    m_sources = std::move(sources);
}

void Session::setSelf(SelfCost self) {
    m_self = self;
}

bool Session::hasTrack(std::string_view name) const {
    return std::any_of(m_groups.begin(), m_groups.end(), [name](const Group& group) {
        return std::any_of(group.tracks->begin(), group.tracks->end(),
                           [name](const TrackDescription& track) { return track.name == name; });
    });
}

std::shared_ptr<const SessionView> Session::makeView(std::int64_t nowNs, bool isLive) {
    auto view = std::make_shared<SessionView>();
    view->provenance = m_provenance;
    view->groups.reserve(m_groups.size());
    for (const Group& group : m_groups) {
        view->groups.push_back({group.source, group.tracks, group.samples.view()});
    }
    view->markers = m_markers;
    view->workers = m_workers;
    view->participants = m_participants;
    view->backlogs = m_backlogs;
    view->ring = m_ring;
    view->slotSnapshot = m_slotSnapshot;
    view->stalls = m_stalls;
    view->maps = m_maps;
    view->heaps = m_heaps;
    view->leaks = m_leaks;
    view->heapMoments = m_heapMoments;
    view->liveHeaps = m_liveHeaps;
    view->heapAnnotations = m_heapAnnotations;
    view->sources = m_sources;
    view->self = m_self;
    view->startNs = m_provenance->startMonotonicNs;
    view->endNs = isLive ? std::max(nowNs, m_newestNs) : m_newestNs;
    view->generation = ++m_generation;
    view->isLive = isLive;
    return view;
}

void Session::publish(std::int64_t nowNs, bool isLive, Latest<SessionView>& mailbox) {
    mailbox.publish(makeView(nowNs, isLive));
}

} // namespace ringscope
