// SPDX-License-Identifier: MIT
// W1, an allocation-bound program: 2 threads, pairs of allocation and free of 16 to 512 bytes, half
// by operator new and half by malloc, 50 call paths of about 16 frames, 20,000 blocks live. W2: the
// same blocks in 4 threads, of which each frees those of the one before it.
// Arguments: the number of pairs; w2, or nothing for W1.
#include "core/base/thread.h"

#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sched.h>
#include <vector>

namespace {

constexpr unsigned kThreads = 2;
constexpr unsigned kRingThreads = 4;
constexpr std::uint64_t kRingSlots = 256;
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

std::uint64_t nextRandom(std::uint64_t& state) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state >> 24U;
}

Block newBlock(std::uint64_t random) {
    Block block;
    block.isNew = ((random >> 14U) & 1U) != 0;
    const std::size_t bytes = 16 + (random >> 15U) % 497;
    block.at = descend(static_cast<unsigned>((random >> 24U) % kPaths), kDepth, bytes, block.isNew);
    *static_cast<char*>(block.at) = 1;
    return block;
}

void work(std::uint64_t seed, std::uint64_t pairs) {
    std::vector<Block> live(kLivePerThread);
    std::uint64_t state = seed;
    for (std::uint64_t i = 0; i < pairs; ++i) {
        const std::uint64_t random = nextRandom(state);
        Block& block = live[random % kLivePerThread];
        release(block);
        block = newBlock(random);
    }
    for (const Block& block : live) {
        release(block);
    }
}

// From one thread to the next.
struct Ring {
    std::array<Block, kRingSlots> blocks;
    alignas(64) std::atomic<std::uint64_t> tail{0};
    alignas(64) std::atomic<std::uint64_t> head{0};

    bool push(const Block& block) {
        const std::uint64_t at = tail.load(std::memory_order_relaxed);
        if (at - head.load(std::memory_order_acquire) == kRingSlots) { // pairs with pop()
            return false;
        }
        blocks[at % kRingSlots] = block;
        tail.store(at + 1, std::memory_order_release); // pairs with pop()
        return true;
    }
    bool pop(Block& block) {
        const std::uint64_t at = head.load(std::memory_order_relaxed);
        if (at == tail.load(std::memory_order_acquire)) { // pairs with push()
            return false;
        }
        block = blocks[at % kRingSlots];
        head.store(at + 1, std::memory_order_release); // pairs with push()
        return true;
    }
};

void passOn(std::uint64_t seed, std::uint64_t pairs, Ring& from, Ring& to) {
    std::uint64_t state = seed;
    std::uint64_t sent = 0;
    std::uint64_t freed = 0;
    Block held;
    while (sent < pairs || freed < pairs) {
        if (held.at == nullptr && sent < pairs) {
            held = newBlock(nextRandom(state));
        }
        if (held.at != nullptr && to.push(held)) {
            held.at = nullptr;
            ++sent;
        }
        Block block;
        if (from.pop(block)) {
            release(block);
            ++freed;
        } else if (held.at != nullptr || sent == pairs) {
            ::sched_yield();
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    const std::uint64_t pairs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    const bool isRing = argc > 2 && std::strcmp(argv[2], "w2") == 0;
    const unsigned count = isRing ? kRingThreads : kThreads;
    std::barrier<> start(count);
    static std::array<Ring, kRingThreads> s_rings;
    const auto onError = [](const ringscope::Error&) { std::exit(1); };
    std::vector<ringscope::Thread> threads; // joined at the end
    for (unsigned i = 0; i < count; ++i) {
        threads.emplace_back(
            isRing ? "w2" : "w1",
            [&start, i, pairs, count, isRing](const std::stop_token&) {
                start.arrive_and_wait();
                if (isRing) {
                    passOn(i + 1, pairs / count, s_rings[i], s_rings[(i + 1) % count]);
                } else {
                    work(i + 1, pairs / count);
                }
            },
            onError);
    }
    return 0;
}
