// SPDX-License-Identifier: MIT
#include "core/session/recorder.h"

#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

// A source that does what a test says, and counts.
class ScriptedSource final : public Source {
public:
    using Work = std::function<void(std::int64_t nowNs, Session& session)>;
    ScriptedSource(std::int64_t periodNs, Work work)
        : m_periodNs(periodNs)
        , m_work(std::move(work)) {}
    [[nodiscard]] std::string_view name() const override { return "scripted"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return m_periodNs; }
    void sample(std::int64_t nowNs, Session& session) override { m_work(nowNs, session); }

private:
    std::int64_t m_periodNs;
    Work m_work;
};

class RecorderTest : public testing::Test {
protected:
    // Steps at every due time until the clock reads endNs.
    void runUntil(std::int64_t endNs) {
        while (true) {
            const std::int64_t dueNs = m_recorder.step(m_wall.nowNs());
            if (dueNs >= endNs) {
                m_wall.advanceNs(endNs - m_wall.nowNs());
                return;
            }
            m_wall.advanceNs(std::max<std::int64_t>(dueNs - m_wall.nowNs(), 0));
        }
    }
    void add(std::int64_t periodNs, ScriptedSource::Work work) {
        m_recorder.add(std::make_unique<ScriptedSource>(periodNs, std::move(work)));
    }

    ManualClock m_wall{1'000'000'000};
    ManualClock m_cost;
    Session m_session{Provenance{}};
    Recorder m_recorder{m_session, m_wall, m_cost};
};

TEST_F(RecorderTest, TakesEverySampleOnItsGrid) {
    std::vector<std::int64_t> times;
    add(10, [&](std::int64_t nowNs, Session&) { times.push_back(nowNs - 1'000'000'000); });
    runUntil(1'000'000'050);
    EXPECT_EQ(times, (std::vector<std::int64_t>{0, 10, 20, 30, 40}));
    EXPECT_EQ(m_recorder.status()[0].lost, 0U);
}

TEST_F(RecorderTest, CountsWhatWasDueAndNotTaken) {
    add(10, [](std::int64_t, Session&) {});
    m_recorder.step(m_wall.nowNs());
    m_wall.advanceNs(45); // due at 10, 20, 30, 40: one is taken, three are lost
    EXPECT_EQ(m_recorder.step(m_wall.nowNs()), 1'000'000'050);
    EXPECT_EQ(m_recorder.status()[0].samples, 2U);
    EXPECT_EQ(m_recorder.status()[0].lost, 3U);
}

TEST_F(RecorderTest, StretchesThePeriodToTheBudget) {
    add(kNsPerMs, [&](std::int64_t, Session&) { m_cost.advanceNs(100 * kNsPerUs); });
    runUntil(3'000'000'000);
    const SourceStatus status = m_recorder.status()[0];
    EXPECT_EQ(status.periodNs, 10 * kNsPerMs); // 100 us of 10 ms is 1 %
    EXPECT_EQ(status.costNs, 100 * kNsPerUs);
    EXPECT_NEAR(static_cast<double>(status.samples), 200, 2);
    EXPECT_EQ(status.lost, 0U) << "a longer period is no loss";
}

TEST_F(RecorderTest, GivesTheOwnPeriodBackWhenTheCostFalls) {
    std::int64_t costNs = 100 * kNsPerUs;
    add(kNsPerMs, [&](std::int64_t, Session&) { m_cost.advanceNs(costNs); });
    runUntil(2'000'000'000);
    costNs = 2 * kNsPerUs;
    runUntil(4'000'000'000);
    EXPECT_EQ(m_recorder.status()[0].periodNs, kNsPerMs);
}

TEST_F(RecorderTest, ForgivesOneExpensiveSample) {
    int samples = 0;
    add(kNsPerMs, [&](std::int64_t, Session&) {
        m_cost.advanceNs(++samples % 1000 == 500 ? 5 * kNsPerMs : 2 * kNsPerUs);
    });
    runUntil(4'000'000'000);
    EXPECT_EQ(samples, 3000);
}

TEST_F(RecorderTest, KeepsACheapSourceFastBesideAnExpensiveOne) {
    int cheap = 0;
    add(500 * kNsPerMs, [&](std::int64_t, Session&) {
        m_cost.advanceNs(20 * kNsPerMs);
        m_wall.advanceNs(20 * kNsPerMs); // takes the thread's time too
    });
    add(kNsPerMs, [&](std::int64_t, Session&) { ++cheap; });
    runUntil(11'000'000'000);
    const std::vector<SourceStatus> status = m_recorder.status();
    EXPECT_EQ(status[0].periodNs, 2'000 * kNsPerMs);
    EXPECT_EQ(status[1].periodNs, kNsPerMs);
    EXPECT_EQ(status[1].samples + status[1].lost, 10'000U);
    EXPECT_EQ(status[1].samples, static_cast<std::uint64_t>(cheap));
    EXPECT_GT(status[1].lost, 0U);
}

TEST_F(RecorderTest, TakesWhatHasNoPeriodOnlyWhenAsked) {
    int taken = 0;
    add(kOnDemand, [&](std::int64_t, Session&) { ++taken; });
    EXPECT_EQ(m_recorder.step(m_wall.nowNs()), std::numeric_limits<std::int64_t>::max());
    m_recorder.sampleAll(m_wall.nowNs());
    EXPECT_EQ(taken, 0);
    EXPECT_TRUE(m_recorder.status().empty());
    m_recorder.takeNow("another", "asked for", m_wall.nowNs());
    m_recorder.takeNow("scripted", "asked for", m_wall.nowNs());
    EXPECT_EQ(taken, 1);
    m_recorder.setPeriod("scripted", 10);
    runUntil(1'000'000'030);
    EXPECT_EQ(taken, 4);
    EXPECT_EQ(m_recorder.status()[0].periodNs, 10);
}

} // namespace
} // namespace ringscope
