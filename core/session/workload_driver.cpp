// SPDX-License-Identifier: MIT
#include "core/session/workload_driver.h"

#include <ctime>
#include <utility>

#include "core/base/clock.h"

namespace ringscope {

namespace {

constexpr std::int64_t kTurnNs = 10 * kNsPerMs;
constexpr std::int64_t kLatencyPeriodNs = 100 * kNsPerMs;

} // namespace

WorkloadDriver::WorkloadDriver(std::unique_ptr<WorkloadRun> run)
    : m_run(std::move(run)) {
    auto first = std::make_shared<WorkloadPicture>();
    first->status = m_run->status();
    m_latest.publish(std::move(first));
    m_thread = Thread(
        "workload", [this](const std::stop_token& stop) { drive(stop); },
        [this](const Error&) {
            auto failed = std::make_shared<WorkloadPicture>(*m_latest.get());
            failed->isFinished = true;
            m_latest.publish(std::move(failed));
        });
}

void WorkloadDriver::drive(const std::stop_token& stop) {
    bool isStopping = false;
    std::int64_t nextLatencyNs = 0;
    std::shared_ptr<const LatencyHistogram> latency;
    std::int64_t dueNs = monotonicNs();
    while (!stop.stop_requested()) {
        if (!isStopping && m_isStopRequested.load(std::memory_order_relaxed)) {
            isStopping = true;
            m_run->requestStop();
        }
        m_run->poll();
        const std::int64_t nowNs = monotonicNs();
        const bool isFinished = m_run->isFinished();
        if (nowNs >= nextLatencyNs || isFinished) {
            nextLatencyNs = nowNs + kLatencyPeriodNs;
            latency = std::make_shared<const LatencyHistogram>(isFinished ? m_run->result().latency
                                                                          : m_run->latency());
        }
        auto picture = std::make_shared<WorkloadPicture>();
        picture->status = m_run->status();
        picture->latency = latency;
        picture->isFinished = isFinished;
        if (isFinished) {
            picture->result = m_run->result();
        }
        m_latest.publish(std::move(picture));
        if (isFinished) {
            return;
        }
        dueNs = dueNs + kTurnNs > nowNs ? dueNs + kTurnNs : nowNs;
        const timespec due{dueNs / kNsPerSecond, dueNs % kNsPerSecond};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    }
}

} // namespace ringscope
