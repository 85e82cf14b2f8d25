// SPDX-License-Identifier: MIT
// W1, an allocation-bound program: 2 threads, pairs of allocation and free of 16 to 512 bytes, half
// by operator new and half by malloc, 50 call paths of about 16 frames, 20,000 blocks live.
// Arguments: the number of pairs.
#include "core/base/thread.h"

#include <barrier>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

namespace {

constexpr unsigned kThreads = 2;
constexpr std::size_t kLivePerThread = 10'000;
constexpr unsigned kPaths = 50;
constexpr unsigned kDepth = 13; // with main, the thread's start and the allocation: about 16

struct Block {
    void* at = nullptr;
    bool isNew = false;
};

[[gnu::noinline]] void* allocate(std::size_t bytes, bool byNew) {
    void* block = byNew ? ::operator new(bytes) : std::malloc(bytes);
    asm volatile("" : : "r"(block) : "memory"); // no tail call: this frame stays
    return block;
}

// Two call sites, taken by the path's bits: paths differ in their return addresses.
// NOLINTNEXTLINE(misc-no-recursion): the depth is what is wanted
[[gnu::noinline]] void* descend(unsigned path, unsigned depth, std::size_t bytes, bool byNew) {
    void* block = nullptr;
    if (depth == 0) {
        block = allocate(bytes, byNew);
    } else if (((path >> (depth % 6)) & 1U) != 0) {
        block = descend(path, depth - 1, bytes, byNew);
        asm volatile("nop" : : : "memory");
    } else {
        block = descend(path, depth - 1, bytes, byNew);
        asm volatile("" : : : "memory");
    }
    return block;
}

void release(const Block& block) {
    if (block.isNew) {
        ::operator delete(block.at);
    } else {
        std::free(block.at);
    }
}

void work(std::uint64_t seed, std::uint64_t pairs) {
    std::vector<Block> live(kLivePerThread);
    std::uint64_t state = seed;
    for (std::uint64_t i = 0; i < pairs; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const std::uint64_t random = state >> 24U;
        Block& block = live[random % kLivePerThread];
        release(block);
        block.isNew = ((random >> 14U) & 1U) != 0;
        const std::size_t bytes = 16 + (random >> 15U) % 497;
        block.at =
            descend(static_cast<unsigned>((random >> 24U) % kPaths), kDepth, bytes, block.isNew);
        *static_cast<char*>(block.at) = 1;
    }
    for (const Block& block : live) {
        release(block);
    }
}

} // namespace

int main(int argc, char** argv) {
    const std::uint64_t pairs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    std::barrier<> start(kThreads);
    const auto onError = [](const ringscope::Error&) { std::exit(1); };
    std::vector<ringscope::Thread> threads; // joined at the end
    for (unsigned i = 0; i < kThreads; ++i) {
        threads.emplace_back(
            "w1",
            [&start, i, pairs](const std::stop_token&) {
                start.arrive_and_wait();
                work(i + 1, pairs / kThreads);
            },
            onError);
    }
    return 0;
}
