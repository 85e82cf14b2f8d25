// SPDX-License-Identifier: MIT
#include "core/memory/system_memory.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/core/memory/fake_root.h"

namespace ringscope {
namespace {

using testing::FakeRoot;

TEST(SystemMemory, ReadsThisMachine) {
    const auto memory = readSystemMemory();
    ASSERT_TRUE(memory) << memory.error().message;
    EXPECT_GE(memory->total, memory->available.value());
    EXPECT_GE(memory->total, memory->free);
    const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
    EXPECT_EQ(memory->total, pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST(SystemMemory, LeavesEmptyWhatAnOldKernelDoesNotReport) {
    const auto memory = parseMeminfo("MemTotal:        1024 kB\nMemFree:          512 kB\n"
                                     "SwapTotal:         64 kB\nSwapFree:          32 kB\n"
                                     "HugePages_Total:     3\nHugepagesize:     2048 kB\n");
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->total, 1048576U);
    EXPECT_EQ(memory->free, 524288U);
    EXPECT_EQ(memory->swapFree, 32768U);
    EXPECT_EQ(memory->available, std::nullopt);
    EXPECT_EQ(memory->shmem, std::nullopt);
    EXPECT_EQ(memory->hugetlb, 3U * 2048 * 1024);
    EXPECT_EQ(parseMeminfo(""), std::nullopt);
    EXPECT_EQ(parseMeminfo("MemFree: 512 kB\n"), std::nullopt);
}

TEST(SystemMemory, DescribesThisMachine) {
    const MachineDescription machine = describeMachine();
    EXPECT_TRUE(machine.kernel.starts_with("Linux ")) << machine.kernel;
    EXPECT_FALSE(machine.architecture.empty());
    EXPECT_GE(machine.cpus, 1U);
    EXPECT_EQ(machine.pageSize, static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    EXPECT_GT(machine.memoryTotal, 0U);
    EXPECT_FALSE(hostName().empty());
}

TEST(CgroupMemory, TakesTheTightestLimitOfVersion2) {
    const FakeRoot root;
    root.write("/proc/self/mountinfo",
               "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    root.write("/proc/77/cgroup", "0::/user.slice/run.scope\n");
    const std::string slice = "/sys/fs/cgroup/user.slice";
    root.write(slice + "/memory.max", "1000000\n");
    root.write(slice + "/run.scope/memory.max", "max\n");
    root.write(slice + "/run.scope/memory.current", "4096\n");
    root.write(slice + "/run.scope/memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\n");
    const auto memory = readCgroupMemory(77, root.path());
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->version, 2);
    EXPECT_EQ(memory->path, "/user.slice/run.scope");
    EXPECT_EQ(memory->directory, root.path() + slice + "/run.scope");
    EXPECT_EQ(memory->usage, 4096U);
    EXPECT_EQ(memory->limit, 1000000U);
    EXPECT_EQ(memory->oomKills, 2U);
}

TEST(CgroupMemory, FindsTheMountedPartOfATreeInAContainer) {
    const FakeRoot root;
    root.write("/proc/self/mountinfo",
               "31 30 0:26 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup ro\n");
    root.write("/proc/77/cgroup", "0::/docker/ab\n");
    root.write("/sys/fs/cgroup/memory.max", "max\n");
    root.write("/sys/fs/cgroup/memory.current", "8192\n");
    const auto memory = readCgroupMemory(77, root.path());
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->usage, 8192U);
    EXPECT_EQ(memory->limit, std::nullopt);
    EXPECT_EQ(memory->oomKills, std::nullopt) << "no memory.events there";
}

TEST(CgroupMemory, DoesNotGuessAtACgroupOutsideOfItsNamespace) {
    const FakeRoot root;
    root.write("/proc/self/mountinfo", "31 30 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    root.write("/proc/77/cgroup", "0::/../other\n");
    root.write("/sys/fs/other/memory.current", "8192\n");
    const auto memory = readCgroupMemory(77, root.path());
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->path, "/../other");
    EXPECT_EQ(memory->directory, "");
    EXPECT_EQ(memory->usage, std::nullopt);
}

TEST(CgroupMemory, ReadsVersion1WhereItHasTheMemoryController) {
    const FakeRoot root;
    root.write("/proc/self/mountinfo",
               "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
               "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
               "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    root.write("/proc/77/cgroup", "9:cpu:/a\n4:memory:/b\n0::/\n");
    const std::string group = "/sys/fs/cgroup/memory/b";
    root.write(group + "/memory.usage_in_bytes", "100\n");
    root.write(group + "/memory.limit_in_bytes", "9223372036854771712\n");
    root.write(group + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
    auto memory = readCgroupMemory(77, root.path());
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->version, 1);
    EXPECT_EQ(memory->usage, 100U);
    EXPECT_EQ(memory->limit, std::nullopt) << "the largest number means no limit";
    EXPECT_EQ(memory->oomKills, 5U);
    root.write(group + "/memory.stat", "cache 1\nhierarchical_memory_limit 5000\n");
    EXPECT_EQ(readCgroupMemory(77, root.path())->limit, 5000U) << "an ancestor's";
}

TEST(CgroupMemory, IsEmptyWithoutAMemoryController) {
    const FakeRoot root;
    EXPECT_FALSE(readCgroupMemory(77, root.path()));
    root.write("/proc/self/mountinfo",
               "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
    root.write("/proc/77/cgroup", "9:cpu:/a\n");
    EXPECT_FALSE(readCgroupMemory(77, root.path()));
    EXPECT_FALSE(readCgroupMemory(-1));
}

} // namespace
} // namespace ringscope
