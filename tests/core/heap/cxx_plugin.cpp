// SPDX-License-Identifier: MIT
// A C++ library for a C program to load privately: its operator new is then not in the global
// order of libraries, where the tracker's is.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>

// 42 if allocation, destruction and bad_alloc work across the tracker.
extern "C" int useTheHeap() {
    std::size_t total = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto text = std::make_unique<std::string>(100, 'x');
        total += text->size();
    }
    try {
        void* block = ::operator new (std::size_t{PTRDIFF_MAX});
        asm volatile("" : "+r"(block) : : "memory");
        ::operator delete(block);
    } catch (const std::bad_alloc&) {
        return total == 100'000 ? 42 : 1;
    }
    return 2;
}
