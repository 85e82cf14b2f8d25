// SPDX-License-Identifier: MIT
#include "core/memory/core_dump.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <random>
#include <sstream>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "core/memory/map_file.h"
#include "core/memory/map_reader.h"
#include "tests/core/memory/core_builder.h"
#include "tests/support/temporary_folder.h"

namespace ringscope {
namespace {

using testing::CoreBuilder;
using testing::put;
using testing::smallCore;

class CoreDump : public ::testing::Test {
protected:
    Expected<MapSnapshot> open(const std::string& bytes) const {
        std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
        return readMapFile(path());
    }
    [[nodiscard]] std::string path() const { return m_folder.path() + "/core.70"; }
    [[nodiscard]] std::string whyNot(const std::string& bytes) const {
        const auto read = open(bytes);
        return read ? "read" : read.error().message;
    }

    TemporaryFolder m_folder;
};

// "start-end rwxp name Type" of each region.
std::string textOf(const MapSnapshot& snapshot) {
    std::ostringstream text;
    const MemoryMap& map = snapshot.space.map;
    for (std::size_t i = 0; i < map.regions.size(); ++i) {
        const MemoryRegion& region = map.regions[i];
        text << std::hex << region.start << '-' << region.end << ' '
             << (region.isReadable ? 'r' : '-') << (region.isWritable ? 'w' : '-')
             << (region.isExecutable ? 'x' : '-') << ' ' << region.offset << ' '
             << map.nameOf(region) << " : " << memoryTypeName(snapshot.types[i]) << '\n';
    }
    return text.str();
}

TEST_F(CoreDump, JoinsSegmentsWithFilesAndNamesWhatIsCertain) {
    for (const std::uint16_t machine : {std::uint16_t{62}, std::uint16_t{183}}) {
        const auto read = open(smallCore(machine).build());
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(textOf(*read), "400000-401000 r-- 0 /opt/probe : Image\n"
                                 "401000-403000 r-x 1000 /opt/probe : Image\n"
                                 "403000-404000 rw- 3000 /opt/probe : Image\n"
                                 "404000-405000 rw- 0  : Image\n"
                                 "7e0000000000-7e0000004000 --- 2000 /srv/data\\012file : "
                                 "Mapped File\n"
                                 "7f0000000000-7f0000001000 --- 0  : Reserved\n"
                                 "7f0000001000-7f0000009000 rw- 0  : Stack\n"
                                 "7f0000100000-7f0000103000 rw- 0  : Private Data\n"
                                 "7ffd00000000-7ffd00021000 rw- 0 [stack] : Stack\n"
                                 "7ffe00000000-7ffe00002000 r-- 0 [vvar] : Kernel\n"
                                 "7ffe00002000-7ffe00003000 r-x 0 [vdso] : Kernel\n");
    }
}

// Linux 6.18 writes them into the dump, both of them.
TEST_F(CoreDump, NamesWhatTheVdsoReadsAlsoWhereItWasDumped) {
    const auto read = open(CoreBuilder()
                               .load(0x7ffe00000000, 0x4000, 4, 0x4000)
                               .load(0x7ffe00004000, 0x2000, 4, 0x2000)
                               .load(0x7ffe00006000, 0x2000, 5, 0x2000)
                               .auxv(33, 0x7ffe00006000)
                               .thread(70, 0x7f0000008000)
                               .build());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(textOf(*read), "7ffe00000000-7ffe00004000 r-- 0 [vvar] : Kernel\n"
                             "7ffe00004000-7ffe00006000 r-- 0 [vvar_vclock] : Kernel\n"
                             "7ffe00006000-7ffe00008000 r-x 0 [vdso] : Kernel\n");
}

TEST_F(CoreDump, SaysWhoseItIsAndWhatItLacks) {
    const auto read = open(smallCore().build());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->origin, MapOrigin::coreDump);
    EXPECT_EQ(read->name, "probe");
    EXPECT_EQ(read->command, "probe --fast");
    EXPECT_EQ(read->space.process.pid, 70);
    ASSERT_EQ(read->space.threads.size(), 2U);
    EXPECT_EQ(read->space.threads[1].tid, 71);
    EXPECT_EQ(read->space.threads[1].stackPointer, 0x7f0000008000U);
    EXPECT_TRUE(read->space.areStacksKnown);
    EXPECT_GT(read->wallNs, 0);
    EXPECT_FALSE(read->hasResidency());
    std::string remarks;
    for (const std::string& remark : read->remarks) {
        remarks += remark + "\n";
    }
    EXPECT_NE(remarks.find("(151552 bytes) of its ranges are not in the dump"), std::string::npos)
        << remarks;
    EXPECT_NE(remarks.find("(16384 bytes) of files have no segment"), std::string::npos) << remarks;
    EXPECT_NE(remarks.find("physical memory"), std::string::npos) << remarks;
}

// A program with a thread, as gcore writes it: what has no access is readable.
TEST_F(CoreDump, TakesArenasAndGuardsFromGcoreForWhatTheyAre) {
    constexpr std::uint64_t kArena = 0x7f0004000000;
    const auto withArena = [&](std::uint64_t guard, std::uint32_t protection) {
        CoreBuilder core;
        core.load(kArena, 0x21000, 6)
            .load(kArena + 0x21000, 0x4000000 - 0x21000, protection)
            .load(0x7f0010000000, guard, protection)
            .load(0x7f0010000000 + guard, 0x8000, 6)
            .load(0x7f0020000000, 0x3000, 4)
            .thread(70, 0x7ffd00020000)
            .thread(71, 0x7f0010000000 + guard + 0x7000);
        return open(core.build());
    };
    const auto read = withArena(0x1000, 4);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(textOf(*read), "7f0004000000-7f0004021000 rw- 0  : Heap\n"
                             "7f0004021000-7f0008000000 --- 0  : Reserved\n"
                             "7f0010000000-7f0010001000 --- 0  : Reserved\n"
                             "7f0010001000-7f0010009000 rw- 0  : Stack\n"
                             "7f0020000000-7f0020003000 r-- 0  : Private Data\n");
    EXPECT_NE(read->remarks.back().find("(12288 bytes) without a file are read-only"),
              std::string::npos)
        << read->remarks.back();
    const auto ofKernel = withArena(0x1000, 0);
    ASSERT_TRUE(ofKernel);
    EXPECT_EQ(textOf(*ofKernel), textOf(*read));
    EXPECT_EQ(ofKernel->remarks.back().find("gcore"), std::string::npos);
}

TEST_F(CoreDump, TakesTheNumberOfManySegmentsFromTheSection) {
    const auto read = open(smallCore().manySegments().build());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->space.map.regions.size(), 11U);
}

TEST_F(CoreDump, RefusesWhatItCannotReadInOneSentence) {
    const std::string good = smallCore().build();
    const auto with = [&good](std::size_t offset, auto value) {
        std::string bytes = good;
        put(bytes, offset, value);
        return bytes;
    };
    EXPECT_NE(whyNot(with(4, char{1})).find("32-bit"), std::string::npos);
    EXPECT_NE(whyNot(with(16, std::uint16_t{3})).find("program or library"), std::string::npos);
    EXPECT_NE(whyNot(with(18, std::uint16_t{8})).find("machine 8"), std::string::npos);
    EXPECT_NE(whyNot(with(32, UINT64_MAX - 8)).find("cut short"), std::string::npos);
    EXPECT_NE(whyNot(with(120 + 40, UINT64_MAX)).find("segment 1 does not fit"), std::string::npos);
    EXPECT_NE(whyNot(CoreBuilder().load(0x1000, 0x2000, 4).load(0x2000, 0x2000, 4).build())
                  .find("overlap"),
              std::string::npos);
    EXPECT_NE(whyNot(CoreBuilder().load(0x1000, 0x1000, 4).note(0x46494c45, "x").build())
                  .find("list of files"),
              std::string::npos);
    EXPECT_NE(whyNot("\x1f\x8b zipped").find("compressed"), std::string::npos);
    EXPECT_NE(whyNot("RINGSESS").find("session"), std::string::npos);
}

// Each of many headers over the same notes would have them read once more.
TEST_F(CoreDump, ReadsNoNoteTwice) {
    std::string twice = smallCore().build();
    twice.replace(120, 56, twice, 64, 56); // the first segment becomes the notes again
    EXPECT_NE(whyNot(twice).find("lie over each other"), std::string::npos);
    const std::string noFiles(16, '\0');
    EXPECT_NE(whyNot(CoreBuilder()
                         .load(0x1000, 0x1000, 4)
                         .note(0x46494c45, noFiles)
                         .note(0x46494c45, noFiles)
                         .build())
                  .find("twice"),
              std::string::npos);
}

TEST_F(CoreDump, SurvivesCutsAndMutations) {
    const FileDescriptor file(::memfd_create("core", MFD_CLOEXEC)); // 6000 files are slow on a disk
    const auto open = [&file](const std::string& bytes) {
        EXPECT_EQ(::ftruncate(file.get(), 0), 0);
        EXPECT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
        return readCoreDump("/proc/self/fd/" + std::to_string(file.get()));
    };
    const std::string good = smallCore().build();
    const std::size_t headers = good.find("/srv/data") + 600;
    for (std::size_t size = 0; size < std::min(headers, good.size()); ++size) {
        (void)open(good.substr(0, size));
    }
    std::mt19937 random(20261123);
    for (int turn = 0; turn < 3000; ++turn) {
        std::string bytes = good.substr(0, headers);
        for (int change = 0; change < 4; ++change) {
            bytes[random() % headers] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
        }
        const auto read = open(bytes);
        ASSERT_TRUE(!read || read->types.size() == read->space.map.regions.size());
        std::uint64_t last = 0;
        for (std::size_t i = 0; read && i < read->space.map.regions.size(); ++i) {
            const MemoryRegion& region = read->space.map.regions[i];
            ASSERT_TRUE(region.start >= last && region.end > region.start) << "turn " << turn;
            last = region.end;
        }
    }
}

TEST_F(CoreDump, AGcoreHasTheRangesAndTypesOfTheLiveProcess) {
    if (std::system("command -v gcore >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "gcore (gdb) is not installed";
    }
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl("/bin/sleep", "sleep", "60", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::usleep(300'000); // past its loader
    const auto live = readMapSnapshot(processOf(child).value_or(ProcessIdentity{}));
    const std::string command =
        "gcore -o " + m_folder.path() + "/core " + std::to_string(child) + " >/dev/null 2>&1";
    const int status = std::system(command.c_str());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (status != 0) {
        GTEST_SKIP() << "gcore may not trace here";
    }
    ASSERT_TRUE(live) << live.error().message;
    const auto core = readMapFile(m_folder.path() + "/core." + std::to_string(child));
    ASSERT_TRUE(core) << core.error().message;
    EXPECT_EQ(core->space.process.pid, child);
    EXPECT_EQ(core->name, "sleep");
    std::size_t compared = 0;
    for (std::size_t i = 0; i < live->types.size(); ++i) {
        const MemoryRegion& region = live->space.map.regions[i];
        for (std::size_t k = 0; k < core->types.size(); ++k) {
            const MemoryRegion& dumped = core->space.map.regions[k];
            if (dumped.start == region.start && dumped.end == region.end) {
                compared +=
                    live->types[i] == MemoryType::image || live->types[i] == MemoryType::stack ? 1U
                                                                                               : 0U;
                if (live->types[i] == MemoryType::image || live->types[i] == MemoryType::stack) {
                    EXPECT_EQ(core->types[k], live->types[i])
                        << live->space.map.nameOf(region) << '\n'
                        << textOf(*core);
                }
            }
        }
    }
    EXPECT_GE(compared, 8U) << textOf(*live) << '\n' << textOf(*core);
}

TEST_F(CoreDump, ReadsOneThatTheKernelWrote) {
    std::string pattern;
    std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
    if (pattern != "core") {
        GTEST_SKIP() << "this system puts core dumps elsewhere: " << pattern;
    }
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
        if (::chdir(m_folder.path().c_str()) != 0 || ::setrlimit(RLIMIT_CORE, &all) != 0) {
            ::_exit(1);
        }
        (void)std::signal(SIGABRT, SIG_DFL);
        std::abort();
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    std::string file = m_folder.path() + "/core";
    if (::access(file.c_str(), R_OK) != 0) {
        file += "." + std::to_string(child);
    }
    if (!WIFSIGNALED(status) || ::access(file.c_str(), R_OK) != 0) {
        GTEST_SKIP() << "no core dump was written";
    }
    const auto core = readMapFile(file);
    ASSERT_TRUE(core) << core.error().message;
    EXPECT_EQ(core->space.process.pid, child);
    const MemoryByType sums = core->sums();
    EXPECT_GT(sums.of(MemoryType::image).size, 0U);
    // A sanitizer's runtime may add a thread of its own.
    EXPECT_EQ(sums.of(MemoryType::stack).regions, core->space.threads.size()) << textOf(*core);
    EXPECT_GE(core->space.threads.size(), 1U);
    EXPECT_GT(sums.of(MemoryType::kernel).size, 0U) << textOf(*core);
}

} // namespace
} // namespace ringscope
