// SPDX-License-Identifier: MIT
// Pages that are known, in another process, by both sources.
#include "core/memory/page_states_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/file_descriptor.h"
#include "core/base/thread.h"
#include "core/memory/address_space.h"
#include "core/memory/process_counters.h"
#include "tests/core/memory/child_answer.h"
#include "tests/core/memory/child_process.h"
#include "tests/core/memory/reserved_area.h"

namespace ringscope {
namespace {

using testing::answerOfChild;
using testing::becomeNobody;
using testing::ChildProcess;
using testing::loseSystemCall;
using testing::ReservedArea;

constexpr std::uint64_t kPage = ReservedArea::kPage;

// A run in pages of the area, with its flags as letters: p present, s swapped, f file, x exclusive,
// z zero, h huge, g guard.
std::string inWords(const ReservedArea& area, const PageStates& states) {
    std::string words;
    for (const PageRun& run : states.runs) {
        const PageFlags& flags = run.flags;
        words += (words.empty() ? "" : " ") +
                 std::to_string((run.start - area.all().start) / kPage) + "-" +
                 std::to_string((run.end - area.all().start) / kPage) + ":" +
                 (flags.isPresent ? "p" : "") + (flags.isSwapped ? "s" : "") +
                 (flags.isFile ? "f" : "") + (flags.isExclusive ? "x" : "") +
                 (flags.isZero ? "z" : "") + (flags.isHuge ? "h" : "") + (flags.isGuard ? "g" : "");
    }
    return words;
}

bool canScan() {
    return PageStatesReader::open(selfProcess(), PageSource::scan).has_value();
}
constexpr const char* kNoScan = "this kernel has no PAGEMAP_SCAN";

PageStates readBy(const ChildProcess& child, PageSource source, const AddressRange& range,
                  PageDetail detail = PageDetail::states, const PageLimits& limits = {}) {
    const auto reader = PageStatesReader::open(child.identity(), source);
    return reader->read(std::array{range}, limits, detail).value();
}

// What both sources say of the area, in words.
std::string scanned(const ChildProcess& child, const ReservedArea& area) {
    return inWords(area, readBy(child, PageSource::scan, area.all()));
}
std::string scannedWithExclusive(const ChildProcess& child, const ReservedArea& area) {
    return inWords(area,
                   readBy(child, PageSource::scan, area.all(), PageDetail::statesAndExclusive));
}
std::string fromPagemap(const ChildProcess& child, const ReservedArea& area) {
    return inWords(area, readBy(child, PageSource::pagemap, area.all()));
}

TEST(PageStatesReader, TellsWrittenFromUntouchedAndFromReadOnly) {
    const ReservedArea area(32);
    const ChildProcess child([&](const auto&) {
        area.map(0, 32);
        area.write(2, 4);
        area.read(10, 3);
        area.write(31, 1);
    });
    ASSERT_TRUE(child.awaitStep());
    EXPECT_EQ(fromPagemap(child, area), "2-6:px 10-13:p 31-32:px");
    if (!canScan()) {
        GTEST_SKIP() << kNoScan;
    }
    EXPECT_EQ(scanned(child, area), "2-6:p 10-13:pz 31-32:p");
    EXPECT_EQ(scannedWithExclusive(child, area), "2-6:px 10-13:pz 31-32:px");
    const PageBytes sum = sumPages(readBy(child, PageSource::scan, area.all()));
    EXPECT_EQ(sum.of(PageState::anonymous), 5 * kPage);
    EXPECT_EQ(sum.of(PageState::zero), 3 * kPage);
    EXPECT_EQ(sum.of(PageState::notPresent), 24 * kPage);
    EXPECT_EQ(sum.total(), 32 * kPage);
}

TEST(PageStatesReader, SaysWhatItsSourceCanTell) {
    const ReservedArea area(4);
    const ChildProcess child([&](const auto&) { area.map(0, 4); });
    ASSERT_TRUE(child.awaitStep());
    const PageStates pagemap = readBy(child, PageSource::pagemap, area.all());
    EXPECT_EQ(pagemap.source, PageSource::pagemap);
    EXPECT_TRUE(pagemap.known.isExclusive && pagemap.known.isGuard);
    EXPECT_FALSE(pagemap.known.isZero || pagemap.known.isHuge);
    if (!canScan()) {
        GTEST_SKIP() << kNoScan;
    }
    EXPECT_EQ(PageStatesReader::open(child.identity()).value().source(), PageSource::scan);
    const PageStates scan = readBy(child, PageSource::scan, area.all());
    EXPECT_TRUE(scan.known.isZero && scan.known.isHuge);
    EXPECT_FALSE(scan.known.isExclusive);
    EXPECT_TRUE(readBy(child, PageSource::scan, area.all(), PageDetail::statesAndExclusive)
                    .known.isExclusive);
}

TEST(PageStatesReader, TellsGuardsFromSwap) {
    constexpr int kGuardInstall = 102; // MADV_GUARD_INSTALL, Linux 6.13
    {
        const ReservedArea probe(1);
        probe.map(0, 1);
        if (::madvise(probe.page(0), kPage, kGuardInstall) != 0) {
            GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
        }
    }
    const ReservedArea area(8);
    const ChildProcess child([&](const auto&) {
        area.map(0, 8);
        area.write(0, 8);
        ::madvise(area.page(3), 2 * kPage, kGuardInstall);
    });
    ASSERT_TRUE(child.awaitStep());
    EXPECT_EQ(fromPagemap(child, area), "0-3:px 3-5:g 5-8:px");
    if (!canScan()) {
        GTEST_SKIP() << kNoScan;
    }
    const PageStates states = readBy(child, PageSource::scan, area.all());
    if (!states.known.isGuard) {
        GTEST_SKIP() << "PAGEMAP_SCAN of this kernel does not tell guards";
    }
    EXPECT_EQ(inWords(area, states), "0-3:p 3-5:g 5-8:p");
    EXPECT_EQ(sumPages(states).of(PageState::swapped), 0U);
    EXPECT_EQ(sumPages(states).of(PageState::guard), 2 * kPage);
}

TEST(PageStatesReader, TellsPagesOfFilesAndSharedMemory) {
    const ReservedArea area(32);
    const FileDescriptor file(::memfd_create("ringscope-test-pages", MFD_CLOEXEC));
    ASSERT_EQ(::ftruncate(file.get(), 8 * kPage), 0);
    const ChildProcess child([&](const auto&) {
        area.map(0, 8, MAP_SHARED, file.get());
        area.write(0, 2);
        area.map(10, 8, MAP_SHARED | MAP_ANONYMOUS);
        area.write(12, 3);
        area.map(20, 8, MAP_PRIVATE, file.get());
        area.write(27, 1); // a copy of its own
    });
    ASSERT_TRUE(child.awaitStep());
    EXPECT_EQ(fromPagemap(child, area), "0-2:pfx 12-15:pfx 27-28:px");
    if (!canScan()) {
        GTEST_SKIP() << kNoScan;
    }
    EXPECT_EQ(scanned(child, area), "0-2:pf 12-15:pf 27-28:p");
    EXPECT_EQ(scannedWithExclusive(child, area), "0-2:pfx 12-15:pfx 27-28:px");
}

// Exclusive is what no other process maps: a page of a ring that two have touched is not.
TEST(PageStatesReader, ExclusiveEndsWhenASecondProcessMapsThePage) {
    const ReservedArea area(8);
    const FileDescriptor file(::memfd_create("ringscope-test-pages", MFD_CLOEXEC));
    ASSERT_EQ(::ftruncate(file.get(), 8 * kPage), 0);
    const ChildProcess one([&](const auto&) {
        area.map(0, 8, MAP_SHARED, file.get());
        area.write(0, 8);
    });
    ASSERT_TRUE(one.awaitStep());
    const ChildProcess two([&](const auto&) {
        area.map(2, 1, MAP_SHARED, file.get()); // one page only: a read may map its neighbours too
        area.read(2, 1);
    });
    ASSERT_TRUE(two.awaitStep());
    // two maps the beginning of the file, which is page 0 of one.
    EXPECT_EQ(fromPagemap(one, area), "0-1:pf 1-8:pfx");
    EXPECT_EQ(fromPagemap(two, area), "2-3:pf");
    if (!canScan()) {
        GTEST_SKIP() << kNoScan;
    }
    EXPECT_EQ(scannedWithExclusive(one, area), "0-1:pf 1-8:pfx");
}

TEST(PageStatesReader, TellsHugePages) {
    constexpr std::size_t kHuge = 512;
    const ReservedArea area(kHuge, kHuge * kPage);
    const ChildProcess child([&](const auto&) {
        area.map(0, kHuge);
        ::madvise(area.page(0), kHuge * kPage, MADV_HUGEPAGE);
        area.write(0, 1);
    });
    ASSERT_TRUE(child.awaitStep());
    const std::string pagemap = fromPagemap(child, area);
    if (!canScan() || pagemap != "0-512:px") {
        GTEST_SKIP() << "no transparent huge page to be had here: " << pagemap;
    }
    EXPECT_EQ(scanned(child, area), "0-512:ph");
    EXPECT_EQ(scannedWithExclusive(child, area), "0-512:pxh");
    EXPECT_EQ(sumPages(readBy(child, PageSource::scan, area.all())).huge, kHuge * kPage);
}

// Neither source faults anything into the process: its untouched and its file's pages stay so.
TEST(PageStatesReader, ChangesNothing) {
    const ReservedArea area(64);
    const FileDescriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    const ChildProcess child([&](const auto&) {
        area.map(0, 32);
        area.write(4, 1);
        area.map(32, 32, MAP_PRIVATE, file.get(), PROT_READ);
    });
    ASSERT_TRUE(child.awaitStep());
    auto counters = ProcessCountersReader::open(child.pid()).value();
    const auto slow = counters.readSlow().value();
    const auto tables = counters.readFast().value();
    const std::string before = fromPagemap(child, area);
    for (const PageSource source : {PageSource::pagemap, PageSource::scan}) {
        if (source == PageSource::pagemap || canScan()) {
            [[maybe_unused]] const auto states =
                readBy(child, source, area.all(), PageDetail::statesAndExclusive);
        }
    }
    EXPECT_EQ(fromPagemap(child, area), before);
    EXPECT_EQ(counters.readSlow().value().rss, slow.rss);
    EXPECT_EQ(counters.readSlow().value().referenced, slow.referenced);
    EXPECT_EQ(counters.readFast().value().minorFaults, tables.minorFaults);
    EXPECT_EQ(counters.readFast().value().pageTables, tables.pageTables);
}

// What both sources can say, as runs.
std::vector<PageRun> comparable(const std::vector<PageRun>& runs) {
    std::vector<PageRun> merged;
    for (PageRun run : runs) {
        // A page that a child has from its parent becomes exclusive when the parent writes its own.
        run.flags.isZero = run.flags.isHuge = run.flags.isExclusive = false;
        if (!merged.empty() && merged.back().end == run.start && merged.back().flags == run.flags) {
            merged.back().end = run.end;
        } else {
            merged.push_back(run);
        }
    }
    return merged;
}

// All of a child: both sources agree with each other, and with the kernel's own RSS.
TEST(PageStatesReader, SourcesAgreeOverAWholeProcess) {
    if (!canScan()) {
        GTEST_SKIP() << kNoScan;
    }
    const ReservedArea area(4096);
    const ChildProcess child([&](const auto&) {
        area.map(0, 4096);
        for (std::size_t i = 0; i < 4096; i += 2) { // more runs than one scan reports
            area.write(i, 1);
        }
    });
    ASSERT_TRUE(child.awaitStep());
    const auto space = readAddressSpace(child.identity()).value();
    std::vector<AddressRange> ranges;
    std::uint64_t rss = 0;
    for (const MemoryRegion& region : space.map.regions) {
        // What an allocator reserves (16 TB for a sanitizer's shadow) is too much for pagemap.
        if (region.size() <= std::uint64_t{1} << 30U) {
            ranges.push_back({region.start, region.end});
            rss += region.rss;
        }
    }
    const auto readAllBy = [&](PageSource source) {
        const auto reader = PageStatesReader::open(child.identity(), source);
        PageLimits limits;
        limits.maxPages = std::uint64_t{1} << 24U;
        return reader->read(ranges, limits, PageDetail::statesAndExclusive).value();
    };
    const PageStates scan = readAllBy(PageSource::scan);
    const PageStates pagemap = readAllBy(PageSource::pagemap);
    EXPECT_FALSE(scan.isCut() || pagemap.isCut());
    EXPECT_GE(scan.runs.size(), 2048U);
    EXPECT_TRUE(comparable(scan.runs) == comparable(pagemap.runs));
    EXPECT_EQ(sumPages(scan).total(), sumPages(pagemap).total());
    // [vvar] and the like have pages that are in no RSS.
    EXPECT_GE(sumPages(scan).resident(), rss);
    EXPECT_LE(sumPages(scan).resident(), rss + 16 * kPage);
    EXPECT_EQ(scannedWithExclusive(child, area), fromPagemap(child, area));
}

TEST(PageStatesReader, StopsAtALimitAndSaysWhereItDid) {
    const ReservedArea area(1024);
    const ChildProcess child([&](const auto&) {
        area.map(0, 1024);
        for (std::size_t i = 0; i < 1024; i += 2) {
            area.write(i, 1);
        }
    });
    ASSERT_TRUE(child.awaitStep());
    for (const PageSource source : {PageSource::pagemap, PageSource::scan}) {
        if (source == PageSource::scan && !canScan()) {
            continue;
        }
        PageLimits limits;
        limits.maxRuns = 10;
        const PageStates few =
            readBy(child, source, area.all(), PageDetail::statesAndExclusive, limits);
        EXPECT_EQ(few.runs.size(), 10U);
        EXPECT_EQ(few.knownEnd, area.range(20, 1).start) << "the eleventh run begins there";
        EXPECT_TRUE(few.isCut());
        EXPECT_EQ(sumPages(few).of(PageState::unknown), (1024 - 20) * kPage);
        EXPECT_EQ(sumPages(few).of(PageState::anonymous), 10 * kPage);
    }
    PageLimits limits;
    limits.maxPages = 30;
    EXPECT_EQ(readBy(child, PageSource::pagemap, area.all(), PageDetail::states, limits).knownEnd,
              area.range(30, 1).start);
    if (canScan()) {
        const PageStates states =
            readBy(child, PageSource::scan, area.all(), PageDetail::states, limits);
        EXPECT_EQ(sumPages(states).resident(), 30 * kPage) << "only pages that are there count";
        EXPECT_TRUE(states.isCut());
    }
}

TEST(PageStatesReader, OfTerabytesDoesNotHang) {
    constexpr std::size_t kTebibyte = std::size_t{1} << 40U;
    void* reserved =
        ::mmap(nullptr, kTebibyte, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        GTEST_SKIP() << "no terabyte to be had here";
    }
    const auto start = reinterpret_cast<std::uint64_t>(reserved);
    auto* last = static_cast<char*>(reserved) + kTebibyte - kPage;
    ::mprotect(last, kPage, PROT_READ | PROT_WRITE);
    last[0] = 1;
    const std::array ranges{AddressRange{start, start + kTebibyte}};
    PageLimits limits;
    limits.maxPages = 1000;
    const auto pagemap = PageStatesReader::open(selfProcess(), PageSource::pagemap);
    EXPECT_EQ(pagemap->read(ranges, limits).value().knownEnd, start + 1000 * kPage);
    if (canScan()) {
        const auto reader = PageStatesReader::open(selfProcess(), PageSource::scan);
        const PageStates scan = reader->read(ranges, limits).value();
        EXPECT_FALSE(scan.isCut());
        ASSERT_EQ(scan.runs.size(), 1U);
        EXPECT_EQ(scan.runs[0].start, start + kTebibyte - kPage);
    }
    ::munmap(reserved, kTebibyte);
}

TEST(PageStatesReader, TakesWholePagesAndLeavesTheKernelsOut) {
    const ReservedArea area(8);
    const ChildProcess child([&](const auto&) {
        area.map(0, 8);
        area.write(0, 8);
    });
    ASSERT_TRUE(child.awaitStep());
    const std::uint64_t start = area.all().start;
    const std::array ranges{AddressRange{start + 100, start + 200},
                            AddressRange{start + 300, start + kPage + 1},
                            AddressRange{start + 4 * kPage, start + 4 * kPage},
                            AddressRange{start + 6 * kPage, start + 7 * kPage},
                            AddressRange{0xffffffffff600000, 0xffffffffff601000}};
    const auto states = PageStatesReader::open(child.identity()).value().read(ranges).value();
    EXPECT_EQ(states.ranges, (std::vector{area.range(0, 2), area.range(6, 1)}));
    EXPECT_EQ(sumPages(states).resident(), 3 * kPage);
    EXPECT_FALSE(states.isCut());
}

TEST(PageStatesReader, OfAProcessThatEndedIsAnErrorNotAnEmptyAnswer) {
    const ReservedArea area(8);
    ChildProcess child([&](const auto&) { area.map(0, 8); });
    ASSERT_TRUE(child.awaitStep());
    const auto identity = child.identity();
    std::vector<PageStatesReader> readers;
    readers.push_back(PageStatesReader::open(identity, PageSource::pagemap).value());
    if (canScan()) {
        readers.push_back(PageStatesReader::open(identity, PageSource::scan).value());
    }
    child.kill();
    for (const PageStatesReader& reader : readers) {
        const auto states = reader.read(std::array{area.all()});
        ASSERT_FALSE(states);
        EXPECT_EQ(states.error().kind, ErrorKind::target);
        EXPECT_EQ(states.error().message,
                  "process " + std::to_string(identity.pid) +
                      " ended or started another program while its pages were read: choose a "
                      "running process or try again");
    }
    EXPECT_FALSE(PageStatesReader::open(identity));
    child.killAndReap();
    EXPECT_FALSE(PageStatesReader::open(identity));
}

TEST(PageStatesReader, OfAProcessThatStartsAnotherProgramIsAnError) {
    const ChildProcess child([](const auto& steps) {
        steps.reached();
        ::execl("/bin/sleep", "sleep", "60", nullptr);
    });
    ASSERT_TRUE(child.awaitStep());
    const auto reader = PageStatesReader::open(child.identity()).value();
    child.goOn();
    while (processName(child.pid()) != "sleep") {
    }
    EXPECT_FALSE(reader.read({}));
}

// Whenever the process ends: all of its pages, or an error.
TEST(PageStatesReader, OfAProcessThatEndsMeanwhileIsWholeOrAnError) {
    constexpr std::size_t kPages = 8192;
    const ReservedArea area(kPages);
    for (const PageSource source : {PageSource::pagemap, PageSource::scan}) {
        if (source == PageSource::scan && !canScan()) {
            continue;
        }
        int failures = 0;
        for (int attempt = 0; attempt < (failures > 0 ? 40 : 1000) && failures < 8; ++attempt) {
            const ChildProcess child([&](const auto&) {
                area.map(0, kPages);
                area.write(0, kPages);
            });
            ASSERT_TRUE(child.awaitStep());
            const auto reader = PageStatesReader::open(child.identity(), source).value();
            const pid_t pid = child.pid();
            const auto delayUs = static_cast<useconds_t>(attempt % 40 * 20);
            Thread killer(
                "killer",
                [&](const std::stop_token&) {
                    ::usleep(delayUs);
                    ::kill(pid, SIGKILL);
                },
                [](const Error&) {});
            const auto states =
                reader.read(std::array{area.all()}, {}, PageDetail::statesAndExclusive);
            killer.join();
            if (states) {
                EXPECT_EQ(sumPages(*states).resident(), kPages * kPage) << delayUs << " us";
            } else {
                EXPECT_EQ(states.error().kind, ErrorKind::target);
                ++failures;
            }
        }
        EXPECT_GT(failures, 0) << "it never ended in the middle";
    }
}

TEST(PageStatesReader, IsNotPermittedToAnotherUser) {
    const auto target = selfProcess();
    const std::string answer = answerOfChild([&]() -> std::string {
        if (!becomeNobody()) {
            return "cannot";
        }
        const auto reader = PageStatesReader::open(target);
        return reader ? "permitted" : reader.error().message;
    });
    if (answer == "cannot") {
        GTEST_SKIP() << "becoming another user that sees /proc is not possible here";
    }
    EXPECT_NE(answer.find("does not permit reading its pagemap: run Ringscope as"),
              std::string::npos)
        << answer;
}

TEST(PageStatesReader, FallsBackOnPagemapOnAnOlderKernel) {
    constexpr std::uint32_t kPagemapScan = 0xc0606610; // _IOWR('f', 16, 96 bytes)
    for (const int errnoValue : {ENOTTY, EINVAL}) {
        const std::string answer = answerOfChild([&]() -> std::string {
            if (!loseSystemCall(SYS_ioctl, errnoValue, kPagemapScan)) {
                return "cannot";
            }
            const auto asked = PageStatesReader::open(selfProcess(), PageSource::scan);
            const auto reader = PageStatesReader::open(selfProcess()).value();
            const auto states = reader.read({}).value();
            return (asked ? "no error" : asked.error().message) +
                   (reader.source() == PageSource::pagemap ? "|pagemap" : "|scan") +
                   (states.known.isGuard && !states.known.isZero ? "|guards" : "|");
        });
        if (answer == "cannot") {
            GTEST_SKIP() << "system calls cannot be taken away here (seccomp)";
        }
        EXPECT_EQ(answer, "this kernel cannot scan the pages of a process (PAGEMAP_SCAN, Linux "
                          "6.7): read them from pagemap|pagemap|guards");
    }
}

} // namespace
} // namespace ringscope
