// SPDX-License-Identifier: MIT
#include "core/session/live_session.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/process_identity.h"
#include "tests/support/patience.h"

namespace ringscope {
namespace {

// A child that waits to be killed; killed and reaped by the destructor.
class WaitingChild {
public:
    WaitingChild()
        : m_pid(fork()) {
        if (m_pid == 0) {
            while (true) {
                pause();
            }
        }
    }
    WaitingChild(const WaitingChild&) = delete;
    WaitingChild& operator=(const WaitingChild&) = delete;
    ~WaitingChild() { kill(); }
    [[nodiscard]] pid_t pid() const { return m_pid; }
    void kill() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            waitpid(m_pid, nullptr, 0);
            m_pid = 0;
        }
    }

private:
    pid_t m_pid;
};

TEST(LiveSession, RefusesAPidThatIsGone) {
    WaitingChild child;
    const pid_t pid = child.pid();
    child.kill();
    const auto session = LiveSession::attachProcess({pid, 0, 0}, {});
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::target);
    EXPECT_NE(session.error().message.find(std::to_string(pid)), std::string::npos);
}

TEST(LiveSession, RefusesAPidThatIsAnothersByNow) {
    const WaitingChild child;
    auto earlier = processOf(child.pid());
    ASSERT_TRUE(earlier);
    --earlier->startTicks;
    const auto session = LiveSession::attachProcess(*earlier, {});
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::target);
}

TEST(LiveSession, EndsWithAMarkerWhenItsProcessDies) {
    WaitingChild child;
    const auto session = LiveSession::attachProcess({child.pid(), 0, 0}, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE(eventually([&] {
        const auto seen = (*session)->view();
        const auto track = seen->find("memory.rss");
        return track && seen->samples(*track).rows() > 5;
    }));
    EXPECT_FALSE((*session)->isFinished());
    child.kill();
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));

    const auto view = (*session)->view();
    EXPECT_FALSE(view->isLive);
    ASSERT_EQ(view->markers->size(), 1U);
    EXPECT_EQ(view->markers->front().kind, MarkerKind::phase);
    EXPECT_TRUE(view->markers->front().text.starts_with("process ended: pid "))
        << view->markers->front().text;
    const auto rss = view->find("memory.rss");
    ASSERT_TRUE(rss);
    EXPECT_GT(view->samples(*rss).rows(), 5U);
    EXPECT_GT(view->samples(*rss).valueAt(rss->column, 0), 0);
    EXPECT_EQ((*session)->summary()->outcome, "completed");
}

TEST(LiveSession, ThatLastedAsLongAsItWasMeantToIsCompleted) {
    WaitingChild child;
    LiveOptions options;
    options.durationNs = 200 * kNsPerMs;
    const auto session = LiveSession::attachProcess({child.pid(), 0, 0}, options);
    ASSERT_TRUE(session.has_value());
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    EXPECT_EQ((*session)->summary()->outcome, "completed");
    EXPECT_EQ(kill(child.pid(), 0), 0);
}

TEST(LiveSession, LetsAnAttachedProcessLiveWhenStopped) {
    WaitingChild child;
    const auto session = LiveSession::attachProcess({child.pid(), 0, 0}, {});
    ASSERT_TRUE(session.has_value());
    (*session)->addMarker("here");
    (*session)->requestStop();
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    EXPECT_EQ(kill(child.pid(), 0), 0);
    EXPECT_EQ((*session)->summary()->outcome, "interrupted");
    ASSERT_EQ((*session)->view()->markers->size(), 1U);
    EXPECT_EQ((*session)->view()->markers->front().text, "here");
}

} // namespace
} // namespace ringscope
