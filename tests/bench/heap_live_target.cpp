// SPDX-License-Identifier: MIT
// Has many blocks alive of many call stacks, says so on its standard output, and waits for the end
// of its standard input. Arguments: the number of stacks (at most 131072) and of blocks.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr unsigned kDepth = 17;

// Two call sites, taken by the bits of the stack's number.
// NOLINTNEXTLINE(misc-no-recursion): the depth is what is wanted
[[gnu::noinline]] void* descend(unsigned stack, unsigned depth, std::size_t bytes) {
    void* block = nullptr;
    if (depth == 0) {
        block = std::malloc(bytes);
    } else if (((stack >> (depth - 1)) & 1U) != 0) {
        block = descend(stack, depth - 1, bytes);
        asm volatile("nop" : : : "memory");
    } else {
        block = descend(stack, depth - 1, bytes);
        asm volatile("" : : : "memory");
    }
    asm volatile("" : : "r"(block) : "memory"); // no tail call: this frame stays
    return block;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        return 2;
    }
    const unsigned long stacks = std::strtoul(argv[1], nullptr, 10);
    const unsigned long blocks = std::strtoul(argv[2], nullptr, 10);
    if (stacks == 0 || stacks > 1UL << kDepth) {
        return 2;
    }
    std::vector<void*> live(blocks);
    for (unsigned long i = 0; i < blocks; ++i) {
        live[i] = descend(static_cast<unsigned>(i % stacks), kDepth, 16 + i % 497);
    }
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    for (void* block : live) {
        std::free(block);
    }
    return 0;
}
