// SPDX-License-Identifier: MIT
// An allocator as jemalloc or tcmalloc look to the tracker: a library of its own with malloc and
// with an operator new that does not come through malloc. Its blocks have no glibc chunk in front,
// so reading one there would be seen in the counts. Each block: 32 bytes that hold its size, then
// it.
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

extern "C" {
void* __libc_malloc(std::size_t bytes);
void __libc_free(void* block);
}

namespace {

constexpr std::size_t kHeader = 32;

void* take(std::size_t bytes) {
    auto* whole = static_cast<char*>(__libc_malloc(bytes + kHeader));
    if (whole == nullptr) {
        return nullptr;
    }
    std::memset(whole, 0, kHeader);
    std::memcpy(whole, &bytes, sizeof(bytes));
    return whole + kHeader;
}

void give(void* block) {
    if (block != nullptr) {
        __libc_free(static_cast<char*>(block) - kHeader);
    }
}

std::size_t sizeOf(const void* block) {
    std::size_t bytes = 0;
    if (block != nullptr) {
        std::memcpy(&bytes, static_cast<const char*>(block) - kHeader, sizeof(bytes));
    }
    return bytes;
}

} // namespace

extern "C" {

void* malloc(std::size_t bytes) noexcept {
    return take(bytes);
}
void free(void* block) noexcept {
    give(block);
}
std::size_t malloc_usable_size(void* block) noexcept {
    return sizeOf(block);
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
    std::size_t all = 0;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return nullptr;
    }
    void* block = take(all);
    return block != nullptr ? std::memset(block, 0, all) : nullptr;
}

void* realloc(void* block, std::size_t bytes) noexcept {
    void* moved = take(bytes);
    if (moved != nullptr && block != nullptr) {
        const std::size_t old = sizeOf(block);
        std::memcpy(moved, block, old < bytes ? old : bytes);
        give(block);
    }
    return moved;
}

} // extern "C"

void* operator new(std::size_t bytes) {
    void* block = take(bytes);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    return block;
}
void* operator new[](std::size_t bytes) {
    return operator new(bytes);
}
void operator delete(void* block) noexcept {
    give(block);
}
void operator delete[](void* block) noexcept {
    give(block);
}
void operator delete(void* block, std::size_t) noexcept {
    give(block);
}
void operator delete[](void* block, std::size_t) noexcept {
    give(block);
}
