// SPDX-License-Identifier: MIT
#include "core/memory/region_classifier.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/core/memory/smaps_fixture.h"

namespace ringscope {
namespace {

using testing::addressSpaceOf;
using testing::smapsText;

std::string typeAt(const AddressSpace& space, std::uint64_t address) {
    const auto types = classifyRegions(space);
    for (std::size_t i = 0; i < types.size(); ++i) {
        const MemoryRegion& region = space.map.regions[i];
        if (address >= region.start && address < region.end) {
            return std::string(memoryTypeName(types[i]));
        }
    }
    return "Free";
}

std::map<std::string, int> countByType(const AddressSpace& space) {
    std::map<std::string, int> counts;
    for (const MemoryType type : classifyRegions(space)) {
        ++counts[std::string(memoryTypeName(type))];
    }
    return counts;
}

// The type of a single region; text is what follows the address.
std::string typeOf(const std::string& rest, const std::string& flags = "rd wr mr") {
    return typeAt(
        addressSpaceOf("7f0012345000-7f0012400000 " + rest + "\nVmFlags: " + flags + "\n"),
        0x7f0012345000);
}

// Three threads with an arena each, one shared object of each kind, a reservation, a .bss of 1 MiB.
TEST(RegionClassifier, TellsEveryRegionOfAProgramWithThreads) {
    const AddressSpace space = addressSpaceOf(smapsText("threads"));
    EXPECT_EQ(countByType(space), (std::map<std::string, int>{{"Image", 16},
                                                              {"Heap", 4},
                                                              {"Reserved", 7},
                                                              {"Shareable", 4},
                                                              {"Private Data", 4},
                                                              {"Stack", 4},
                                                              {"Mapped File", 1},
                                                              {"Kernel", 4}}));
    EXPECT_EQ(typeAt(space, 0x7f9f20000000), "Heap") << "arena of a thread";
    EXPECT_EQ(typeAt(space, 0x7f9f20021000), "Reserved") << "the rest of it";
    EXPECT_EQ(typeAt(space, 0x7f9f2cc00000), "Shareable") << "SysV, whose identifier is 0";
    EXPECT_EQ(typeAt(space, 0x7f9f2d85a000), "Stack");
    EXPECT_EQ(typeAt(space, 0x7f9f2d859000), "Reserved") << "its guard";
    EXPECT_EQ(typeAt(space, 0x7f9f2f05c000), "Private Data") << "right above a stack";
    EXPECT_EQ(typeAt(space, 0x7f9f2d000000), "Private Data") << "8 MiB like a stack's, no guard";
    EXPECT_EQ(typeAt(space, 0x7f9f2f234000), "Image") << ".bss of libc";
    EXPECT_EQ(typeAt(space, 0x7f9f2f24b000), "Private Data") << "private /dev/zero";
}

TEST(RegionClassifier, TellsTheRegionsOfNode) {
    const AddressSpace space = addressSpaceOf(smapsText("node"));
    EXPECT_EQ(typeAt(space, 0x00400000), "Image");
    EXPECT_EQ(typeAt(space, 0x0565d000), "Image") << ".bss of the program";
    EXPECT_EQ(typeAt(space, 0x7f26b6fff000), "Stack");
    EXPECT_EQ(typeAt(space, 0x7f26b7800000), "Stack");
    EXPECT_EQ(typeAt(space, 0x7f26b8000000), "Heap");
    EXPECT_EQ(typeAt(space, 0x7f2696fc3000), "Private Data") << "generated code above a guard";
    EXPECT_EQ(typeAt(space, 0x7f26b6e00000), "Image") << "program text mapped a second time";
    EXPECT_EQ(countByType(space)["Stack"], 7);
}

// The JVM replaces the guard that pthread_create() made by one of its own, without the flag nh.
TEST(RegionClassifier, TellsTheStacksOfAJvmFromItsReservations) {
    const AddressSpace space = addressSpaceOf(smapsText("java_part"));
    EXPECT_EQ(typeAt(space, 0x7f95e5104000), "Stack");
    EXPECT_EQ(typeAt(space, 0x7f95e4eff000), "Stack");
    EXPECT_EQ(typeAt(space, 0x7f95e5400000), "Private Data") << "code cache";
    EXPECT_EQ(typeAt(space, 0x7f95ecec7000), "Private Data") << "code cache above a reservation";
    EXPECT_EQ(typeAt(space, 0x7f95fc000000), "Heap");
    EXPECT_EQ(typeAt(space, 0x7f96000c6000), "Private Data");
    EXPECT_EQ(typeAt(space, 0x7f95f4400000), "Mapped File");
}

TEST(RegionClassifier, TellsByName) {
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 [heap]"), "Heap");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 [stack]"), "Stack");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 [stack:1234]"), "Stack");
    EXPECT_EQ(typeOf("r-xp 00000000 00:00 0 [vdso]"), "Kernel");
    EXPECT_EQ(typeOf("r--p 00000000 00:00 0 [vvar]", "rd mr pf io de dd"), "Kernel");
    EXPECT_EQ(typeOf("rw-s 00000000 00:10 9 anon_inode:[io_uring]"), "Kernel");
    EXPECT_EQ(typeOf("rw-s 00000000 00:10 9 /dev/shm/ring"), "Shareable");
    EXPECT_EQ(typeOf("---s 00000000 00:10 9 /dev/shm/ring"), "Shareable");
    EXPECT_EQ(typeOf("rw-s 00000000 00:01 9 /memfd:ring (deleted)"), "Shareable");
    EXPECT_EQ(typeOf("r-xs 00000000 00:01 9 /memfd:doublemapper (deleted)"), "Shareable");
    EXPECT_EQ(typeOf("rw-s 00000000 00:01 9 [anon_shmem:ring]"), "Shareable");
    EXPECT_EQ(typeOf("rw-s 00000000 00:06 4 /dev/dri/renderD128"), "Device");
    EXPECT_EQ(typeOf("r--p 00000000 08:01 9 /usr/lib/libicudata.so.72.1"), "Image");
    EXPECT_EQ(typeOf("r--s 00000000 08:01 9 /usr/lib/libicudata.so.72.1"), "Mapped File");
    EXPECT_EQ(typeOf("r--p 00000000 08:01 9 /data/table.sock"), "Mapped File");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 pipe:[1]"), "Unknown");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 [anon: glibc: malloc arena]"), "Heap");
    EXPECT_EQ(typeOf("---p 00000000 00:00 0 [anon:scudo:reserved]"), "Reserved");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 [anon: glibc: pthread stack: 7]"), "Stack");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 [anon:dalvik-main space]"), "Managed Heap");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0 [anon:mine]"), "Private Data");
}

// Any program may put guard pages into its memory (MADV_GUARD_INSTALL).
TEST(RegionClassifier, AGuardInsideAloneMakesNoStack) {
    const std::string one = "7f0012345000-7f0012400000 rw-p 00000000 00:00 0\nVmFlags: rd wr gu\n";
    const std::string stack = "7f0022345000-7f0022400000 rw-p 00000000 00:00 0\n"
                              "VmFlags: rd wr nh\n";
    EXPECT_EQ(typeAt(addressSpaceOf(one + stack), 0x7f0012345000), "Private Data")
        << "this kernel marks stacks";
    AddressSpace space = addressSpaceOf(one);
    EXPECT_EQ(typeAt(space, 0x7f0012345000), "Stack") << "nothing else can tell";
    space.areStacksKnown = true;
    EXPECT_EQ(typeAt(space, 0x7f0012345000), "Private Data") << "all stacks are others";
    space.threads.push_back({7, "", 0x7f0012346000});
    EXPECT_EQ(typeAt(space, 0x7f0012345000), "Stack");
}

TEST(RegionClassifier, SecretMemoryIsShareable) {
    EXPECT_EQ(typeOf("rw-s 00000000 00:10 9 /secretmem (deleted)", "rd wr sh lo"), "Shareable");
}

TEST(RegionClassifier, TellsByFlag) {
    EXPECT_EQ(typeOf("rw-s 00000000 00:0f 9 /memfd:ring (deleted)", "rd wr sh ht"), "Huge Pages");
    EXPECT_EQ(typeOf("rw-p 00000000 00:0f 9 /anon_hugepage (deleted)", "rd wr"), "Huge Pages");
    EXPECT_EQ(typeOf("rw-s 00000000 00:05 9 /sys/devices/pci/resource0", "rd wr sh io pf"),
              "Device");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0", "rd wr gd"), "Stack");
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0", "rd wr nh gu"), "Stack")
        << "guard inside (glibc 2.42)";
    EXPECT_EQ(typeOf("rw-p 00000000 00:00 0"), "Private Data");
    EXPECT_EQ(typeOf("---p 00000000 00:00 0"), "Reserved");
}

TEST(RegionClassifier, BelievesAStackPointerWithoutAGuard) {
    AddressSpace space = addressSpaceOf("7f0000000000-7f0000100000 rw-p 00000000 00:00 0\n"
                                        "7f0000200000-7f0000300000 rw-p 00000000 00:00 0\n");
    space.threads = {{12, "", 0x7f00002ff000}};
    EXPECT_EQ(typeAt(space, 0x7f0000000000), "Private Data");
    EXPECT_EQ(typeAt(space, 0x7f0000200000), "Stack");
}

TEST(RegionClassifier, TakesNoMemoryAboveAGuardForAStackWhenAllStacksAreKnown) {
    AddressSpace space = addressSpaceOf("7f0000000000-7f0000010000 ---p 00000000 00:00 0\n"
                                        "7f0000010000-7f0000110000 rw-p 00000000 00:00 0\n");
    EXPECT_EQ(typeAt(space, 0x7f0000010000), "Stack");
    space.areStacksKnown = true;
    EXPECT_EQ(typeAt(space, 0x7f0000010000), "Private Data");
}

// Without the flag nh (before Linux 6.7) and with the stack's guard and the arena's rest in one
// region: the part beyond the arena's 64 MiB is the guard.
TEST(RegionClassifier, FindsAGuardThatTheKernelMergedWithAnArena) {
    const std::string arena = "7f0000000000-7f0000021000 rw-p 00000000 00:00 0\n"
                              "7f0000021000-";
    const std::string above = "-7f0004801000 rw-p 00000000 00:00 0\n";
    const AddressSpace merged =
        addressSpaceOf(arena + "7f0004001000 ---p 00000000 00:00 0\n" + "7f0004001000" + above);
    EXPECT_EQ(typeAt(merged, 0x7f0000000000), "Heap");
    EXPECT_EQ(typeAt(merged, 0x7f0004001000), "Stack");
    const AddressSpace noGuard =
        addressSpaceOf(arena + "7f0004000000 ---p 00000000 00:00 0\n" + "7f0004000000" + above);
    EXPECT_EQ(typeAt(noGuard, 0x7f0000000000), "Heap");
    EXPECT_EQ(typeAt(noGuard, 0x7f0004000000), "Private Data");
}

TEST(RegionClassifier, TakesAUsedUpArenaForHeapButNoOtherAlignedMemory) {
    const std::string used = "7f0000000000-7f0004000000 rw-p 00000000 00:00 0\nVmFlags: rd wr ";
    EXPECT_EQ(typeAt(addressSpaceOf(used + "nr\n"), 0x7f0000000000), "Heap");
    EXPECT_EQ(typeAt(addressSpaceOf(used + "ac\n"), 0x7f0000000000), "Private Data");
    // The JVM's class space: aligned, with a reservation above, but accounted for.
    const AddressSpace classSpace =
        addressSpaceOf("7f0000000000-7f0000170000 rw-p 00000000 00:00 0\nVmFlags: rd wr ac\n"
                       "7f0000170000-7f0040000000 ---p 00000000 00:00 0\nVmFlags: nr\n");
    EXPECT_EQ(typeAt(classSpace, 0x7f0000000000), "Private Data");
}

TEST(RegionClassifier, TakesGosArenaForManagedHeap) {
    const AddressSpace space = addressSpaceOf("c000000000-c000400000 rw-p 00000000 00:00 0\n"
                                              "c000400000-c004000000 ---p 00000000 00:00 0\n");
    EXPECT_EQ(typeAt(space, 0xc000000000), "Managed Heap");
    EXPECT_EQ(typeAt(space, 0xc000400000), "Reserved");
}

TEST(RegionClassifier, CountsAllOfAnExecutedFileAsImage) {
    const AddressSpace space =
        addressSpaceOf("1000-2000 r--p 00000000 08:01 7 /opt/plugin\n"
                       "2000-3000 r-xp 00001000 08:01 7 /opt/plugin\n"
                       "3000-4000 rw-p 00002000 08:01 7 /opt/plugin\n"
                       "4000-5000 rw-p 00000000 00:00 0\n"
                       "6000-7000 rw-p 00000000 00:00 0\n"
                       "8000-9000 r--s 00000000 08:01 7 /opt/plugin\n"
                       "9000-a000 r--p 00000000 08:02 7 /opt/table\n"
                       "a000-b000 rw-p 00000000 00:00 0\n"
                       "b000-c000 r-xp 00000000 00:01 8 /memfd:program (deleted)\n");
    EXPECT_EQ(typeAt(space, 0x1000), "Image");
    EXPECT_EQ(typeAt(space, 0x3000), "Image");
    EXPECT_EQ(typeAt(space, 0x4000), "Image") << ".bss";
    EXPECT_EQ(typeAt(space, 0x6000), "Private Data") << "not next to the image";
    EXPECT_EQ(typeAt(space, 0x8000), "Mapped File") << "mapped to be read, not run";
    EXPECT_EQ(typeAt(space, 0x9000), "Mapped File") << "same inode of another device";
    EXPECT_EQ(typeAt(space, 0xa000), "Private Data") << "next to a file that is no image";
    EXPECT_EQ(typeAt(space, 0xb000), "Image") << "program run from memory";
}

} // namespace
} // namespace ringscope
