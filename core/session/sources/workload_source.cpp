// SPDX-License-Identifier: MIT
#include "core/session/sources/workload_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/session/sources/track_values.h"

namespace ringscope {

namespace {

TrackDescription countTrack(std::string name, std::string label, std::string help) {
    return {std::move(name), std::move(label), Unit::count, TrackKind::counter, std::move(help)};
}

TrackDescription latencyTrack(const std::string& name, const std::string& label,
                              const std::string& what) {
    return {"latency." + name, label, Unit::nanoseconds, TrackKind::gauge,
            what + " of the messages received in 100 ms, from when each was meant to be sent to "
                   "its receipt; a gap where none was stamped. Off by at most 0.8 %."};
}

} // namespace

WorkloadSource::WorkloadSource(const WorkloadDriver& driver, Session& session)
    : m_driver(driver)
    , m_messages(session.addGroup(
          "workload",
          {countTrack("messages.sent", "sent", "Messages published by all producers."),
           countTrack("messages.received", "received", "Messages received by all consumers."),
           countTrack("messages.full_waits", "full waits",
                      "Times a producer found no free slot and had to wait."),
           countTrack("messages.empty_waits", "empty waits",
                      "Times a consumer found no message and had to wait.")}))
    , m_latency(session.addGroup("latency", {latencyTrack("p50", "p50", "Median latency"),
                                             latencyTrack("p90", "p90", "90th percentile"),
                                             latencyTrack("p99", "p99", "99th percentile"),
                                             latencyTrack("p999", "p99.9", "99.9th percentile"),
                                             latencyTrack("max", "max", "Largest latency")})) {}

void WorkloadSource::sample(std::int64_t /*nowNs*/, Session& session) {
    const std::shared_ptr<const WorkloadPicture> picture = m_driver.picture();
    const RunStatus& status = picture->status;
    if (status.timeNs > m_newestNs) {
        m_newestNs = status.timeNs;
        const double row[] = {sampleOf(status.sent), sampleOf(status.received),
                              sampleOf(status.fullWaits), sampleOf(status.emptyWaits)};
        // Stamped with the reading's own time, so that rates are exact.
        session.append(m_messages, status.timeNs, row);
    }
    if (picture->latency && picture->latency != m_before) {
        sampleLatency(*picture, session);
        m_before = picture->latency;
    }
}

void WorkloadSource::sampleLatency(const WorkloadPicture& picture, Session& session) {
    const LatencyHistogram window = m_before ? picture.latency->since(*m_before) : *picture.latency;
    const auto valueOf = [&](double share) {
        return window.count() == 0 ? kGap : sampleOf(window.percentileNs(share));
    };
    const double row[] = {valueOf(0.5), valueOf(0.9), valueOf(0.99), valueOf(0.999),
                          window.count() == 0 ? kGap : sampleOf(window.maxNs())};
    session.append(m_latency, picture.status.timeNs, row);
}

} // namespace ringscope
