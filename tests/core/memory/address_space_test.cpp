// SPDX-License-Identifier: MIT
#include "core/memory/address_space.h"

#include <cstdlib>
#include <fcntl.h>
#include <future>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/base/thread.h"
#include "core/memory/region_classifier.h"

namespace ringscope {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

char zeroedAtStart[1 << 16]; // NOLINT: in .bss
const char kConstant[] = "in .rodata";

std::string typeOf(const AddressSpace& space, const void* pointer) {
    const auto address = reinterpret_cast<std::uintptr_t>(pointer);
    const auto types = classifyRegions(space);
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (address >= space.map.regions[i].start && address < space.map.regions[i].end) {
            return std::string(memoryTypeName(types[i]));
        }
    }
    return "Free";
}

// Too large for the gaps between libraries: right above one it could be taken for its .bss, with
// which the kernel would even merge it.
constexpr std::size_t kSize = std::size_t{16} << 20U;

void* mapMemory(int fd, int flags) {
    void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, flags, fd, 0);
    static_cast<char*>(memory)[0] = 1;
    return memory;
}

TEST(AddressSpace, TellsWhatIsBehindAddressesThatAreKnown) {
    const int memfd = ::memfd_create("ringscope-test", MFD_CLOEXEC);
    ASSERT_EQ(::ftruncate(memfd, kSize), 0);
    void* shared = mapMemory(memfd, MAP_SHARED);
    void* sharedAnonymous = mapMemory(-1, MAP_SHARED | MAP_ANONYMOUS);
    void* anonymous = mapMemory(-1, MAP_PRIVATE | MAP_ANONYMOUS);
    const int program = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const void* mappedToRead = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, program, 0);
    void* reserved = ::mmap(nullptr, kSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    zeroedAtStart[30'000] = 1;
    const int onStack = 0;

    const auto space = readAddressSpace(selfProcess());
    ASSERT_TRUE(space) << space.error().message;
    EXPECT_EQ(space->map.malformedLines, 0U);
    EXPECT_EQ(typeOf(*space, shared), "Shareable");
    EXPECT_EQ(typeOf(*space, sharedAnonymous), "Shareable");
    EXPECT_EQ(typeOf(*space, anonymous), "Private Data");
    EXPECT_EQ(typeOf(*space, mappedToRead), "Mapped File");
    EXPECT_EQ(typeOf(*space, reserved), "Reserved");
    EXPECT_EQ(typeOf(*space, zeroedAtStart + 30'000), "Image");
    EXPECT_EQ(typeOf(*space, kConstant), "Image");
    EXPECT_EQ(typeOf(*space, reinterpret_cast<const void*>(&readAddressSpace)), "Image");
    EXPECT_EQ(typeOf(*space, &onStack), "Stack");

    ::munmap(reserved, kSize);
    ::munmap(const_cast<void*>(mappedToRead), 4096);
    ::munmap(anonymous, kSize);
    ::munmap(sharedAnonymous, kSize);
    ::munmap(shared, kSize);
    ::close(program);
    ::close(memfd);
}

TEST(AddressSpace, TellsStackAndArenaOfAThread) {
    std::promise<std::pair<const void*, const void*>> places;
    std::promise<void> finish;
    Thread thread(
        "probe",
        [&](std::stop_token) {
            const int onStack = 0;
            void* block = std::malloc(1000);
            places.set_value({&onStack, block});
            finish.get_future().wait();
            std::free(block);
        },
        [](const Error& error) { FAIL() << error.message; });
    const auto [onStack, block] = places.get_future().get();
    const auto space = readAddressSpace(selfProcess());
    finish.set_value();
    ASSERT_TRUE(space) << space.error().message;
    EXPECT_EQ(typeOf(*space, onStack), "Stack");
    if (kIsSanitized) {
        GTEST_SKIP() << "a sanitizer's allocator has no arenas of glibc";
    }
    EXPECT_EQ(typeOf(*space, block), "Heap");
}

} // namespace
} // namespace ringscope
