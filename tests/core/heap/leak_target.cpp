// SPDX-License-Identifier: MIT
// A program with a block of each kind that memcheck tells apart, and in each place that holds one.
// Waits at its end until its standard input is closed; under Valgrind it has it search for leaks
// there. Sizes are its own, so that a block is known by its size. Its expected kinds are in
// leak_search_test.cpp and leak_valgrind_test.cpp.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#if __has_include(<valgrind/memcheck.h>)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <valgrind/memcheck.h>
#pragma GCC diagnostic pop
#endif

#include "tests/core/heap/heap_account.h"

namespace {

void* g_held = nullptr;
char* g_inside = nullptr;
char* g_insideOfChain = nullptr;
char* g_behind = nullptr;
void** g_large = nullptr;
char* g_array = nullptr;
thread_local void* t_held = nullptr;
pthread_barrier_t g_barrier;
#if __has_include(<valgrind/memcheck.h>)
void* volatile g_forMemcheck = nullptr;
#endif

void** words(std::size_t bytes) {
    void* const block = std::malloc(bytes);
    std::memset(block, 0, bytes);
    return static_cast<void**>(block);
}

} // namespace

extern "C" {

[[gnu::noinline]] void makeBlocks(const char* plugin) {
    words(100);                      // definite
    *words(48) = words(56);          // definite, and indirect
    void** const circle = words(64); // definite, as the lower one
    *circle = words(72);             // indirect
    *static_cast<void***>(*circle) = circle;
    g_inside = reinterpret_cast<char*>(words(30)) + 5; // possible
    void** const chain = words(200);                   // possible
    *chain = words(24);                                // possible
    g_insideOfChain = reinterpret_cast<char*>(chain) + 16;
    g_held = words(10);                                 // reachable
    g_behind = reinterpret_cast<char*>(words(40)) + 40; // definite
    g_large = words(300'000);                           // reachable, mapped by itself
    g_large[20'000] = words(136);                       // reachable
    g_large[20'001] = std::calloc(1, 0);                // reachable
    void** const freed = words(160);
    freed[6] = words(128); // definite: what was freed holds nothing
    std::free(freed);
    void** const array = words(8 + 7 * 12); // reachable: operator new[] of 7
    std::size_t count = 7;
    std::memcpy(array, &count, sizeof(count));
    g_array = reinterpret_cast<char*>(array + 1);
    t_held = words(96); // reachable
    void* const library = dlopen(plugin, RTLD_NOW);
    void** const pluginHeld = static_cast<void**>(dlsym(library, "g_pluginHeld"));
    *pluginHeld = words(112); // reachable
}

[[gnu::noinline]] void* holdOnStack(void* /*argument*/) {
    void* volatile held = words(104); // reachable
    pthread_barrier_wait(&g_barrier);
    pthread_barrier_wait(&g_barrier);
    std::free(held);
    return nullptr;
}

// Nothing of what was called before is left on the stack, nor in vector registers.
[[gnu::noinline]] void cleanUp() {
    volatile char stack[32'768];
    for (volatile char& byte : stack) {
        byte = 0;
    }
    asm volatile("pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1; pxor %%xmm2, %%xmm2;"
                 "pxor %%xmm3, %%xmm3; pxor %%xmm4, %%xmm4; pxor %%xmm5, %%xmm5;"
                 "pxor %%xmm6, %%xmm6; pxor %%xmm7, %%xmm7" ::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
}

[[gnu::noinline]] std::uintptr_t hiddenBlock() {
    return ~reinterpret_cast<std::uintptr_t>(words(88)); // reachable
}

// In a register alone while it waits in the kernel.
[[gnu::noinline]] void holdInRegister(std::uintptr_t hidden) {
    char byte = 0;
    long result = 0; // of read(0, &byte, 1)
#ifdef VALGRIND_DO_LEAK_CHECK
    if (RUNNING_ON_VALGRIND != 0) {
        g_forMemcheck = reinterpret_cast<void*>(~hidden); // it is asked by a call, which has it
        VALGRIND_DO_LEAK_CHECK;
        _exit(0);
    }
#endif
    asm volatile("movq %2, %%r12; notq %%r12; syscall; xorl %%r12d, %%r12d"
                 : "=a"(result)
                 : "a"(0L), "r"(hidden), "D"(0L), "S"(&byte), "d"(1L)
                 : "rcx", "r11", "r12", "memory");
}

} // extern "C"

// leak_target PLUGIN [churn|exit]
int main(int count, char** arguments) {
    if (count < 2) {
        return 2;
    }
    pthread_barrier_init(&g_barrier, nullptr, 2);
    pthread_t thread{};
    pthread_create(&thread, nullptr, holdOnStack, nullptr);
    pthread_barrier_wait(&g_barrier);
    makeBlocks(arguments[1]);
    const bool isChurning = count > 2 && std::strcmp(arguments[2], "churn") == 0;
    const std::uintptr_t hidden = isChurning ? 0 : hiddenBlock(); // for holdInRegister() alone
    cleanUp();
    const ringscope::HeapAccount ready;
    if (write(STDOUT_FILENO, &ready, sizeof(ready)) != static_cast<ssize_t>(sizeof(ready))) {
        return 1;
    }
    while (isChurning) { // a block that grows is nowhere while realloc moves it
        void** held = words(64);
        *held = words(1'000);
        for (std::size_t bytes = 64; bytes < 1'000'000; bytes *= 2) {
            held = static_cast<void**>(std::realloc(held, bytes));
        }
        std::free(*held);
        std::free(held);
    }
    holdInRegister(hidden);
    pthread_barrier_wait(&g_barrier);
    pthread_join(thread, nullptr);
    return 0;
}
