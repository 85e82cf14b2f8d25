// SPDX-License-Identifier: MIT
// Texts of another process, found without giving it a single page.
#include "core/memory/region_strings.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/file_descriptor.h"
#include "core/base/thread.h"
#include "core/memory/address_space.h"
#include "core/memory/page_states_reader.h"
#include "core/memory/process_counters.h"
#include "tests/core/memory/child_process.h"
#include "tests/core/memory/reserved_area.h"

namespace ringscope {
namespace {

using testing::ChildProcess;
using testing::ReservedArea;

constexpr std::uint64_t kPage = ReservedArea::kPage;

std::vector<PageSource> sources() {
    std::vector<PageSource> found = {PageSource::pagemap};
    if (PageStatesReader::open(selfProcess(), PageSource::scan)) {
        found.push_back(PageSource::scan);
    }
    return found;
}

void put(const ReservedArea& area, std::size_t offset, std::string_view text) {
    std::memcpy(area.page(0) + offset, text.data(), text.size());
}

std::vector<std::string> textsOf(const RegionStrings& found, const ReservedArea& area) {
    std::vector<std::string> texts;
    for (const FoundString& string : found.strings) {
        texts.push_back(std::to_string(string.address - area.all().start) + " " + string.text);
    }
    return texts;
}

TEST(RegionStrings, AreFoundAcrossPagesWithTheirAddresses) {
    const ReservedArea area(200);
    const ChildProcess child([&](const auto&) {
        area.map(0, 200);
        put(area, 100, "in a page");
        put(area, 2 * kPage - 4, "over a border of pages");
        put(area, 64 * kPage - 3, "over a border of pieces");
        std::memset(area.page(3), 1, 62 * kPage); // pages that are there, up to that border
        put(area, 64 * kPage - 3, "over a border of pieces");
        put(area, 199 * kPage + kPage - 4, "last");
    });
    ASSERT_TRUE(child.awaitStep());
    for (const PageSource source : sources()) {
        const auto found =
            findStrings(child.identity(), std::array{area.all()}, {}, {}, source).value();
        EXPECT_EQ(textsOf(found, area),
                  (std::vector<std::string>{"100 in a page", "8188 over a border of pages",
                                            "262141 over a border of pieces", "819196 last"}));
        EXPECT_EQ(found.end, SearchEnd::complete);
        EXPECT_EQ(found.searchedEnd, area.all().end);
        EXPECT_EQ(found.readBytes, (1 + 2 + 62 + 1) * kPage);
        EXPECT_EQ(found.unreadableBytes, 0U);
    }
}

TEST(RegionStrings, AreSearchedForFromTheFirstToTheLastByteOfARange) {
    const ReservedArea area(2);
    const ChildProcess child([&](const auto&) {
        area.map(0, 2);
        put(area, 10, "beforewithinafter");
    });
    ASSERT_TRUE(child.awaitStep());
    const std::uint64_t start = area.all().start;
    const auto found =
        findStrings(child.identity(), std::array{AddressRange{start + 16, start + 22}}, {}).value();
    EXPECT_EQ(textsOf(found, area), std::vector<std::string>{"16 within"});
}

// Untouched memory, memory only read, a file's pages that are in no page table, guards: none of it
// is there, or other, after the search.
TEST(RegionStrings, FindingThemGivesTheProcessNoPage) {
    const ReservedArea area(1024);
    const FileDescriptor program(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    const ChildProcess child([&](const auto&) {
        area.map(0, 400);
        put(area, 50 * kPage, "among what was never touched");
        area.read(60, 4);
        ::madvise(area.page(70), 4 * kPage, 102); // MADV_GUARD_INSTALL, where there is one
        area.map(400, 100, MAP_PRIVATE, program.get(), PROT_READ);
        area.map(600, 400, MAP_SHARED | MAP_ANONYMOUS);
        put(area, 700 * kPage, "in shared memory");
    });
    ASSERT_TRUE(child.awaitStep());
    auto counters = ProcessCountersReader::open(child.pid()).value();
    const auto pagesOf = [&] {
        const auto reader = PageStatesReader::open(child.identity(), PageSource::pagemap);
        return reader->read(std::array{area.all()}).value().runs;
    };
    const auto pages = pagesOf();
    const auto slow = counters.readSlow().value();
    const auto fast = counters.readFast().value();
    for (const PageSource source : sources()) {
        const auto found =
            findStrings(child.identity(), std::array{area.all()}, {}, {}, source).value();
        EXPECT_EQ(
            textsOf(found, area),
            (std::vector<std::string>{std::to_string(50 * kPage) + " among what was never touched",
                                      std::to_string(700 * kPage) + " in shared memory"}));
        // Only a scan tells the four pages of zeros.
        EXPECT_EQ(found.readBytes, (source == PageSource::scan ? 2 : 6) * kPage);
    }
    EXPECT_EQ(pagesOf(), pages);
    EXPECT_EQ(counters.readSlow().value().rss, slow.rss);
    EXPECT_EQ(counters.readFast().value().pageTables, fast.pageTables);
    EXPECT_EQ(counters.readFast().value().minorFaults, fast.minorFaults);
    EXPECT_EQ(counters.readFast().value().majorFaults, fast.majorFaults);
}

TEST(RegionStrings, AreFoundInMemoryWithoutAccess) {
    const ReservedArea area(4);
    const ChildProcess child([&](const auto&) {
        area.map(0, 4);
        put(area, 0, "behind a closed door");
        ::mprotect(area.page(0), 4 * kPage, PROT_NONE);
    });
    ASSERT_TRUE(child.awaitStep());
    const auto found = findStrings(child.identity(), std::array{area.all()}, {}).value();
    EXPECT_EQ(textsOf(found, area), std::vector<std::string>{"0 behind a closed door"});
}

TEST(RegionStrings, EndAtALimitThatIsSaid) {
    const ReservedArea area(64);
    const ChildProcess child([&](const auto&) {
        area.map(0, 64);
        for (std::size_t page = 0; page < 64; page += 2) {
            put(area, page * kPage, "string of a page");
        }
    });
    ASSERT_TRUE(child.awaitStep());
    const std::array ranges{area.all()};
    StringRules rules;
    rules.maxStrings = 32;
    EXPECT_EQ(findStrings(child.identity(), ranges, rules)->end, SearchEnd::complete);
    rules.maxStrings = 31;
    const auto few = findStrings(child.identity(), ranges, rules).value();
    EXPECT_EQ(few.end, SearchEnd::tooManyStrings);
    EXPECT_EQ(few.strings.size(), 31U);
    const std::array rest{AddressRange{few.searchedEnd, area.all().end}};
    const auto more = findStrings(child.identity(), rest, rules).value();
    ASSERT_EQ(more.strings.size(), 1U) << "who goes on from there misses none";
    EXPECT_EQ(more.strings.front().text, "string of a page");
    StringSearchLimits limits;
    limits.maxBytes = 32 * kPage;
    EXPECT_EQ(findStrings(child.identity(), ranges, {}, limits)->end, SearchEnd::complete);
    limits.maxBytes = 5 * kPage + 100;
    const auto part = findStrings(child.identity(), ranges, {}, limits).value();
    EXPECT_EQ(part.end, SearchEnd::tooManyBytes);
    EXPECT_EQ(part.readBytes, limits.maxBytes);
    EXPECT_EQ(part.searchedEnd, area.range(10, 1).start + 100);
    EXPECT_EQ(part.strings.size(), 6U);
}

TEST(RegionStrings, OfATerabyteThatIsReservedEnd) {
    constexpr std::size_t kTebibyte = std::size_t{1} << 40U;
    void* reserved =
        ::mmap(nullptr, kTebibyte, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        GTEST_SKIP() << "no terabyte to be had here";
    }
    const ChildProcess child([&](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    const auto start = reinterpret_cast<std::uint64_t>(reserved);
    StringSearchLimits limits;
    limits.maxPages = 10'000;
    for (const PageSource source : sources()) {
        const auto found =
            findStrings(child.identity(), std::array{AddressRange{start, start + kTebibyte}}, {},
                        limits, source)
                .value();
        EXPECT_EQ(found.end,
                  source == PageSource::scan ? SearchEnd::complete : SearchEnd::tooManyPages);
        EXPECT_GE(found.searchedEnd, start + 10'000 * kPage);
    }
    ::munmap(reserved, kTebibyte);
}

TEST(RegionStrings, LeaveOutWhatCannotBeRead) {
    const ChildProcess child([](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    const auto space = readAddressSpace(child.identity()).value();
    for (const MemoryRegion& region : space.map.regions) {
        if (space.map.nameOf(region).starts_with("[vvar") ||
            space.map.nameOf(region) == "[vsyscall]") {
            const auto found = findStrings(child.identity(),
                                           std::array{AddressRange{region.start, region.end}}, {});
            ASSERT_TRUE(found) << found.error().message;
            EXPECT_EQ(found->readBytes, 0U);
            EXPECT_EQ(found->end, SearchEnd::complete);
        }
    }
}

// Whenever the process ends: all of its texts, or an error.
TEST(RegionStrings, OfAProcessThatEndsMeanwhileAreAllOrAnError) {
    constexpr std::size_t kPages = 4096;
    const ReservedArea area(kPages);
    for (const PageSource source : sources()) {
        int failures = 0;
        for (int attempt = 0; attempt < (failures > 0 ? 40 : 1000) && failures < 8; ++attempt) {
            const ChildProcess child([&](const auto&) {
                area.map(0, kPages);
                for (std::size_t page = 0; page < kPages; ++page) {
                    put(area, page * kPage, "one of a page");
                }
            });
            ASSERT_TRUE(child.awaitStep());
            const auto identity = child.identity();
            const auto delayUs = static_cast<useconds_t>(attempt % 40 * 500);
            Thread killer(
                "killer",
                [&](const std::stop_token&) {
                    ::usleep(delayUs);
                    ::kill(identity.pid, SIGKILL);
                },
                [](const Error&) {});
            const auto found = findStrings(identity, std::array{area.all()}, {}, {}, source);
            killer.join();
            if (found) {
                EXPECT_EQ(found->strings.size(), kPages) << "killed after " << delayUs << " us";
            } else {
                EXPECT_EQ(found.error().kind, ErrorKind::target);
                failures += found.error().message.find("ended or started another program") !=
                            std::string::npos;
            }
        }
        EXPECT_GT(failures, 0) << "it never ended in the middle";
    }
}

TEST(RegionStrings, OfAProcessThatEndedAreAnError) {
    ChildProcess child([](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    const auto identity = child.identity();
    ASSERT_TRUE(findStrings(identity, {}, {}));
    child.kill();
    EXPECT_EQ(findStrings(identity, {}, {}).error().kind, ErrorKind::target);
    child.killAndReap();
    EXPECT_EQ(findStrings(identity, {}, {}).error().kind, ErrorKind::target);
}

} // namespace
} // namespace ringscope
