// SPDX-License-Identifier: MIT
// What readings cost, in CPU time of the reading thread. The limits are those a plan for sampling
// can rely on, several times what a quiet machine shows; the figures are printed.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <sys/mman.h>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/file_descriptor.h"
#include "core/memory/address_space.h"
#include "core/memory/process_counters.h"
#include "core/memory/region_classifier.h"
#include "core/memory/self_cost.h"
#include "core/memory/system_memory.h"
#include "tests/core/memory/child_process.h"

namespace ringscope {
namespace {

using testing::ChildProcess;

double medianUs(int repeats, const std::function<void()>& work) {
    std::vector<double> costs;
    for (int i = 0; i < repeats; ++i) {
        timespec before{};
        timespec after{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        work();
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        costs.push_back(static_cast<double>(after.tv_sec - before.tv_sec) * 1e6 +
                        static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e3);
    }
    std::nth_element(costs.begin(), costs.begin() + repeats / 2, costs.end());
    return costs[static_cast<std::size_t>(repeats / 2)];
}

TEST(MemoryCost, OfCounters) {
    ChildProcess child([](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    auto reader = ProcessCountersReader::open(child.pid()).value();
    const double fast = medianUs(1000, [&] { EXPECT_TRUE(reader.readFast()); });
    const double slow = medianUs(100, [&] { EXPECT_TRUE(reader.readSlow()); });
    const double self = medianUs(100, [&] { EXPECT_TRUE(readSelfUsage()); });
    const double system = medianUs(100, [&] { EXPECT_TRUE(readSystemMemory()); });
    const double cgroup =
        medianUs(100, [&] { [[maybe_unused]] const auto memory = readCgroupMemory(child.pid()); });
    std::printf("fast counters %.1f us, slow counters %.1f us, own cost %.1f us, meminfo %.1f us, "
                "cgroup %.1f us\n",
                fast, slow, self, system, cgroup);
    EXPECT_LT(fast, 200.0);
}

TEST(MemoryCost, OfAMapWithManyMappings) {
    constexpr std::size_t kMappings = 20'000;
    ChildProcess child([&](const auto&) {
        const std::size_t page = 4096;
        auto* start = static_cast<char*>(::mmap(nullptr, kMappings * page, PROT_READ | PROT_WRITE,
                                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        for (std::size_t at = 0; at < kMappings * page; at += 2 * page) {
            start[at] = 1;
            ::mprotect(start + at, page, PROT_READ);
        }
    });
    ASSERT_TRUE(child.awaitStep());
    const auto identity = child.identity();
    const std::string path = "/proc/" + std::to_string(identity.pid) + "/smaps";
    const double reading = medianUs(5, [&] {
        const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        std::vector<char> piece(65536);
        while (::read(file.get(), piece.data(), piece.size()) > 0) {
        }
    });
    AddressSpace space;
    const double snapshot = medianUs(5, [&] { space = readAddressSpace(identity).value(); });
    const double types = medianUs(5, [&] { EXPECT_FALSE(classifyRegions(space).empty()); });
    std::printf("%zu mappings: smaps alone %.1f ms, snapshot %.1f ms (%.2f x), types %.2f ms\n",
                space.map.regions.size(), reading / 1e3, snapshot / 1e3, snapshot / reading,
                types / 1e3);
    EXPECT_GE(space.map.regions.size(), kMappings);
    EXPECT_LT(types, reading) << "telling the types is cheap beside reading";
}

} // namespace
} // namespace ringscope
