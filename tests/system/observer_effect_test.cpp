// SPDX-License-Identifier: MIT
// That looking does not change what is looked at: the memory of a process and of its ring, as the
// kernel counts it, before, while and after Ringscope observes them.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/ring/segment.h"
#include "tests/support/patience.h"
#include "tests/support/run_program.h"

namespace ringscope {
namespace {

constexpr std::size_t kPage = 4096;

// What the kernel says of a process, of its ring's file and how often it had to be given a page.
struct Footprint {
    std::string rollup; // Rss, Pss, Private, Shared, ... in the kernel's own words
    long filePages = 0; // that the ring's file has, mapped or not
    std::string faults;

    bool operator==(const Footprint&) const = default;
};

void PrintTo(const Footprint& footprint, std::ostream* out) {
    *out << footprint.rollup << footprint.filePages << " pages of the file, faults "
         << footprint.faults;
}

std::string shmPathOf(const std::string& ring) {
    return "/dev/shm/" + ring;
}

bool hasOpen(pid_t pid, const std::string& path) {
    std::error_code error;
    const auto files =
        std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error);
    return std::any_of(begin(files), end(files), [&](const auto& file) {
        return std::filesystem::read_symlink(file.path(), error) == path;
    });
}

bool hasMapped(pid_t pid, const std::string& path) {
    const auto maps = readFile("/proc/" + std::to_string(pid) + "/maps");
    return !maps || maps->find(path) != std::string::npos;
}

class ObservedTarget {
public:
    ObservedTarget()
        : m_ring(segmentName("observed"))
        , m_program({copied(), m_ring}) {
        EXPECT_TRUE(eventually([&] { return hasMapped(m_program.pid(), shmPathOf(m_ring)); }));
        // It says "ready" when its memory stays as it is.
        Footprint before;
        EXPECT_TRUE(eventually([&] {
            const Footprint now = footprint();
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            return std::exchange(before, now) == now;
        }));
    }
    ~ObservedTarget() {
        m_program.sendSignal(SIGTERM);
        EXPECT_EQ(m_program.result().status, 0);
    }
    ObservedTarget(const ObservedTarget&) = delete;
    ObservedTarget& operator=(const ObservedTarget&) = delete;

    [[nodiscard]] const std::string& ring() const { return m_ring; }
    [[nodiscard]] std::string pidText() const { return std::to_string(m_program.pid()); }
    [[nodiscard]] Footprint footprint() const {
        const std::string proc = "/proc/" + pidText();
        struct stat status {};
        EXPECT_EQ(::stat(shmPathOf(m_ring).c_str(), &status), 0);
        std::istringstream stat(readFile(proc + "/stat").value_or(""));
        std::array<std::string, 12> fields; // no blank in this program's name
        for (std::string& field : fields) {
            stat >> field;
        }
        return {readFile(proc + "/smaps_rollup").value_or(""),
                static_cast<long>(status.st_blocks) * 512 / static_cast<long>(kPage),
                fields[9] + " minor, " + fields[11] + " major"};
    }

private:
    // One of its own: targets of tests that run at the same time would share its pages.
    [[nodiscard]] std::string copied() const {
        std::filesystem::copy_file(OBSERVED_TARGET, m_folder.path("target"));
        return m_folder.path("target");
    }

    ScratchDirectory m_folder;
    std::string m_ring;
    RunningProgram m_program;
};

// Runs it beside the target until it has the ring open (when it watches one) and two seconds more.
void expectNoTraceOf(const ObservedTarget& target, const std::vector<std::string>& observer,
                     bool isRingWatched) {
    const Footprint before = target.footprint();
    ASSERT_NE(before.rollup.find("Private_Dirty"), std::string::npos);
    {
        RunningProgram program(observer, {"QT_QPA_PLATFORM=offscreen"});
        if (isRingWatched) {
            ASSERT_TRUE(
                eventually([&] { return hasOpen(program.pid(), shmPathOf(target.ring())); }));
        }
        const std::int64_t end = monotonicNs() + 2 * kNsPerSecond;
        while (monotonicNs() < end) {
            ASSERT_EQ(target.footprint(), before);
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        ASSERT_EQ(::kill(program.pid(), 0), 0) << "it observes still";
        EXPECT_FALSE(hasMapped(program.pid(), shmPathOf(target.ring())));
        program.sendSignal(SIGTERM);
        (void)program.result();
    }
    EXPECT_EQ(target.footprint(), before);
}

// What the other tests would see if somebody did it the other way.
TEST(ObserverEffect, IsThereWhenARingIsMapped) {
    const ObservedTarget target;
    const Footprint before = target.footprint();
    const FileDescriptor file(::open(shmPathOf(target.ring()).c_str(), O_RDONLY | O_CLOEXEC));
    const auto bytes = static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END));
    void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
    ASSERT_NE(mapped, MAP_FAILED);
    volatile char byte = 0;
    for (std::size_t at = 0; at < bytes; at += kPage) {
        byte = static_cast<const volatile char*>(mapped)[at];
    }
    (void)byte;
    const Footprint during = target.footprint();
    EXPECT_NE(during.rollup, before.rollup) << "private pages became shared ones";
    ::munmap(mapped, bytes);
}

TEST(ObserverEffect, NoneOfRecordingARing) {
    const ObservedTarget target;
    expectNoTraceOf(target, {RINGSCOPE_CLI, "record", "--ring", target.ring(), "--quiet"}, true);
}

TEST(ObserverEffect, NoneOfRecordingAProcess) {
    const ObservedTarget target;
    expectNoTraceOf(target, {RINGSCOPE_CLI, "record", "--pid", target.pidText(), "--quiet"}, false);
}

// Each map walks the page tables and reads names, threads and counters.
TEST(ObserverEffect, NoneOfTakingMaps) {
    const ObservedTarget target;
    const Footprint before = target.footprint();
    for (int times = 0; times < 20; ++times) {
        const ProgramResult map = runProgram({RINGSCOPE_CLI, "map", target.pidText(), "--json"});
        ASSERT_EQ(map.status, 0) << map.err;
        ASSERT_NE(map.out.find("\"regions\""), std::string::npos);
        ASSERT_EQ(target.footprint(), before) << "after map " << times + 1;
    }
}

TEST(ObserverEffect, NoneOfRecordingMaps) {
    const ObservedTarget target;
    const ScratchDirectory scratch;
    const std::string file = scratch.path("maps.ringscope");
    expectNoTraceOf(target,
                    {RINGSCOPE_CLI, "record", "--pid", target.pidText(), "--map-every", "50ms",
                     "--quiet", "-o", file},
                    false);
    const ProgramResult maps = runProgram({RINGSCOPE_CLI, "info", file, "--json"});
    EXPECT_NE(maps.out.find("\"memory_maps\""), std::string::npos) << maps.err;
}

#ifdef RINGSCOPE_DESKTOP
TEST(ObserverEffect, NoneOfTheDesktopOnARing) {
    const ObservedTarget target;
    expectNoTraceOf(target, {RINGSCOPE_DESKTOP, "--ring", target.ring()}, true);
}

TEST(ObserverEffect, NoneOfTheDesktopOnAProcess) {
    const ObservedTarget target;
    expectNoTraceOf(target, {RINGSCOPE_DESKTOP, "--attach", target.pidText()}, false);
}
#endif

} // namespace
} // namespace ringscope
