// SPDX-License-Identifier: MIT
// A program with an allocator of its own, to which the standard library's operator new must come
// (tracker_test.cpp). Ends with 0 if it does. It gives nothing back.
#include <cstddef>
#include <cstdint>
#include <new>
#include <unistd.h>

namespace {

alignas(16) unsigned char g_arena[1U << 20U];
std::size_t g_used = 0;

bool isOwn(const void* block) {
    return reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(g_arena) <
           sizeof(g_arena);
}

} // namespace

extern "C" {

void* malloc(std::size_t bytes) noexcept {
    const std::size_t room = (bytes + 15) & ~std::size_t{15};
    if (room < bytes || room > sizeof(g_arena) - g_used) {
        return nullptr;
    }
    void* block = g_arena + g_used;
    g_used += room;
    return block;
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
    std::size_t all = 0;
    return __builtin_mul_overflow(count, bytes, &all) ? nullptr : malloc(all);
}

void free(void* block) noexcept {
    if (block != nullptr && !isOwn(block)) {
        ::_exit(2);
    }
}

} // extern "C"

int main() {
    void* block = ::operator new(10);
    void* array = ::operator new[](20, std::nothrow);
    if (!isOwn(block) || !isOwn(array)) {
        return 1;
    }
    ::operator delete(block, 10);
    ::operator delete[](array);
    return 0;
}
