// SPDX-License-Identifier: MIT
#include "core/session/sources/ring_cursor_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/session/sources/track_values.h"

namespace ringscope {

namespace {

constexpr std::int64_t kMaxValuesPerSecond = 64'000;
constexpr std::int64_t kTargetPeriodNs = kNsPerSecond / 30;

TrackDescription fillTrack() {
    return {"ring.fill", "fullest channel", Unit::percent, TrackKind::gauge,
            "Share of slots that producers cannot have, of the fullest channel: those between "
            "head and tail, or all while the next one is still held."};
}

void addChannelTracks(std::size_t index, const std::string& given,
                      std::vector<TrackDescription>& tracks) {
    const std::string channel = "ch" + std::to_string(index);
    const std::string label = given.empty() ? channel : channel + " " + given;
    tracks.push_back(
        {"ring." + channel + ".fill", label, Unit::percent, TrackKind::gauge,
         "Share of this channel's slots that producers cannot have: those between head and "
         "tail, or all while the next one is still held."});
    tracks.push_back({"ring." + channel + ".sent", label + " sent", Unit::count, TrackKind::counter,
                      "Positions claimed by producers of this channel: its tail."});
    tracks.push_back({"ring." + channel + ".received", label + " received", Unit::count,
                      TrackKind::counter,
                      "Positions claimed by consumers of this channel: its head."});
}

} // namespace

RingCursorSource::RingCursorSource(std::shared_ptr<RingReader> ring, std::int64_t periodNs,
                                   Session& session)
    : m_ring(std::move(ring)) {
    addChannels(session);
    const auto columns = static_cast<std::int64_t>(m_groups.front().row.size());
    m_periodNs = std::max(periodNs, columns * kNsPerSecond / kMaxValuesPerSecond);
}

void RingCursorSource::addChannels(Session& session) {
    const SegmentGeometry& geometry = m_ring->geometry();
    std::vector<TrackDescription> tracks;
    if (m_groups.empty()) {
        tracks.push_back(fillTrack());
    }
    m_places.resize(std::max(m_places.size(), geometry.channels.size()));
    for (std::size_t index = 0; index < geometry.channels.size(); ++index) {
        if (geometry.channels[index].capacity != 0 && !m_places[index]) {
            m_places[index] = Place{m_groups.size(), tracks.size()};
            addChannelTracks(index, geometry.channels[index].name, tracks);
        }
    }
    m_generation = m_ring->generation();
    if (!tracks.empty()) {
        std::vector<double> row(tracks.size());
        m_groups.push_back({session.addGroup("ring cursors", std::move(tracks)), std::move(row)});
    }
}

void RingCursorSource::sample(std::int64_t nowNs, Session& session) {
    if (m_ring->generation() != m_generation) {
        addChannels(session);
        m_nextTargetNs = nowNs; // A view shows a new channel's tracks and the channel together.
    }
    for (Group& group : m_groups) {
        std::fill(group.row.begin(), group.row.end(), kGap);
    }
    if (const auto cursors = m_ring->cursors()) {
        double fullest = 0;
        for (const ChannelCursors& channel : *cursors) {
            const double fill = 100 * sampleOf(channel.taken()) /
                                sampleOf(std::max<std::uint64_t>(channel.capacity, 1));
            fullest = std::max(fullest, fill);
            const Place place = *m_places[channel.channel];
            double* value = m_groups[place.group].row.data() + place.column;
            *value++ = fill;
            *value++ = sampleOf(channel.tail);
            *value = sampleOf(channel.head);
        }
        m_groups.front().row.front() = fullest;
        if (nowNs >= m_nextTargetNs) {
            m_nextTargetNs = nowNs + kTargetPeriodNs;
            describeRing(*cursors, session);
        }
    }
    for (const Group& group : m_groups) {
        session.append(group.id, nowNs, group.row);
    }
}

void RingCursorSource::describeRing(std::span<const ChannelCursors> cursors,
                                    Session& session) const {
    const SegmentGeometry& geometry = m_ring->geometry();
    RingTarget target;
    target.name = m_ring->name();
    target.bytes = geometry.bytes;
    target.isDmxp = geometry.isDmxpCompatible;
    for (const SegmentGeometry::Channel& channel : geometry.channels) {
        target.slotStride = std::max(target.slotStride, channel.slotStride);
    }
    target.channels.assign(cursors.begin(), cursors.end());
    session.setRing(std::move(target));
}

} // namespace ringscope
