// SPDX-License-Identifier: MIT
#include "core/session/sources/memory_source.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string_view>
#include <sys/mman.h>

#include "tests/core/memory/child_process.h"

namespace ringscope {
namespace {

using testing::ChildProcess;

constexpr std::size_t kPages = 2000;
constexpr std::size_t kPageBytes = 4096;

void touchPages() {
    void* pages = ::mmap(nullptr, kPages * kPageBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(pages, kPages * kPageBytes, MADV_NOHUGEPAGE);
    for (std::size_t i = 0; i < kPages; ++i) {
        static_cast<volatile char*>(pages)[i * kPageBytes] = 1;
    }
}

// Touches its pages, then once more.
void touchTwice(const ChildProcess::Steps& steps) {
    touchPages();
    steps.reached();
    touchPages();
}

// A source takes the time from who samples it: nothing here waits for a clock.
class MemorySourceTest : public ::testing::Test {
protected:
    void sample() {
        m_nowNs += kNsPerSecond;
        m_source.sample(m_nowNs, m_session);
    }
    [[nodiscard]] double newest(std::string_view track) {
        const auto view = m_session.makeView(m_nowNs, true);
        const auto found = view->find(track);
        if (!found || view->samples(*found).rows() == 0) {
            ADD_FAILURE() << "no sample of " << track;
            return 0;
        }
        const auto& samples = view->samples(*found);
        return samples.valueAt(found->column, samples.rows() - 1);
    }

    std::int64_t m_nowNs = kNsPerSecond;
    Session m_session{Provenance{}};
    TargetProcesses m_processes;
    MemorySource m_source{m_processes, m_session};
};

TEST_F(MemorySourceTest, SumsItsProcessesAndFindsLaterOnes) {
    const ChildProcess first(touchTwice);
    const ChildProcess second(touchTwice);
    ASSERT_TRUE(first.awaitStep() && second.awaitStep());
    m_processes.add({}, first.identity(), TargetOrigin::started);
    sample();
    EXPECT_GE(newest("P0.memory.anonymous"), static_cast<double>(kPages * kPageBytes));
    EXPECT_EQ(newest("memory.rss"), newest("P0.memory.rss"));

    m_processes.add({}, second.identity(), TargetOrigin::started);
    sample();
    EXPECT_EQ(newest("memory.rss"), newest("P0.memory.rss") + newest("P1.memory.rss"));
}

TEST_F(MemorySourceTest, CountsFaultsOfAnAttachedProcessFromThenOn) {
    const ChildProcess started(touchTwice);
    const ChildProcess attached(touchTwice);
    ASSERT_TRUE(started.awaitStep() && attached.awaitStep());
    m_processes.add({}, started.identity(), TargetOrigin::started);
    m_processes.add({}, attached.identity(), TargetOrigin::attached);
    sample();
    EXPECT_GE(newest("P0.memory.minor_faults"), kPages);
    EXPECT_LT(newest("P1.memory.minor_faults"), kPages);

    attached.goOn();
    ASSERT_TRUE(attached.awaitStep());
    sample();
    EXPECT_GE(newest("P1.memory.minor_faults"), kPages);
}

TEST_F(MemorySourceTest, KeepsTheCountsOfWhoEnded) {
    ChildProcess child(touchTwice);
    ASSERT_TRUE(child.awaitStep());
    m_processes.add({}, child.identity(), TargetOrigin::started);
    sample();
    const double faults = newest("memory.minor_faults");
    child.killAndReap();
    sample();
    EXPECT_EQ(newest("memory.minor_faults"), faults);
    EXPECT_TRUE(std::isnan(newest("memory.rss"))) << "nothing could be read: a gap and not 0";
}

} // namespace
} // namespace ringscope
