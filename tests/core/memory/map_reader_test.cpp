// SPDX-License-Identifier: MIT
#include "core/memory/map_reader.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/memory/map_objects.h"
#include "tests/core/memory/child_process.h"
#include "tests/support/temporary_folder.h"

namespace ringscope {
namespace {

using testing::ChildProcess;

// Stopped while it is read, so that the kernel's two answers are of one moment.
TEST(MapReader, SumsOfAStoppedProcessAreTheKernels) {
    const ChildProcess child([](const ChildProcess::Steps&) {
        constexpr std::size_t kBytes = 1U << 20U;
        void* const shared =
            ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared != MAP_FAILED) {
            std::memset(shared, 1, kBytes / 2);
        }
    });
    ASSERT_TRUE(child.awaitStep());
    ::kill(child.pid(), SIGSTOP);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
    const MapSnapshot snapshot = readMapSnapshot({child.pid(), 0, 0}).value();
    ::kill(child.pid(), SIGCONT);
    const MemorySums total = snapshot.sums().regionTotal();
    ASSERT_TRUE(snapshot.rollup);
    EXPECT_EQ(total.rss, snapshot.rollup->rss);
    // Which of the two a page is changes with what we, its parent, write meanwhile.
    EXPECT_EQ(total.privateBytes + total.sharedBytes,
              snapshot.rollup->privateBytes() + snapshot.rollup->sharedBytes());
    EXPECT_EQ(total.swap, snapshot.rollup->swap);
    EXPECT_EQ(total.referenced, snapshot.rollup->referenced);
    EXPECT_GE(snapshot.sums().of(MemoryType::shareable).rss, 512U * 1024);
    EXPECT_FALSE(snapshot.name.empty());
    EXPECT_TRUE(snapshot.remarks.empty());
    EXPECT_GT(snapshot.sums().of(MemoryType::pageTable).size, 0U);
}

// PSS of what others map too changes with them, and other tests run beside this one: a reading
// between which none of them did is found soon.
TEST(MapReader, PssIsTheKernelsButForItsRounding) {
    std::int64_t rounding = -1;
    std::int64_t most = 0;
    for (int reading = 0; reading < 100 && (rounding < 0 || rounding >= most); ++reading) {
        const MapSnapshot snapshot = readMapSnapshot(selfProcess()).value();
        const MemorySums total = snapshot.sums().regionTotal();
        rounding = pssRounding(snapshot, total).value();
        most = static_cast<std::int64_t>(total.regions * 1024);
    }
    EXPECT_GE(rounding, 0);
    EXPECT_LT(rounding, most);
}

TEST(MapReader, NamesTheThreadsOfStacks) {
    const MapSnapshot snapshot = readMapSnapshot(selfProcess()).value();
    ASSERT_FALSE(snapshot.space.threads.empty());
    EXPECT_EQ(snapshot.space.threads.front().tid, ::getpid());
    EXPECT_EQ(snapshot.space.threads.front().name, snapshot.name);
}

TEST(MapReader, PagesOnNodesAreTheResidentOnes) {
    if (::access("/proc/self/numa_maps", R_OK) != 0) {
        GTEST_SKIP() << "this kernel has no numa_maps";
    }
    constexpr std::size_t kBytes = 1U << 20U;
    const ChildProcess child([](const ChildProcess::Steps&) {
        void* const memory =
            ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) {
            std::memset(memory, 1, kBytes / 2);
        }
    });
    ASSERT_TRUE(child.awaitStep());
    const MapSnapshot snapshot =
        readMapSnapshot({child.pid(), 0, 0}, KernelSums::leftOut, NodePlaces::read).value();
    ASSERT_TRUE(snapshot.nodes);
    ASSERT_EQ(snapshot.nodes->regions.size(), snapshot.space.map.regions.size());
    std::uint64_t bytes = 0;
    for (const NodeBytes& node : snapshot.nodesOf(MemoryType::shareable)) {
        bytes += node.bytes;
    }
    EXPECT_EQ(bytes, snapshot.sums().of(MemoryType::shareable).rss);
    EXPECT_GE(bytes, kBytes / 2);
    EXPECT_EQ(snapshot.nodes->malformedLines, 0U);
    EXPECT_FALSE(readMapSnapshot({child.pid(), 0, 0}).value().nodes) << "only when asked for";
}

// Two programs that start each other for ever: a map is of one of them, or there is none.
TEST(MapReader, AMapIsOfOneProgramHoweverOftenTheProcessStartsAnother) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/";
    std::filesystem::copy_file("/bin/sh", path + "one");
    std::filesystem::copy_file("/bin/sh", path + "two");
    std::ofstream(path + "script")
        << "folder=$2\ncase $1 in\n"
           "one) exec \"$folder/two\" \"$folder/script\" two \"$folder\" ;;\n"
           "two) exec \"$folder/one\" \"$folder/script\" one \"$folder\" ;;\n"
           "esac\n";
    const ChildProcess child([&](const ChildProcess::Steps& steps) {
        steps.reached();
        ::execl((path + "one").c_str(), "one", (path + "script").c_str(), "one",
                folder.path().c_str(), nullptr);
        ::_exit(1);
    });
    ASSERT_TRUE(child.awaitStep());
    child.goOn();
    int maps = 0;
    for (int i = 0; i < 300; ++i) {
        const auto snapshot = readMapSnapshot({child.pid(), 0, 0});
        if (!snapshot) {
            EXPECT_NE(snapshot.error().message.find("started another program"), std::string::npos)
                << snapshot.error().message;
            continue;
        }
        for (const std::string& name : snapshot->space.map.names) {
            if (name.starts_with(path)) {
                EXPECT_EQ(name, path + snapshot->name);
                ++maps;
            }
        }
    }
    EXPECT_GT(maps, 0);
}

TEST(MapReader, SaysWhyThereIsNone) {
    const auto missing = readMapSnapshot({999'999'999, 0, 0});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::target);
    const auto reused = readMapSnapshot({::getpid(), 1, 0});
    ASSERT_FALSE(reused) << "another process by now";
}

} // namespace
} // namespace ringscope
