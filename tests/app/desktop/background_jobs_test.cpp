// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/background_jobs.h"

#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <memory>
#include <stdexcept>

#include "core/base/process_identity.h"
#include "tests/support/patience.h"

namespace ringscope {
namespace {

constexpr int kPatienceMs = kPatienceNs / kNsPerMs;

TEST(BackgroundJobs, DeliversAMoveOnlyResultOnTheGuiThread) {
    BackgroundJobs jobs;
    const ThreadIdentity gui = selfThread();
    ThreadIdentity worked;
    ThreadIdentity delivered;
    int result = 0;
    jobs.run(
        &jobs,
        [&worked](const std::stop_token&) {
            worked = selfThread();
            return std::make_unique<int>(42);
        },
        [&](std::unique_ptr<int> value) {
            delivered = selfThread();
            result = *value;
        });
    ASSERT_TRUE(QTest::qWaitFor([&] { return jobs.pending() == 0; }, kPatienceMs));
    EXPECT_EQ(result, 42);
    EXPECT_EQ(delivered, gui);
    EXPECT_NE(worked, gui);
}

TEST(BackgroundJobs, DropsAResultWhoseContextIsGone) {
    BackgroundJobs jobs;
    bool isDelivered = false;
    auto context = std::make_unique<QObject>();
    std::atomic<bool> mayEnd = false;
    jobs.run(
        context.get(),
        [&mayEnd](const std::stop_token&) {
            mayEnd.wait(false, std::memory_order_acquire);
            return 1;
        },
        [&isDelivered](int) { isDelivered = true; });
    context.reset();
    mayEnd.store(true, std::memory_order_release); // pairs with the wait in the job
    mayEnd.notify_one();
    ASSERT_TRUE(QTest::qWaitFor([&] { return jobs.pending() == 0; }, kPatienceMs));
    EXPECT_FALSE(isDelivered);
}

TEST(BackgroundJobs, FinishesWhatIsQueuedBeforeItGoes) {
    std::atomic<int> done = 0;
    {
        BackgroundJobs jobs;
        for (int i = 0; i < 20; ++i) {
            jobs.run(
                &jobs,
                [&done](const std::stop_token&) {
                    return done.fetch_add(1, std::memory_order_relaxed);
                },
                [](int) {});
        }
    }
    EXPECT_EQ(done.load(std::memory_order_relaxed), 20);
}

TEST(BackgroundJobs, ReportsAnExceptionInsteadOfLosingIt) {
    BackgroundJobs jobs;
    std::string message;
    QObject::connect(&jobs, &BackgroundJobs::jobFailed, &jobs,
                     [&message](const Error& error) { message = error.message; });
    jobs.run(
        &jobs, [](const std::stop_token&) -> int { throw std::runtime_error("no such luck"); },
        [](int) { FAIL() << "a job that threw has no result"; });
    ASSERT_TRUE(QTest::qWaitFor([&] { return jobs.pending() == 0; }, kPatienceMs));
    EXPECT_NE(message.find("no such luck"), std::string::npos);
}

} // namespace
} // namespace ringscope
