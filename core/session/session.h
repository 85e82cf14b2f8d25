// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/latest.h"
#include "core/session/session_view.h"

namespace ringscope {

// Names a group of tracks within its session; never reused.
struct GroupId {
    std::uint32_t index = 0;
};

// What is being observed, as it grows. The recorder's thread is its only writer and the only one
// that may call anything here; everybody else reads the immutable views that publish() hands over.
// Publishing copies a few pointers a group, however long the session is.
class Session {
public:
    explicit Session(Provenance provenance);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Tracks that are sampled together. May be called at any time: a process that was forked later
    // gets its tracks when it is found. Names must be new to the session.
    GroupId addGroup(std::string source, std::vector<TrackDescription> tracks);
    // One value a track of the group, NaN where there is none.
    void append(GroupId group, std::int64_t timeNs, std::span<const double> values);
    // Kept in the order of time.
    void addMarker(Marker marker);
    void setWorkers(std::vector<WorkerRow> workers);
    void setRing(RingTarget ring);
    void setParticipants(std::vector<ParticipantRow> participants);
    void setBacklogs(std::vector<ChannelBacklog> backlogs);
    void addStall(std::shared_ptr<const StallPicture> stall);
    void addMap(std::shared_ptr<const MapRecord> map);
    void addHeap(std::shared_ptr<const HeapRecord> heap);
    void addLeaks(std::shared_ptr<const LeakRecord> leaks);
    void addHeapMoments(std::vector<std::shared_ptr<const HeapMomentRecord>> moments);
    void setLiveHeaps(std::vector<std::shared_ptr<const HeapRecord>> heaps);
    void setHeapAnnotations(std::vector<HeapAnnotationRecord> records);
    void setSlotSnapshot(std::shared_ptr<const SlotSnapshot> snapshot);
    void setSources(std::vector<SourceStatus> sources);
    void setSelf(SelfCost self);

    [[nodiscard]] const Provenance& provenance() const noexcept { return *m_provenance; }
    [[nodiscard]] std::size_t groupCount() const noexcept { return m_groups.size(); }
    [[nodiscard]] bool hasTrack(std::string_view name) const;

    // A view of now. While live its end is nowNs, afterwards its newest sample.
    [[nodiscard]] std::shared_ptr<const SessionView> makeView(std::int64_t nowNs, bool isLive);
    void publish(std::int64_t nowNs, bool isLive, Latest<SessionView>& mailbox);

private:
    struct Group {
        std::string source;
        std::shared_ptr<const std::vector<TrackDescription>> tracks;
        SampleTable samples;
    };

    std::shared_ptr<const Provenance> m_provenance; // Constant after construction.
    std::vector<Group> m_groups;
    // Replaced, never changed: views share them.
    std::shared_ptr<const std::vector<Marker>> m_markers;
    std::shared_ptr<const std::vector<WorkerRow>> m_workers;
    std::shared_ptr<const std::vector<ParticipantRow>> m_participants;
    std::shared_ptr<const std::vector<ChannelBacklog>> m_backlogs;
    std::shared_ptr<const RingTarget> m_ring;
    std::shared_ptr<const SlotSnapshot> m_slotSnapshot;
    std::shared_ptr<const std::vector<std::shared_ptr<const StallPicture>>> m_stalls;
    std::shared_ptr<const std::vector<std::shared_ptr<const MapRecord>>> m_maps;
    std::shared_ptr<const std::vector<std::shared_ptr<const HeapRecord>>> m_heaps;
    std::shared_ptr<const std::vector<std::shared_ptr<const LeakRecord>>> m_leaks;
    std::shared_ptr<const std::vector<std::shared_ptr<const HeapRecord>>> m_liveHeaps;
    std::shared_ptr<const std::vector<std::shared_ptr<const HeapMomentRecord>>> m_heapMoments;
    std::shared_ptr<const std::vector<HeapAnnotationRecord>> m_heapAnnotations;
    std::vector<SourceStatus> m_sources;
    SelfCost m_self;
    std::int64_t m_newestNs;
    std::uint64_t m_generation = 0;
};

} // namespace ringscope
