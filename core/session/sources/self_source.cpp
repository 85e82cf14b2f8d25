// SPDX-License-Identifier: MIT
#include "core/session/sources/self_source.h"

#include "core/session/sources/track_values.h"

namespace ringscope {

SelfSource::SelfSource(Session& session)
    : m_group(session.addGroup(
          "own cost",
          {{"ringscope.cpu", "Ringscope CPU", Unit::percent, TrackKind::gauge,
            "Processor time of the observing program since the sample before, in percent of one "
            "core; the workers it started are not in it."},
           {"ringscope.rss", "Ringscope RSS", Unit::bytes, TrackKind::gauge,
            "Resident memory of the observing program."}})) {}

void SelfSource::sample(std::int64_t nowNs, Session& session) {
    const auto usage = readSelfUsage();
    if (!usage) {
        return;
    }
    const double cpu = m_before ? cpuPercentBetween(*m_before, *usage) : kGap;
    const double row[] = {cpu, sampleOf(usage->rss)};
    session.append(m_group, nowNs, row);
    session.setSelf({m_before ? cpu : 0, usage->rss});
    m_before = *usage;
}

} // namespace ringscope
