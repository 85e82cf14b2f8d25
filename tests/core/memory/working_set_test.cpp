// SPDX-License-Identifier: MIT
// What is done to another process when somebody asks for it.
#include "core/memory/working_set.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <linux/magic.h>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/file_descriptor.h"
#include "core/memory/address_space.h"
#include "core/memory/process_counters.h"
#include "core/memory/system_memory.h"
#include "tests/core/memory/child_answer.h"
#include "tests/core/memory/child_process.h"
#include "tests/core/memory/fake_root.h"
#include "tests/core/memory/reserved_area.h"

namespace ringscope {
namespace {

using testing::answerOfChild;
using testing::becomeNobody;
using testing::ChildProcess;
using testing::FakeRoot;
using testing::loseSystemCall;
using testing::ReservedArea;

constexpr std::uint64_t kPage = ReservedArea::kPage;

// What the mappings of these pages say.
std::uint64_t sumOf(const ChildProcess& child, const AddressRange& range,
                    std::uint64_t MemoryRegion::*number) {
    const auto space = readAddressSpace(child.identity()).value();
    std::uint64_t sum = 0;
    for (const MemoryRegion& region : space.map.regions) {
        if (region.start >= range.start && region.end <= range.end) {
            sum += region.*number;
        }
    }
    return sum;
}

// A file of so many pages that is on a disk, gone with this object. Not open: no disk to be had.
class FileOnDisk {
public:
    explicit FileOnDisk(std::size_t pages) {
        std::string name = std::filesystem::temp_directory_path() / "ringscope-test-XXXXXX";
        m_file.reset(::mkstemp(name.data()));
        ::unlink(name.c_str());
        // Page by page, so that the kernel does not keep them as large folios: of one that it does
        // not find mapped as a whole it only ends the mapping.
        const std::string bytes(kPage, 'f');
        bool isWritten = true;
        for (std::size_t page = 0; page < pages; ++page) {
            isWritten = isWritten && ::write(m_file.get(), bytes.data(), kPage) == kPage;
        }
        struct statfs where {};
        if (!isWritten || ::fsync(m_file.get()) != 0 || ::fstatfs(m_file.get(), &where) != 0 ||
            where.f_type == TMPFS_MAGIC) {
            m_file.reset();
        }
    }
    [[nodiscard]] int fd() const { return m_file.get(); }
    // Pages in the kernel's cache, whoever maps them.
    [[nodiscard]] std::size_t cachedPages(std::size_t pages) const {
        std::vector<unsigned char> isCached(pages);
        void* mapped = ::mmap(nullptr, pages * kPage, PROT_READ, MAP_SHARED, m_file.get(), 0);
        EXPECT_EQ(::mincore(mapped, pages * kPage, isCached.data()), 0);
        ::munmap(mapped, pages * kPage);
        return static_cast<std::size_t>(std::count_if(
            isCached.begin(), isCached.end(), [](unsigned char page) { return page & 1U; }));
    }
    [[nodiscard]] bool isThere() const { return m_file.isOpen(); }

private:
    FileDescriptor m_file;
};

bool mayPageOut() {
    const ChildProcess child([](const auto&) {});
    return child.awaitStep() && pageOut(child.identity(), std::array{AddressRange{0, kPage}});
}
constexpr const char* kMayNot = "putting out another's pages is not permitted or not known here";

// Touches 64 pages, and then 16 of them again.
class TouchingChild {
public:
    TouchingChild()
        : m_area(64)
        , m_child([this](const auto& steps) {
            m_area.map(0, 64);
            ::madvise(m_area.page(0), 64 * kPage, MADV_NOHUGEPAGE);
            m_area.write(0, 64);
            steps.reached();
            m_area.write(10, 10);
            m_area.read(30, 6);
        }) {
        EXPECT_TRUE(m_child.awaitStep());
    }
    void touchAgain() const {
        m_child.goOn();
        EXPECT_TRUE(m_child.awaitStep());
    }
    [[nodiscard]] std::uint64_t of(std::uint64_t MemoryRegion::*number) const {
        return sumOf(m_child, m_area.all(), number);
    }
    [[nodiscard]] const ChildProcess& process() const { return m_child; }

private:
    ReservedArea m_area;
    ChildProcess m_child;
};

// Without the flush that makes it exact, most of these would miss pages.
TEST(WorkingSet, IsWhatWasTouchedSinceItWasCleared) {
    for (int attempt = 0; attempt < 10; ++attempt) {
        const TouchingChild child;
        EXPECT_EQ(child.of(&MemoryRegion::referenced), 64 * kPage);
        const auto cleared = clearReferenced(child.process().identity());
        ASSERT_TRUE(cleared) << cleared.error().message;
        if (*cleared != ReferencesCleared::exact) {
            GTEST_SKIP() << "this kernel does not flush the TLB for it";
        }
        EXPECT_EQ(child.of(&MemoryRegion::referenced), 0U);
        EXPECT_EQ(child.of(&MemoryRegion::rss), 64 * kPage) << "it keeps its memory";
        child.touchAgain();
        EXPECT_EQ(child.of(&MemoryRegion::referenced), 16 * kPage);
    }
}

TEST(WorkingSet, IsAtLeastWhatIsCountedWithoutAFlush) {
    const TouchingChild child;
    const auto identity = child.process().identity();
    EXPECT_EQ(clearReferenced(identity, ReferencesCleared::atLeast).value(),
              ReferencesCleared::atLeast);
    EXPECT_EQ(child.of(&MemoryRegion::referenced), 0U);
    child.touchAgain();
    EXPECT_LE(child.of(&MemoryRegion::referenced), 16 * kPage);
}

TEST(WorkingSet, PeakIsSetBackToWhatIsThere) {
    constexpr std::size_t kPages = 2048;
    const ReservedArea area(kPages);
    const ChildProcess child([&](const auto&) {
        area.map(0, kPages);
        area.write(0, kPages);
        ::munmap(area.page(0), kPages * kPage);
    });
    ASSERT_TRUE(child.awaitStep());
    auto counters = ProcessCountersReader::open(child.pid()).value();
    const std::uint64_t before = counters.readFast().value().rssPeak;
    EXPECT_GE(before, kPages * kPage);
    ASSERT_TRUE(resetPeak(child.identity()));
    const auto after = counters.readFast().value();
    EXPECT_LE(after.rssPeak, before - kPages / 8 * 7 * kPage);
    EXPECT_GE(after.rssPeak, after.rss / 8 * 7);
}

// Pages of a file that nobody wrote need no swap: they are dropped.
TEST(PageOut, DropsCleanPagesOfAFile) {
    constexpr std::size_t kPages = 1024;
    const FileOnDisk file(kPages);
    if (!file.isThere() || !mayPageOut()) {
        GTEST_SKIP() << (file.isThere() ? kMayNot : "no file on a disk to be had here");
    }
    const ReservedArea area(kPages);
    const ChildProcess child([&](const auto& steps) {
        area.map(0, kPages, MAP_SHARED, file.fd(), PROT_READ);
        area.read(0, kPages);
        steps.reached();
        area.read(0, 8);
    });
    ASSERT_TRUE(child.awaitStep());
    EXPECT_EQ(sumOf(child, area.all(), &MemoryRegion::rss), kPages * kPage);
    const auto done = pageOut(child.identity(), std::array{area.all()});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->advisedBytes, kPages * kPage);
    EXPECT_EQ(done->refusedBytes, 0U);
    EXPECT_EQ(done->refusal, "");
    // A CPU may hold back some pages that it just read, from a list that this one cannot reach.
    EXPECT_LE(sumOf(child, area.all(), &MemoryRegion::rss), kPages / 8 * kPage);
    EXPECT_LE(file.cachedPages(kPages), kPages / 8) << "no longer mapped is not enough";
    child.goOn();
    ASSERT_TRUE(child.awaitStep());
    EXPECT_GE(sumOf(child, area.all(), &MemoryRegion::rss), 8 * kPage) << "it can read them again";
}

TEST(PageOut, LeavesAnonymousMemoryWhereThereIsNoSwapAndSaysSo) {
    if (!mayPageOut()) {
        GTEST_SKIP() << kMayNot;
    }
    const ReservedArea area(64);
    const ChildProcess child([&](const auto&) {
        area.map(0, 64);
        area.write(0, 64);
    });
    ASSERT_TRUE(child.awaitStep());
    const auto done = pageOut(child.identity(), std::array{area.all()}).value();
    EXPECT_EQ(done.advisedBytes, 64 * kPage);
    ASSERT_TRUE(done.swapFree);
    if (*done.swapFree > 0) {
        GTEST_SKIP() << "this machine has swap";
    }
    EXPECT_EQ(sumOf(child, area.all(), &MemoryRegion::rss), 64 * kPage);
}

TEST(PageOut, GoesOnBehindARangeThatIsRefused) {
    if (!mayPageOut()) {
        GTEST_SKIP() << kMayNot;
    }
    const ReservedArea area(64);
    const ChildProcess child([&](const auto&) {
        area.map(0, 60);
        area.write(0, 60);
        ::syscall(SYS_mlock, area.page(20), 4 * kPage); // sanitizers make mlock() do nothing
    });
    ASSERT_TRUE(child.awaitStep());
    const std::vector ranges = {area.range(0, 20), area.range(20, 4), area.range(24, 36)};
    const auto done = pageOut(child.identity(), ranges).value();
    EXPECT_EQ(done.advisedBytes, 56 * kPage);
    EXPECT_EQ(done.refusedBytes, 4 * kPage);
    EXPECT_NE(
        done.refusal.find(" is locked, of huge pages or of a device, which cannot be put out"),
        std::string::npos)
        << done.refusal;
}

TEST(PageOut, TakesMoreRangesThanTheKernelTakesAtOnce) {
    if (!mayPageOut()) {
        GTEST_SKIP() << kMayNot;
    }
    constexpr std::size_t kPages = 5000;
    const ReservedArea area(kPages);
    const ChildProcess child([&](const auto&) { area.map(0, kPages); });
    ASSERT_TRUE(child.awaitStep());
    std::vector<AddressRange> ranges = {{0xffffffffff600000, 0xffffffffff601000}};
    for (std::size_t page = 0; page < kPages; page += 2) {
        ranges.push_back(area.range(page, 1));
    }
    const auto done = pageOut(child.identity(), ranges);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->advisedBytes, kPages / 2 * kPage);
    EXPECT_EQ(done->refusedBytes, 0U);
}

// The kernel takes 2 GiB at a time.
TEST(PageOut, TakesALargeRangeToItsEnd) {
    if (!mayPageOut()) {
        GTEST_SKIP() << kMayNot;
    }
    constexpr std::size_t kSize = std::size_t{5} << 30U;
    void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    const ChildProcess child([](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    const auto start = reinterpret_cast<std::uint64_t>(memory);
    const auto done = pageOut(child.identity(), std::array{AddressRange{start, start + kSize}});
    EXPECT_EQ(done->advisedBytes, kSize);
    ::munmap(memory, kSize);
}

TEST(WorkingSet, OfAProcessThatEndedIsAnError) {
    ChildProcess child([](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    const auto identity = child.identity();
    const auto expectErrors = [&] {
        EXPECT_EQ(clearReferenced(identity).error().kind, ErrorKind::target);
        EXPECT_EQ(resetPeak(identity).error().kind, ErrorKind::target);
        EXPECT_EQ(pageOut(identity, {}).error().kind, ErrorKind::target);
        EXPECT_EQ(reclaimScope(identity).error().kind, ErrorKind::target);
        EXPECT_EQ(reclaimCgroup(identity, 4096).error().kind, ErrorKind::target);
    };
    child.kill();
    expectErrors();
    child.killAndReap();
    expectErrors();
}

TEST(WorkingSet, OfAnotherUserMayNotBeTouched) {
    const auto target = selfProcess();
    const std::string answer = answerOfChild([&]() -> std::string {
        if (!becomeNobody()) {
            return "cannot";
        }
        const auto cleared = clearReferenced(target);
        const auto out = pageOut(target, std::array{AddressRange{0x1000, 0x2000}});
        return (cleared ? "cleared" : cleared.error().message) + "|" +
               (out ? "out" : out.error().message);
    });
    if (answer == "cannot") {
        GTEST_SKIP() << "becoming another user that sees /proc is not possible here";
    }
    const std::string pid = std::to_string(target.pid);
    EXPECT_EQ(answer, "not permitted to clear what was referenced of process " + pid +
                          ": run Ringscope as its user or as root|not permitted to put out pages "
                          "of process " +
                          pid +
                          ": run Ringscope as root, or with CAP_SYS_NICE and the right to trace "
                          "that process");
}

TEST(PageOut, SaysThatAnOlderKernelCannot) {
    const auto target = selfProcess();
    const std::string answer = answerOfChild([&]() -> std::string {
        if (!loseSystemCall(SYS_process_madvise, ENOSYS)) {
            return "cannot";
        }
        const auto out = pageOut(target, std::array{AddressRange{0x1000, 0x2000}});
        return out ? "out" : out.error().message;
    });
    if (answer == "cannot") {
        GTEST_SKIP() << "system calls cannot be taken away here (seccomp)";
    }
    EXPECT_EQ(answer, "this kernel cannot put out pages of another process (process_madvise, Linux "
                      "5.10): use a newer one");
}

// A machine whose cgroup of this process has these files.
void makeCgroup(const FakeRoot& root) {
    root.write("/proc/self/mountinfo", "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
    root.write("/proc/" + std::to_string(::getpid()) + "/cgroup", "0::/app\n");
    root.write("/cg/app/cgroup.procs", "1\n22\n333\n");
    root.write("/cg/app/memory.current", "40960\n");
}

TEST(ReclaimCgroup, SaysWhomItHitsAndWritesWhatIsAskedFor) {
    const FakeRoot root;
    makeCgroup(root);
    root.write("/cg/app/memory.reclaim", "");
    const auto scope = reclaimScope(selfProcess(), root.path()).value();
    EXPECT_EQ(scope.cgroup, "/app");
    EXPECT_EQ(scope.processes, 3U);
    EXPECT_EQ(scope.usage, 40960U);
    EXPECT_EQ(readFile(root.path() + "/cg/app/memory.reclaim").value(), "") << "only looked";
    const auto done = reclaimCgroup(selfProcess(), 8192, root.path()).value();
    EXPECT_EQ(readFile(root.path() + "/cg/app/memory.reclaim").value(), "8192");
    EXPECT_EQ(done.scope.processes, 3U);
    EXPECT_EQ(done.usageAfter, 40960U);
    EXPECT_TRUE(done.isComplete);
}

TEST(ReclaimCgroup, SaysWhyItCannot) {
    const auto messageOf = [](const FakeRoot& root) {
        const auto done = reclaimCgroup(selfProcess(), 4096, root.path());
        return done ? "no error" : done.error().message;
    };
    const std::string pid = std::to_string(::getpid());
    const FakeRoot none;
    EXPECT_EQ(messageOf(none), "process " + pid +
                                   " is in no cgroup that counts memory, so none can be told to "
                                   "give some back: put out pages of the process instead");
    const FakeRoot old;
    makeCgroup(old);
    EXPECT_EQ(messageOf(old), "the cgroup of process " + pid +
                                  " has no memory.reclaim here (memory controller, Linux 5.19): "
                                  "put out pages of the process instead");
    const FakeRoot first;
    first.write("/proc/self/mountinfo", "35 31 0:32 / /cg rw - cgroup cgroup rw,memory\n");
    first.write("/proc/" + pid + "/cgroup", "4:memory:/b\n");
    EXPECT_EQ(messageOf(first), "the cgroup of process " + pid +
                                    " is of version 1, which cannot be told to give back memory: "
                                    "put out pages of the process instead");
    const FakeRoot full;
    makeCgroup(full);
    std::filesystem::create_symlink("/dev/full", full.path() + "/cg/app/memory.reclaim");
    EXPECT_NE(messageOf(full).find("cannot write " + full.path() + "/cg/app/memory.reclaim"),
              std::string::npos);
}

} // namespace
} // namespace ringscope
