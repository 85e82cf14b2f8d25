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
constexpr std::size_t kTracksPerChannel = 3;

std::vector<TrackDescription> ringTracks(const SegmentGeometry& geometry) {
    std::vector<TrackDescription> tracks;
    tracks.push_back(
        {"ring.fill", "fullest channel", Unit::percent, TrackKind::gauge,
         "Share of slots that producers cannot have, of the fullest channel: those between "
         "head and tail, or all while the next one is still held."});
    for (std::size_t i = 0; i < geometry.channels.size(); ++i) {
        if (geometry.channels[i].capacity == 0) {
            continue;
        }
        const std::string channel = "ch" + std::to_string(i);
        const std::string& given = geometry.channels[i].name;
        const std::string label = given.empty() ? channel : channel + " " + given;
        tracks.push_back(
            {"ring." + channel + ".fill", label, Unit::percent, TrackKind::gauge,
             "Share of this channel's slots that producers cannot have: those between head and "
             "tail, or all while the next one is still held."});
        tracks.push_back({"ring." + channel + ".sent", label + " sent", Unit::count,
                          TrackKind::counter,
                          "Positions claimed by producers of this channel: its tail."});
        tracks.push_back({"ring." + channel + ".received", label + " received", Unit::count,
                          TrackKind::counter,
                          "Positions claimed by consumers of this channel: its head."});
    }
    return tracks;
}

} // namespace

RingCursorSource::RingCursorSource(std::shared_ptr<RingObserver> ring, std::int64_t periodNs,
                                   Session& session)
    : m_ring(std::move(ring)) {
    std::vector<TrackDescription> tracks = ringTracks(m_ring->geometry());
    const std::size_t columns = tracks.size();
    m_channels = (columns - 1) / kTracksPerChannel;
    const std::int64_t values = static_cast<std::int64_t>(columns) * kNsPerSecond;
    m_periodNs = std::max(periodNs, values / kMaxValuesPerSecond);
    m_group = session.addGroup("ring cursors", std::move(tracks));
    m_row.resize(columns);
}

void RingCursorSource::sample(std::int64_t nowNs, Session& session) {
    std::fill(m_row.begin(), m_row.end(), kGap);
    const auto cursors = m_ring->cursors();
    if (cursors && cursors->size() == m_channels) {
        double fullest = 0;
        double* value = m_row.data() + 1;
        for (const ChannelCursors& channel : *cursors) {
            const double fill = 100 * sampleOf(channel.taken()) /
                                sampleOf(std::max<std::uint64_t>(channel.capacity, 1));
            fullest = std::max(fullest, fill);
            *value++ = fill;
            *value++ = sampleOf(channel.tail);
            *value++ = sampleOf(channel.head);
        }
        m_row[0] = fullest;
        if (nowNs >= m_nextTargetNs) {
            m_nextTargetNs = nowNs + kTargetPeriodNs;
            describeRing(*cursors, session);
        }
    }
    session.append(m_group, nowNs, m_row);
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
