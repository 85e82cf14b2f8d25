// SPDX-License-Identifier: MIT
#include "core/session/live_session.h"

#include <utility>

#include "core/session/command_target.h"
#include "core/session/foreign_target.h"
#include "core/session/process_target.h"
#include "core/session/provenance.h"
#include "core/session/recording.h"
#include "core/session/scenario_target.h"
#include "core/session/segment_target.h"
#include "core/session/session_writer.h"
#include "core/workload/scenario_file.h"

namespace ringscope {

LiveSession::LiveSession(std::unique_ptr<Recording> recording)
    : m_recording(std::move(recording)) {}

LiveSession::~LiveSession() = default;

namespace {

// Null without an output file.
Expected<std::unique_ptr<SessionWriter>> openOutput(const LiveOptions& options) {
    if (options.outputFile.empty()) {
        return std::unique_ptr<SessionWriter>();
    }
    return SessionWriter::create(options.outputFile, options.outputLimitBytes);
}

// mode: one of the two that the options have.
HeapMode firstHeapMode(const LiveOptions& options, HeapMode mode) {
    return options.heapFromNs && mode != HeapMode::off ? HeapMode::counts : mode;
}

} // namespace

Expected<std::unique_ptr<LiveSession>> LiveSession::start(std::unique_ptr<LiveTarget> target,
                                                          std::unique_ptr<SessionWriter> writer,
                                                          Provenance provenance,
                                                          const LiveOptions& options,
                                                          std::optional<std::int64_t> durationNs) {
    std::optional<Recording::HeapChange> heapChange;
    if (options.heapFromNs && options.heapMode != HeapMode::off) {
        heapChange = {*options.heapFromNs, options.heapMode};
    }
    auto recording = Recording::start({std::move(target), std::move(writer), std::move(provenance),
                                       durationNs, heapChange, options.isRecording, options.maps});
    if (!recording) {
        return recording.error();
    }
    return std::unique_ptr<LiveSession>(new LiveSession(std::move(*recording)));
}

Expected<std::unique_ptr<LiveSession>> LiveSession::runScenario(const Scenario& scenario,
                                                                const LiveOptions& options) {
    auto writer = openOutput(options);
    if (!writer) {
        return writer.error();
    }
    ScenarioTarget::Options target;
    target.workload.seed = options.seed;
    target.workload.durationNs = options.durationNs;
    target.heapMode = firstHeapMode(options, options.heapMode);
    target.isSearchingLeaks = options.isSearchingLeaks;
    target.cursorPeriodNs = options.cursorPeriodNs;
    auto started = ScenarioTarget::start(scenario, std::move(target));
    if (!started) {
        return started.error();
    }
    Provenance provenance = makeProvenance(scenario.name);
    provenance.scenarioToml = scenarioToml(scenario);
    provenance.seed = options.seed.value_or(scenario.run.seed);
    // The run knows itself when it is over.
    return start(std::move(*started), std::move(*writer), std::move(provenance), options,
                 std::nullopt);
}

Expected<std::unique_ptr<LiveSession>> LiveSession::attachProcess(const ProcessIdentity& process,
                                                                  const LiveOptions& options) {
    auto writer = openOutput(options);
    if (!writer) {
        return writer.error();
    }
    auto target = ProcessTarget::attach(process, firstHeapMode(options, options.attachedHeapMode));
    if (!target) {
        return target.error();
    }
    Provenance provenance = makeProvenance((*target)->description());
    return start(std::move(*target), std::move(*writer), std::move(provenance), options,
                 options.durationNs);
}

Expected<std::unique_ptr<LiveSession>> LiveSession::attachRing(const std::string& name,
                                                               const LiveOptions& options) {
    auto writer = openOutput(options);
    if (!writer) {
        return writer.error();
    }
    auto target = SegmentTarget::attach(name, options.cursorPeriodNs);
    if (!target) {
        return target.error();
    }
    Provenance provenance = makeProvenance((*target)->description());
    return start(std::move(*target), std::move(*writer), std::move(provenance), options,
                 options.durationNs);
}

Expected<std::unique_ptr<LiveSession>>
LiveSession::attachForeignRing(const std::string& object, const RingDescription& description,
                               const LiveOptions& options) {
    auto writer = openOutput(options);
    if (!writer) {
        return writer.error();
    }
    auto target = ForeignTarget::attach(object, description, options.cursorPeriodNs);
    if (!target) {
        return target.error();
    }
    Provenance provenance = makeProvenance((*target)->description());
    return start(std::move(*target), std::move(*writer), std::move(provenance), options,
                 options.durationNs);
}

Expected<std::unique_ptr<LiveSession>> LiveSession::runCommand(const std::vector<std::string>& argv,
                                                               const LiveOptions& options) {
    auto writer = openOutput(options);
    if (!writer) {
        return writer.error();
    }
    auto target = CommandTarget::start(argv, firstHeapMode(options, options.heapMode),
                                       options.isSearchingLeaks);
    if (!target) {
        return target.error();
    }
    Provenance provenance = makeProvenance((*target)->description());
    return start(std::move(*target), std::move(*writer), std::move(provenance), options,
                 options.durationNs);
}

std::shared_ptr<const SessionView> LiveSession::view() const {
    return m_recording->view();
}
void LiveSession::requestStop() {
    m_recording->requestStop();
}
bool LiveSession::isFinished() const {
    return m_recording->isFinished();
}
bool LiveSession::waitFor(std::int64_t timeoutNs) const {
    return m_recording->waitFor(timeoutNs);
}
void LiveSession::addMarker(std::string text) {
    m_recording->addMarker(std::move(text));
}
void LiveSession::requestHeaps() {
    m_recording->requestHeaps();
}
void LiveSession::setHeapMode(HeapMode mode) {
    m_recording->setHeapMode(mode);
}
void LiveSession::requestMaps() {
    m_recording->requestMaps();
}
void LiveSession::setMapPlan(MapPlan plan) {
    m_recording->setMapPlan(std::move(plan));
}
void LiveSession::watchChannel(std::uint32_t channel) {
    m_recording->watchChannel(channel);
}
void LiveSession::requestSlotDetail(std::uint32_t channel, std::uint64_t slot) {
    m_recording->requestSlotDetail(channel, slot);
}
std::vector<Error> LiveSession::errors() const {
    return m_recording->errors();
}
std::optional<RunSummary> LiveSession::summary() const {
    return m_recording->summary();
}

} // namespace ringscope
