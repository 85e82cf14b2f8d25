// SPDX-License-Identifier: MIT
#include "core/session/recording.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "core/base/clock.h"
#include "core/session/session_summary.h"
#include "core/session/sources/heap_source.h"
#include "core/session/sources/map_source.h"
#include "core/session/sources/self_source.h"

namespace ringscope {

namespace {

constexpr std::int64_t kPublishPeriodNs = kNsPerSecond / 30;
constexpr std::int64_t kPollPeriodNs = 50 * kNsPerMs;
// How long requests and the end may wait when nothing else is due.
constexpr std::int64_t kLongestSleepNs = 20 * kNsPerMs;
// Every source has made its tracks by then.
constexpr std::int64_t kTracksDueNs = 2 * kNsPerSecond;

void sleepUntil(std::int64_t dueNs) {
    const timespec due{dueNs / kNsPerSecond, dueNs % kNsPerSecond};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr); // early on a signal: no harm
}

} // namespace

Recording::Recording(Plan plan)
    : m_durationNs(plan.durationNs)
    , m_isRecording(plan.isRecording)
    , m_heapChange(plan.heapChange)
    , m_target(std::move(plan.target))
    , m_session(std::move(plan.provenance))
    , m_recorder(m_session, m_wall, m_cost)
    , m_writer(std::move(plan.writer)) {
    m_requests.mapPlan = std::move(plan.maps);
    m_session.publish(m_wall.nowNs(), true, m_latest); // so that view() is never null
}

Expected<std::unique_ptr<Recording>> Recording::start(Plan plan) {
    // Private constructor, hence not make_unique.
    std::unique_ptr<Recording> recording(new Recording(std::move(plan)));
    Recording& self = *recording;
    if (self.m_writer) {
        if (auto begun = self.m_writer->begin(self.m_session.provenance(), self.m_latest); !begun) {
            return begun.error();
        }
    }
    self.m_thread = Thread(
        "recorder", [&self](const std::stop_token& stop) { self.run(stop); },
        [&self](const Error& error) {
            self.reportError(error);
            self.noteFinished(std::nullopt);
        });
    return recording;
}

Recording::~Recording() = default;

void Recording::run(const std::stop_token& stop) {
    if (m_isRecording) {
        m_target->addSources(m_recorder, m_session);
        m_recorder.add(std::make_unique<SelfSource>(m_session));
    }
    std::int64_t nowNs = m_wall.nowNs();
    const std::int64_t endNs = m_durationNs ? nowNs + *m_durationNs : INT64_MAX;
    const std::int64_t startNs = nowNs;
    std::int64_t nextPollNs = nowNs;
    std::int64_t nextPublishNs = nowNs;
    while (!m_target->isEnded()) {
        handleRequests(nowNs);
        if (m_heapChange && nowNs - startNs >= m_heapChange->afterNs) {
            m_target->setHeapMode(m_heapChange->mode);
            m_heapChange.reset();
        }
        if (!m_isStopping && (stop.stop_requested() || nowNs >= endNs)) {
            m_isStopping = true;
            m_isDurationOver = !stop.stop_requested();
            m_target->requestStop(nowNs);
        }
        const std::int64_t dueNs = m_recorder.step(nowNs);
        if (nowNs >= nextPollNs) {
            m_target->poll(nowNs, m_session);
            nextPollNs = nowNs + kPollPeriodNs;
        }
        if (nowNs >= nextPublishNs) {
            publish(nowNs, true);
            lookAtMapTriggers(nowNs);
            nextPublishNs += ((nowNs - nextPublishNs) / kPublishPeriodNs + 1) * kPublishPeriodNs;
        }
        sleepUntil(std::min({dueNs, nextPollNs, nextPublishNs, nowNs + kLongestSleepNs}));
        nowNs = m_wall.nowNs();
    }
    finish(nowNs);
}

void Recording::handleRequests(std::int64_t nowNs) {
    Requests requests;
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        std::swap(requests, m_requests);
    }
    for (Marker& marker : requests.markers) {
        m_session.addMarker(std::move(marker));
    }
    if (requests.mapPlan) {
        followMapPlan(std::move(*requests.mapPlan), nowNs);
    }
    if (requests.heapMode) {
        m_target->setHeapMode(*requests.heapMode);
    }
    if (requests.isHeaps && m_isRecording) {
        m_recorder.takeNow(kHeapProfileSource, {}, nowNs);
    }
    if (requests.isMaps) {
        takeMaps("asked for", nowNs);
    }
    if (requests.watchedChannel) {
        m_target->watchChannel(*requests.watchedChannel);
    }
    if (requests.slotDetail) {
        m_target->requestSlotDetail(requests.slotDetail->first, requests.slotDetail->second);
    }
    if (requests.isStop && !m_isStopping) {
        m_isStopping = true;
        m_target->requestStop(nowNs);
    }
}

void Recording::takeMaps(const std::string& reason, std::int64_t nowNs) {
    if (m_isRecording) {
        m_recorder.takeNow(kMapSource, reason, nowNs);
        reportHinderedMaps(nowNs);
    }
}

void Recording::reportHinderedMaps(std::int64_t nowNs) {
    if (m_isHindranceReported) {
        return;
    }
    if (auto hindrance = m_recorder.hindranceOf(kMapSource)) {
        m_isHindranceReported = true;
        hindrance->message.insert(0, kMapsHindered);
        m_session.addMarker({nowNs, MarkerKind::loss, hindrance->message});
        reportError(*hindrance);
    }
}

void Recording::followMapPlan(MapPlan plan, std::int64_t nowNs) {
    if (m_isRecording) {
        m_recorder.setPeriod(kMapSource, plan.periodNs.value_or(kOnDemand));
        if (plan.periodNs || !plan.triggers.empty()) {
            reportHinderedMaps(nowNs);
        }
    }
    m_mapTriggers = MapTriggers(std::move(plan.triggers), m_latest.get()->markers);
    m_checkTracksNs = nowNs + kTracksDueNs;
}

void Recording::lookAtMapTriggers(std::int64_t nowNs) {
    if (!m_isRecording) {
        return;
    }
    if (const std::string reason = m_mapTriggers.due(*m_latest.get()); !reason.empty()) {
        const std::int64_t before = m_cost.nowNs();
        takeMaps(reason, nowNs);
        m_mapTriggers.noteCost(m_cost.nowNs() - before);
    }
    if (m_checkTracksNs && nowNs >= *m_checkTracksNs) {
        m_checkTracksNs.reset();
        reportUnknownTracks(false);
    }
}

// A process with a label, and its tracks, may come later.
void Recording::reportUnknownTracks(bool isEnd) {
    for (const std::string& track : m_mapTriggers.unknownTracks()) {
        const bool isOfProcess = track.front() >= 'A' && track.front() <= 'Z';
        if (isOfProcess == isEnd) {
            reportError(makeError(ErrorKind::usage,
                                  "no memory map is kept by the track " + track +
                                      ": this session has none of that name; ringscope-cli info "
                                      "lists those of a recorded session"));
        }
    }
}

// The file as one more source: rows that it does not have since an error count as lost.
SourceStatus Recording::writerStatus() {
    const SessionWriter::Status status = m_writer->status();
    if (status.error && !m_isWriterErrorReported) {
        m_isWriterErrorReported = true;
        reportError(*status.error);
        m_session.addMarker({m_wall.nowNs(), MarkerKind::loss, status.error->message});
    }
    return {"file", kNsPerSecond, status.costNs, status.rows, status.rowsLost};
}

void Recording::publish(std::int64_t nowNs, bool isLive) {
    std::vector<SourceStatus> sources = m_recorder.status();
    if (m_writer) {
        sources.push_back(writerStatus());
    }
    m_session.setSources(std::move(sources));
    m_session.publish(nowNs, isLive, m_latest);
}

void Recording::finish(std::int64_t nowNs) {
    handleRequests(nowNs);
    if (m_isRecording) {
        m_target->takeLastSamples(nowNs, m_session);
    }
    publish(nowNs, false);
    if (m_isRecording) {
        if (m_checkTracksNs) {
            reportUnknownTracks(false);
        }
        reportUnknownTracks(true);
    }
    RunSummary summary;
    const Provenance& provenance = m_session.provenance();
    summary.seed = provenance.seed;
    summary.durationSeconds = static_cast<double>(nowNs - provenance.startMonotonicNs) / 1e9;
    m_target->summarize(summary);
    if (m_isDurationOver && summary.outcome == "interrupted") {
        summary.outcome = "completed"; // it was to last so long
    }
    addTrackNumbers(summary, *m_latest.get());
    if (m_writer) {
        m_writer->finish(m_latest.get(), summary);
        publish(nowNs, false); // with what the file could not take
    }
    noteFinished(std::move(summary));
}

void Recording::noteFinished(std::optional<RunSummary> summary) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_summary = std::move(summary);
    m_isFinished = true;
    m_finishedChanged.notify_all();
}

void Recording::reportError(const Error& error) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_errors.push_back(error);
}

void Recording::requestStop() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.isStop = true;
}

bool Recording::isFinished() const {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_isFinished;
}

bool Recording::waitFor(std::int64_t timeoutNs) const {
    std::unique_lock<std::mutex> lock(m_mutex);
    return m_finishedChanged.wait_for(lock, std::chrono::nanoseconds(timeoutNs),
                                      [this] { return m_isFinished; });
}

void Recording::addMarker(std::string text) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.markers.push_back({monotonicNs(), MarkerKind::user, std::move(text)});
}

void Recording::requestMaps() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.isMaps = true;
}

void Recording::requestHeaps() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.isHeaps = true;
}

void Recording::setHeapMode(HeapMode mode) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.heapMode = mode;
}

void Recording::setMapPlan(MapPlan plan) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.mapPlan = std::move(plan);
}

void Recording::watchChannel(std::uint32_t channel) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.watchedChannel = channel;
}

void Recording::requestSlotDetail(std::uint32_t channel, std::uint64_t slot) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.slotDetail = {channel, slot};
}

std::vector<Error> Recording::errors() const {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_errors;
}

std::optional<RunSummary> Recording::summary() const {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_summary;
}

} // namespace ringscope
