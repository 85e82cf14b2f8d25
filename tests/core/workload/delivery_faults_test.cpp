// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <sched.h>
#include <vector>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/segment.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/message_body.h"
#include "core/workload/scenario_file.h"
#include "core/workload/workload_run.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {
namespace {

// A real run whose ring has one participant more: this test, which takes messages away and puts
// them back otherwise than they were.
class MeddledRun : public testing::Test {
protected:
    struct Stolen {
        MessageHeader header;
        std::vector<std::byte> payload;
    };

    MeddledRun() {
        Scenario scenario = *findScenario("steady");
        EXPECT_TRUE(applySettings(scenario, "producers=1,consumers=1,per_second=1000,warm_up=0s,"
                                            "duration=0s,latency_one_in=0"));
        // The consumer is slower than the producer for a moment now and then, so that there is
        // something to steal.
        scenario.stall = {50 * kNsPerMs, 20 * kNsPerMs, 1, false};
        auto run = WorkloadRun::start(scenario);
        EXPECT_TRUE(run) << run.error().message;
        m_run = std::move(*run);
        auto segment = Segment::attach(m_run->ringName());
        m_segment = std::make_unique<Segment>(std::move(*segment));
    }

    Stolen steal() {
        auto consumer = Consumer::join(*m_segment, 0);
        const std::int64_t deadlineNs = monotonicNs() + kPatienceNs;
        while (monotonicNs() < deadlineNs) {
            if (const auto peek = consumer->try_peek(); peek) {
                const MessageView message = peek.message();
                Stolen stolen;
                stolen.header.messageId = message.header.messageId;
                stolen.header.messageType = message.header.messageType;
                stolen.payload.assign(message.payload.begin(), message.payload.end());
                return stolen;
            }
            m_run->poll();
            ::sched_yield();
        }
        ADD_FAILURE() << "no message to steal";
        return {};
    }

    void putBack(const Stolen& stolen) {
        auto producer = Producer::join(*m_segment, 0);
        ASSERT_TRUE(producer->try_push(stolen.header, stolen.payload));
    }

    DeliveryCounts finish() {
        const std::uint64_t received = m_run->status().received;
        EXPECT_TRUE(pollUntil(*m_run, [&] { return m_run->status().received > received + 100; }));
        m_run->requestStop();
        const RunResult result = runToEnd(*m_run);
        EXPECT_FALSE(result.isAccountedFor());
        return result.messages;
    }

    std::unique_ptr<WorkloadRun> m_run;
    std::unique_ptr<Segment> m_segment;
};

TEST_F(MeddledRun, CountsWhatSomebodyTookAsLost) {
    steal();
    steal();
    const DeliveryCounts counts = finish();
    EXPECT_EQ(counts.lost, 2U);
    EXPECT_EQ(counts.sent, counts.received + counts.inRing + 2);
    EXPECT_EQ(counts.duplicated + counts.reordered + counts.corrupted, 0U);
}

TEST_F(MeddledRun, CountsWhatComesTwiceAsDuplicated) {
    const Stolen stolen = steal();
    putBack(stolen);
    putBack(stolen);
    const DeliveryCounts counts = finish();
    EXPECT_EQ(counts.duplicated, 1U);
    EXPECT_EQ(counts.lost + counts.corrupted, 0U);
    EXPECT_EQ(counts.sent, counts.received + counts.inRing);
}

TEST_F(MeddledRun, CountsWhatComesLateAsReordered) {
    const Stolen stolen = steal();
    const std::uint64_t received = m_run->status().received;
    ASSERT_TRUE(pollUntil(*m_run, [&] { return m_run->status().received > received + 100; }));
    putBack(stolen);
    const DeliveryCounts counts = finish();
    EXPECT_EQ(counts.reordered, 1U);
    EXPECT_EQ(counts.lost + counts.duplicated + counts.corrupted, 0U);
}

TEST_F(MeddledRun, CountsWhatWasChangedAsCorrupted) {
    Stolen stolen = steal();
    stolen.payload.back() ^= std::byte{1};
    putBack(stolen);
    const DeliveryCounts counts = finish();
    EXPECT_EQ(counts.corrupted, 1U);
    EXPECT_EQ(counts.lost + counts.duplicated, 0U); // it can still be told which one it is
}

TEST_F(MeddledRun, CountsAHeaderOfAnotherMessageAsCorrupted) {
    Stolen stolen = steal();
    stolen.header.messageId ^= 1;
    putBack(stolen);
    const DeliveryCounts counts = finish();
    EXPECT_EQ(counts.corrupted, 1U);
    EXPECT_EQ(counts.lost + counts.duplicated, 0U); // its payload says which one it is
}

TEST_F(MeddledRun, CountsWhatCannotBeNamedAsCorruptedAndNotAsLost) {
    Stolen stolen = steal();
    std::memset(stolen.payload.data(), 0xFF, sizeof(MessageStamp));
    putBack(stolen);
    const DeliveryCounts counts = finish();
    EXPECT_EQ(counts.corrupted, 1U);
    EXPECT_EQ(counts.lost, 0U);
    EXPECT_EQ(counts.sent, counts.received + counts.inRing);
}

} // namespace
} // namespace ringscope
