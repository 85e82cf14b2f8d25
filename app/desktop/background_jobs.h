// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointer>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/thread.h"

namespace ringscope {

// Runs what may wait (start, stop, load, save, export, /proc) off the GUI thread. Owned by the
// window's program; run() is called on the GUI thread, and its result comes back there as one
// queued call. A result whose context object has gone by then is dropped. The destructor lets
// running and queued jobs finish (they see a stop request), because a job may hold a workload that
// must be ended properly.
class BackgroundJobs : public QObject {
    Q_OBJECT

public:
    explicit BackgroundJobs(QObject* parent = nullptr);
    BackgroundJobs(const BackgroundJobs&) = delete;
    BackgroundJobs& operator=(const BackgroundJobs&) = delete;
    ~BackgroundJobs() override;

    // work: Result(std::stop_token), on a thread of the pool. done: void(Result), on the GUI
    // thread. Result may be move-only.
    template <typename Work, typename Done>
    void run(QObject* context, Work work, Done done) {
        using Result = std::invoke_result_t<Work&, std::stop_token>;
        auto result = std::make_shared<std::optional<Result>>();
        auto sharedWork = std::make_shared<Work>(std::move(work));
        QPointer<QObject> guard(context);
        enqueue({[result, sharedWork](std::stop_token stop) {
                     result->emplace((*sharedWork)(std::move(stop)));
                 },
                 [result, guard, deliver = std::move(done)]() mutable {
                     if (guard != nullptr && result->has_value()) {
                         deliver(std::move(**result));
                     }
                 }});
    }

    // Jobs that wait, run, or whose result is not delivered yet. GUI thread.
    [[nodiscard]] int pending() const { return m_pending; }

Q_SIGNALS:
    void pendingChanged(int pending);
    // An exception that escaped a job; its done is not called.
    void jobFailed(const ringscope::Error& error);

private:
    struct Job {
        std::function<void(std::stop_token)> work;
        std::function<void()> deliver;
    };
    void enqueue(Job job);
    void serve(const std::stop_token& stop);
    void deliver(std::function<void()> call);

    // GUI thread only.
    int m_pending = 0;
    // Guarded by m_mutex.
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<Job> m_queue;
    // Last, so that they are joined first.
    std::vector<Thread> m_threads;
};

} // namespace ringscope
