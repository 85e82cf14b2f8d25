// SPDX-License-Identifier: MIT
#include "core/session/heap_timeline.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/heap/function_name.h"
#include "core/heap/heap_blocks.h"
#include "core/session/sample_table.h"
#include "core/session/sources/track_values.h"

namespace ringscope {

namespace {

struct Measure {
    const char* name;
    std::uint64_t HeapStackMoment::*value;
    Unit unit;
    TrackKind kind;
    const char* help;
};
constexpr std::array kMeasures = {
    Measure{"live", &HeapStackMoment::liveBytes, Unit::bytes, TrackKind::gauge,
            "Bytes that were alive at each reading of the profile"},
    Measure{"total", &HeapStackMoment::bytes, Unit::bytes, TrackKind::counter,
            "Bytes allocated between two readings of the profile"},
    Measure{"count", &HeapStackMoment::blocks, Unit::count, TrackKind::counter,
            "Blocks allocated between two readings of the profile"},
    Measure{"temporary", &HeapStackMoment::temporaryBlocks, Unit::count, TrackKind::counter,
            "Blocks that were freed before their thread allocated anything else"},
};

// Which function each stack is of, and their names.
struct Functions {
    std::vector<std::uint32_t> ofStack;
    std::vector<std::string> names;
};

Functions functionsOf(const HeapRecord& record) {
    Functions functions;
    std::unordered_map<std::string, std::uint32_t> numbers;
    for (const HeapStack& stack : record.profile.stacks) {
        const auto frames = namedFrames(record.profile, record.symbols, stack);
        const std::string name =
            frames.empty() ? "[unknown]" : shortFunctionName(frames[tellingFrame(frames)].function);
        const auto [at, isNew] =
            numbers.emplace(name, static_cast<std::uint32_t>(functions.names.size()));
        if (isNew) {
            functions.names.push_back(name);
        }
        functions.ofStack.push_back(at->second);
    }
    return functions;
}

// For a legend: without its parameters, and not too long. In UTF-8.
std::string shortLabel(const std::string& name) {
    constexpr std::size_t kLongest = 36;
    std::string label = name.substr(0, name.rfind('('));
    if (label.empty()) {
        label = name;
    }
    if (label.size() <= kLongest) {
        return label;
    }
    std::size_t from = label.size() - kLongest;
    while (from < label.size() && (static_cast<unsigned char>(label[from]) & 0xC0U) == 0x80U) {
        ++from;
    }
    return "…" + label.substr(from);
}

// Those with most, at their own most.
std::vector<std::uint32_t> largest(const std::vector<HeapStackMoment>& most,
                                   const Measure& measure) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t function = 0; function < most.size(); ++function) {
        if (most[function].*measure.value > 0) {
            order.push_back(function);
        }
    }
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return most[a].*measure.value > most[b].*measure.value;
    });
    order.resize(std::min(order.size(), kTimelineFunctions));
    return order;
}

TrackGroup groupOf(const HeapRecord& record, const HeapMoments& moments, const Functions& functions,
                   const std::vector<std::uint32_t>& shown, const Measure& measure) {
    const auto others = static_cast<std::uint32_t>(shown.size());
    std::vector<std::uint32_t> placeOf(functions.names.size(), others);
    std::vector<TrackDescription> tracks;
    const auto addTrack = [&](const std::string& label, const std::string& who) {
        tracks.push_back({std::string(measure.name) + "." + std::to_string(tracks.size()), label,
                          measure.unit, measure.kind, std::string(measure.help) + who});
    };
    for (const std::uint32_t function : shown) {
        placeOf[function] = static_cast<std::uint32_t>(tracks.size());
        addTrack(shortLabel(functions.names[function]), ", by " + functions.names[function] + ".");
    }
    if (functions.names.size() > shown.size()) {
        addTrack("all others", ", by all other functions together.");
    }
    std::vector<std::uint32_t> ofStack;
    for (const std::uint32_t function : functions.ofStack) {
        ofStack.push_back(placeOf[function]);
    }
    const HeapTimeline timeline = timelineOf(record.profile, moments, ofStack, tracks.size());
    SampleTable samples(tracks.size());
    std::vector<double> row(tracks.size());
    for (std::size_t i = 0; i < timeline.timesNs.size(); ++i) {
        for (std::size_t track = 0; track < tracks.size(); ++track) {
            row[track] = sampleOf(timeline.groups[track][i].*measure.value);
        }
        samples.append(timeline.timesNs[i], row);
    }
    return {std::string("heap profile, ") + measure.name,
            std::make_shared<const std::vector<TrackDescription>>(std::move(tracks)),
            samples.view()};
}

} // namespace

std::shared_ptr<const SessionView>
heapTimeline(const HeapRecord& record, const HeapMoments& moments, const SessionView& session) {
    if (moments.empty()) {
        return nullptr;
    }
    const Functions functions = functionsOf(record);
    const std::vector<HeapStackMoment> most =
        mostOverTime(record.profile, moments, functions.ofStack, functions.names.size());
    auto view = std::make_shared<SessionView>();
    view->provenance = session.provenance;
    view->markers = session.markers;
    view->startNs = record.profile.startNs;
    view->endNs = std::max(record.profile.timeNs, moments.back()->timeNs);
    for (const Measure& measure : kMeasures) {
        view->groups.push_back(
            groupOf(record, moments, functions, largest(most, measure), measure));
    }
    view->generation = 1;
    return view;
}

} // namespace ringscope
