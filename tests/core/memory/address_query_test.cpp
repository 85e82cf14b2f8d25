// SPDX-License-Identifier: MIT
// What is mapped where, by both sources, in this process and in others.
#include "core/memory/address_query.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <link.h>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <vector>

#include <gtest/gtest.h>

#include "core/memory/address_space.h"
#include "tests/core/memory/child_answer.h"
#include "tests/core/memory/child_process.h"
#include "tests/core/memory/reserved_area.h"

namespace ringscope {
namespace {

using testing::answerOfChild;
using testing::ChildProcess;
using testing::loseSystemCall;
using testing::ReservedArea;

constexpr std::uint64_t kPage = ReservedArea::kPage;
constexpr const char* kNoQuery = "this kernel has no PROCMAP_QUERY";

bool canQuery() {
    return AddressQuery::open(selfProcess(), MappingSource::query).has_value();
}

std::string inWords(const MemoryRegion& region, std::string_view name) {
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), "%lx-%lx %c%c%c%c %lx %u:%u %lu ", region.start,
                  region.end, region.isReadable ? 'r' : '-', region.isWritable ? 'w' : '-',
                  region.isExecutable ? 'x' : '-', region.isSharedMapping ? 's' : 'p',
                  region.offset, region.deviceMajor, region.deviceMinor, region.inode);
    return text.data() + std::string(name);
}

std::string inWords(const std::optional<Mapping>& mapping) {
    return mapping ? inWords(mapping->region, mapping->name) : "none";
}

std::vector<std::string> inWords(const MemoryMap& map) {
    std::vector<std::string> words;
    for (const MemoryRegion& region : map.regions) {
        words.push_back(inWords(region, map.nameOf(region)));
    }
    return words;
}

QueriedMap walkBy(const ProcessIdentity& process, MappingSource source) {
    return AddressQuery::open(process, source).value().walk().value();
}

// A process that stands still, with mappings of every kind.
class KnownChild {
public:
    KnownChild()
        : m_area(64)
        , m_oddName(::memfd_create("odd\nname \\x", MFD_CLOEXEC))
        , m_program(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC))
        , m_child([this](const auto&) {
            m_area.map(0, 4);
            m_area.map(6, 4, MAP_SHARED | MAP_ANONYMOUS);
            m_area.map(12, 4, MAP_SHARED, m_oddName.get());
            m_area.map(20, 2, MAP_PRIVATE, m_program.get(), PROT_READ);
            m_area.map(30, 1, MAP_PRIVATE | MAP_ANONYMOUS, -1, PROT_READ | PROT_EXEC);
        }) {
        EXPECT_EQ(::ftruncate(m_oddName.get(), 4 * kPage), 0);
        EXPECT_TRUE(m_child.awaitStep());
    }
    [[nodiscard]] ProcessIdentity identity() const { return m_child.identity(); }
    [[nodiscard]] const ReservedArea& area() const { return m_area; }

private:
    ReservedArea m_area;
    FileDescriptor m_oddName;
    FileDescriptor m_program;
    ChildProcess m_child;
};

TEST(AddressQuery, SourcesSayTheSameOfAChild) {
    if (!canQuery()) {
        GTEST_SKIP() << kNoQuery;
    }
    const KnownChild child;
    const QueriedMap query = walkBy(child.identity(), MappingSource::query);
    const QueriedMap text = walkBy(child.identity(), MappingSource::text);
    EXPECT_EQ(inWords(query.map), inWords(text.map));
    EXPECT_EQ(text.map.malformedLines, 0U);
    EXPECT_EQ(query.buildIds.size(), query.map.regions.size());
    EXPECT_EQ(text.buildIds.size(), text.map.regions.size());
}

// Reading allocates, so that this process may get a mapping more between two readings: then again.
TEST(AddressQuery, SourcesSayTheSameOfThisProcess) {
    if (!canQuery()) {
        GTEST_SKIP() << kNoQuery;
    }
    for (int attempt = 0; attempt < 1000; ++attempt) {
        const QueriedMap before = walkBy(selfProcess(), MappingSource::text);
        const QueriedMap query = walkBy(selfProcess(), MappingSource::query);
        const QueriedMap after = walkBy(selfProcess(), MappingSource::text);
        if (inWords(before.map) == inWords(after.map)) {
            EXPECT_EQ(inWords(query.map), inWords(after.map));
            return;
        }
    }
    FAIL() << "this process never stood still";
}

TEST(AddressQuery, AgreesWithSmaps) {
    const KnownChild child;
    AddressSpace space = readAddressSpace(child.identity()).value();
    std::erase_if(space.map.regions, [&](const MemoryRegion& region) {
        return space.map.nameOf(region) == "[vsyscall]";
    });
    const auto map = AddressQuery::open(child.identity()).value().walk().value().map;
    EXPECT_EQ(inWords(map), inWords(space.map));
}

TEST(AddressQuery, SourcesFindTheSameAtEachBorder) {
    if (!canQuery()) {
        GTEST_SKIP() << kNoQuery;
    }
    const KnownChild child;
    const auto query = AddressQuery::open(child.identity(), MappingSource::query).value();
    const auto text = AddressQuery::open(child.identity(), MappingSource::text).value();
    std::vector<std::uint64_t> addresses = {0, 1, ~std::uint64_t{0}};
    const QueriedMap all = text.walk().value();
    for (const MemoryRegion& region : all.map.regions) {
        addresses.insert(addresses.end(), {region.start - 1, region.start, region.end - 1});
    }
    for (const std::uint64_t address : addresses) {
        for (const auto wanted :
             {MappingWanted::covering, MappingWanted::coveringOrNext, MappingWanted::fileOrNext}) {
            const auto byQuery = query.find(address, wanted);
            const auto byText = text.find(address, wanted);
            ASSERT_TRUE(byQuery && byText);
            EXPECT_EQ(inWords(*byQuery), inWords(*byText)) << std::hex << address;
        }
    }
}

TEST(AddressQuery, FindsWhatIsKnownToBeThere) {
    const KnownChild child;
    for (const MappingSource source : {MappingSource::query, MappingSource::text}) {
        if (source == MappingSource::query && !canQuery()) {
            continue;
        }
        const auto query = AddressQuery::open(child.identity(), source).value();
        const ReservedArea& area = child.area();
        const auto at = [&](std::size_t page, MappingWanted wanted) {
            return query.find(area.range(page, 1).start + 5, wanted).value();
        };
        const auto own = at(1, MappingWanted::covering);
        ASSERT_TRUE(own);
        EXPECT_EQ(own->region.start, area.range(0, 1).start);
        EXPECT_EQ(own->region.end, area.range(4, 1).start);
        EXPECT_TRUE(own->region.isReadable && own->region.isWritable);
        EXPECT_FALSE(own->region.isExecutable || own->region.isSharedMapping);
        EXPECT_EQ(own->name, "");
        EXPECT_TRUE(at(6, MappingWanted::covering)->region.isSharedMapping);
        EXPECT_EQ(at(13, MappingWanted::covering)->name, "/memfd:odd\\012name \\x (deleted)");
        EXPECT_TRUE(at(30, MappingWanted::covering)->region.isExecutable);
        // Pages 4 and 5 have no access and no file: the next of a file is the shared memory.
        EXPECT_TRUE(at(4, MappingWanted::covering)->region.hasNoAccess());
        EXPECT_EQ(at(4, MappingWanted::fileOrNext)->region.start, area.range(6, 1).start);
        EXPECT_EQ(query.find(0, MappingWanted::covering).value(), std::nullopt);
        EXPECT_NE(query.find(0, MappingWanted::coveringOrNext).value(), std::nullopt);
        EXPECT_EQ(query.find(~std::uint64_t{0}, MappingWanted::coveringOrNext).value(),
                  std::nullopt);
    }
}

// The build id of this program, as its own notes in memory say it.
std::string ownBuildId() {
    std::string id;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* into) {
            for (int i = 0; i < info->dlpi_phnum; ++i) {
                const auto& header = info->dlpi_phdr[i];
                std::uint64_t at = info->dlpi_addr + header.p_vaddr;
                const std::uint64_t end = at + header.p_memsz;
                while (header.p_type == PT_NOTE && at + sizeof(ElfW(Nhdr)) <= end) {
                    const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
                    const auto desc = at + sizeof *note + (note->n_namesz + 3U) / 4 * 4;
                    if (note->n_type == NT_GNU_BUILD_ID) {
                        for (std::uint64_t byte = 0; byte < note->n_descsz; ++byte) {
                            std::array<char, 3> digits{};
                            std::snprintf(digits.data(), digits.size(), "%02x",
                                          *reinterpret_cast<const unsigned char*>(desc + byte));
                            *static_cast<std::string*>(into) += digits.data();
                        }
                        return 1;
                    }
                    at = desc + (note->n_descsz + 3U) / 4 * 4;
                }
            }
            return 1; // the program itself is the first
        },
        &id);
    return id;
}

TEST(AddressQuery, TellsTheBuildOfAProgram) {
    if (!canQuery()) {
        GTEST_SKIP() << kNoQuery;
    }
    const std::string expected = ownBuildId();
    if (expected.empty()) {
        GTEST_SKIP() << "this program was linked without a build id";
    }
    const auto query = AddressQuery::open(selfProcess(), MappingSource::query).value();
    const auto address = reinterpret_cast<std::uintptr_t>(&ownBuildId);
    const auto mapping = query.find(address, MappingWanted::covering).value();
    ASSERT_TRUE(mapping);
    EXPECT_EQ(mapping->buildId, expected);
    const QueriedMap all = query.walk().value();
    for (std::size_t i = 0; i < all.buildIds.size(); ++i) {
        const std::string_view name = all.map.nameOf(all.map.regions[i]);
        if (name == mapping->name) {
            EXPECT_EQ(all.buildIds[i], expected);
        } else if (name.empty() || name == "[stack]") {
            EXPECT_EQ(all.buildIds[i], "");
        }
    }
}

TEST(AddressQuery, OfAProcessThatEndedOrStartedAnotherProgramIsAnError) {
    for (const MappingSource source : {MappingSource::query, MappingSource::text}) {
        if (source == MappingSource::query && !canQuery()) {
            continue;
        }
        ChildProcess child([](const auto& steps) {
            steps.reached();
            ::execl("/bin/sleep", "sleep", "60", nullptr);
        });
        ASSERT_TRUE(child.awaitStep());
        const auto before = AddressQuery::open(child.identity(), source).value();
        ASSERT_TRUE(before.walk());
        child.goOn();
        while (processName(child.pid()) != "sleep") {
        }
        EXPECT_EQ(before.walk().error().kind, ErrorKind::target);
        EXPECT_EQ(before.find(0, MappingWanted::coveringOrNext).error().kind, ErrorKind::target);
        const auto after = AddressQuery::open(child.identity(), source).value();
        ASSERT_TRUE(after.walk());
        const auto identity = child.identity();
        child.kill();
        EXPECT_NE(after.walk().error().message.find("ended or started another program"),
                  std::string::npos);
        EXPECT_FALSE(AddressQuery::open(identity, source));
    }
}

TEST(AddressQuery, FallsBackOnTextOnAnOlderKernel) {
    constexpr std::uint32_t kProcmapQuery = 0xc0686611; // _IOWR('f', 17, 104 bytes)
    const std::string answer = answerOfChild([&]() -> std::string {
        if (!loseSystemCall(SYS_ioctl, ENOTTY, kProcmapQuery)) {
            return "cannot";
        }
        const auto asked = AddressQuery::open(selfProcess(), MappingSource::query);
        const auto query = AddressQuery::open(selfProcess()).value();
        return (asked ? "no error" : asked.error().message) +
               (query.source() == MappingSource::text ? "|text" : "|query") +
               (query.walk().value().map.regions.empty() ? "|" : "|mappings");
    });
    if (answer == "cannot") {
        GTEST_SKIP() << "system calls cannot be taken away here (seccomp)";
    }
    EXPECT_EQ(answer,
              "this kernel cannot be asked for single mappings (PROCMAP_QUERY, Linux 6.11): "
              "read them from maps|text|mappings");
}

} // namespace
} // namespace ringscope
