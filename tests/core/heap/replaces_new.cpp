// SPDX-License-Identifier: MIT
// A program that replaces the two basic forms of operator new and delete and leaves the others to
// the standard library, which must come to these two (tracker_test.cpp). Ends with 0 if they do.
#include <cstddef>
#include <cstdlib>
#include <new>
#include <unistd.h>

namespace {

int g_taken = 0;
int g_given = 0;

void expectBoth(int count) {
    if (g_taken != count || g_given != count) {
        ::_exit(count);
    }
}

} // namespace

void* operator new(std::size_t bytes) {
    ++g_taken;
    void* block = std::malloc(bytes + 1);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    return block;
}

void operator delete(void* block) noexcept {
    ++g_given;
    std::free(block);
}

int main() {
    ::operator delete(::operator new(10));
    expectBoth(1);
    ::operator delete[](::operator new[](20));
    expectBoth(2);
    ::operator delete(::operator new(30), 30);
    expectBoth(3);
    ::operator delete[](::operator new[](40), 40);
    expectBoth(4);
    ::operator delete(::operator new(50, std::nothrow), std::nothrow);
    expectBoth(5);
    ::operator delete[](::operator new[](60, std::nothrow), std::nothrow);
    expectBoth(6);
    return 0;
}
