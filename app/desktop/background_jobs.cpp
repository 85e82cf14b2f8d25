// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/background_jobs.h"

#include <QMetaObject>

#include <exception>
#include <string>

namespace ringscope {
namespace {

// Two, so that a long export does not keep Stop waiting.
constexpr int kThreads = 2;

Error errorOf(const std::exception& exception) {
    return makeError(ErrorKind::failed, std::string("This could not be done: ") + exception.what() +
                                            ". Please report it with what you did before.");
}

} // namespace

BackgroundJobs::BackgroundJobs(QObject* parent)
    : QObject(parent) {
    m_threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
        // serve() has a barrier of its own for each job; nothing can escape to the handler here.
        m_threads.emplace_back(
            "job-" + std::to_string(i), [this](const std::stop_token& stop) { serve(stop); },
            [](const Error&) {});
    }
}

BackgroundJobs::~BackgroundJobs() {
    for (Thread& thread : m_threads) {
        thread.requestStop();
    }
}

void BackgroundJobs::enqueue(Job job) {
    ++m_pending;
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_queue.push_back(std::move(job));
    }
    m_wake.notify_one();
    Q_EMIT pendingChanged(m_pending);
}

void BackgroundJobs::serve(const std::stop_token& stop) {
    for (;;) {
        Job job;
        {
            std::unique_lock<std::mutex> lock(m_mutex);
            // Returns at a stop request too; what is queued is still done then.
            m_wake.wait(lock, stop, [this] { return !m_queue.empty(); });
            if (m_queue.empty()) {
                return;
            }
            job = std::move(m_queue.front());
            m_queue.pop_front();
        }
        try {
            job.work(stop);
            deliver(std::move(job.deliver));
        } catch (const std::exception& exception) {
            deliver([this, error = errorOf(exception)] { Q_EMIT jobFailed(error); });
        }
    }
}

// Queued on this object, which outlives the threads; the job's own context is looked at there, on
// the one thread that may.
void BackgroundJobs::deliver(std::function<void()> call) {
    QMetaObject::invokeMethod(
        this,
        [this, call = std::move(call)] {
            --m_pending;
            Q_EMIT pendingChanged(m_pending);
            call();
        },
        Qt::QueuedConnection);
}

} // namespace ringscope
