// SPDX-License-Identifier: MIT
#include "core/session/live_session.h"

#include <utility>

#include "core/session/process_target.h"
#include "core/session/provenance.h"
#include "core/session/recording.h"

namespace ringscope {

LiveSession::LiveSession(std::unique_ptr<Recording> recording)
    : m_recording(std::move(recording)) {}

LiveSession::~LiveSession() = default;

Expected<std::unique_ptr<LiveSession>> LiveSession::attachProcess(std::int32_t pid,
                                                                  const LiveOptions& options) {
    auto target = ProcessTarget::attach(pid);
    if (!target) {
        return target.error();
    }
    Provenance provenance = makeProvenance((*target)->description());
    return std::unique_ptr<LiveSession>(new LiveSession(
        std::make_unique<Recording>(std::move(*target), std::move(provenance), options)));
}

Expected<std::unique_ptr<LiveSession>> LiveSession::runScenario(const Scenario& /*scenario*/,
                                                                const LiveOptions& /*options*/) {
    return makeError(ErrorKind::failed, "this build cannot run a scenario yet");
}

Expected<std::unique_ptr<LiveSession>> LiveSession::attachRing(const std::string& name,
                                                               const LiveOptions& /*options*/) {
    return makeError(ErrorKind::failed, "this build cannot record ring " + name + " yet");
}

Expected<std::unique_ptr<LiveSession>>
LiveSession::runCommand(const std::vector<std::string>& /*argv*/, const LiveOptions& /*options*/) {
    return makeError(ErrorKind::failed, "this build cannot start a program yet");
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
