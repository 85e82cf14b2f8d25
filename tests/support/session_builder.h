// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/session/session_view.h"

namespace ringscope {

// Builds a SessionView by hand: one group a track, samples as (time, value) pairs.
class SessionBuilder {
public:
    using Samples = std::vector<std::pair<std::int64_t, double>>;

    SessionBuilder& track(std::string name, TrackKind kind, Unit unit, const Samples& samples) {
        SampleTable table(1);
        for (const auto& [time, value] : samples) {
            const double row[] = {value};
            table.append(time, row);
            m_view.endNs = std::max(m_view.endNs, time);
        }
        TrackDescription description;
        description.label = name;
        description.name = std::move(name);
        description.unit = unit;
        description.kind = kind;
        m_view.groups.push_back(
            {"test",
             std::make_shared<const std::vector<TrackDescription>>(1, std::move(description)),
             table.view()});
        return *this;
    }

    [[nodiscard]] SessionView build() const {
        SessionView view = m_view;
        view.provenance = std::make_shared<const Provenance>();
        view.markers = std::make_shared<const std::vector<Marker>>();
        view.workers = std::make_shared<const std::vector<WorkerRow>>();
        return view;
    }

private:
    SessionView m_view;
};

} // namespace ringscope
