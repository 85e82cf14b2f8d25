// SPDX-License-Identifier: MIT
// Allocates where a stack is hard to walk: in signal handlers, also on a stack of their own; in
// functions that align their stack; on the stacks of fibers and of threads that brought their own;
// in constructors and at the end of threads; in code that is loaded again where other code was; and
// deeper than anybody looks.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <ucontext.h>
#include <vector>

namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

void* volatile g_kept;

[[gnu::noinline]] void allocate() {
    g_kept = std::malloc(100);
    std::free(g_kept);
}

void inHandler(int) {
    allocate();
}

// What a stack aligned to 64 bytes looks like, with a size known only at run time below it.
[[gnu::noinline]] void aligned(std::size_t bytes) {
    alignas(64) std::array<char, 128> local{};
    auto* const more = static_cast<char*>(__builtin_alloca(bytes));
    std::memset(more, 1, bytes);
    local[bytes % local.size()] = more[0];
    asm volatile("" : : "r"(local.data()) : "memory");
    allocate();
    asm volatile("" : : "r"(local.data()) : "memory");
}

[[gnu::noinline]] int deep(int levels) {
    if (levels == 0) {
        allocate();
        return 0;
    }
    const int below = deep(levels - 1);
    asm volatile("");
    return below + 1;
}

void signals() {
    struct sigaction action {};
    action.sa_handler = inHandler;
    ::sigaction(SIGUSR1, &action, nullptr);
    ::raise(SIGUSR1);
    stack_t other{};
    other.ss_size = kStackBytes;
    other.ss_sp =
        ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::sigaltstack(&other, nullptr);
    action.sa_flags = SA_ONSTACK;
    ::sigaction(SIGUSR2, &action, nullptr);
    ::raise(SIGUSR2);
    // In the middle of work, where no call is.
    action.sa_handler = inHandler;
    ::sigaction(SIGALRM, &action, nullptr);
    for (int i = 0; i < 20; ++i) {
        ::ualarm(500, 0);
        for (int spin = 0; spin < 2'000'000; ++spin) {
            asm volatile("");
        }
    }
}

ucontext_t g_main;
ucontext_t g_fiber;

void inFiber() {
    allocate();
    deep(30);
    ::swapcontext(&g_fiber, &g_main);
}

void fibers(bool isOnHeap) {
    void* const stack = isOnHeap ? std::malloc(kStackBytes)
                                 : ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::getcontext(&g_fiber);
    g_fiber.uc_stack.ss_sp = stack;
    g_fiber.uc_stack.ss_size = kStackBytes;
    g_fiber.uc_link = &g_main;
    ::makecontext(&g_fiber, inFiber, 0);
    ::swapcontext(&g_main, &g_fiber);
}

struct AtThreadEnd {
    ~AtThreadEnd() { allocate(); }
};
thread_local AtThreadEnd t_end;

void* inThread(void*) {
    (void)&t_end;
    deep(20);
    aligned(300);
    fibers(true);
    return nullptr;
}

void threads() {
    std::thread(inThread, nullptr).join();
    static std::array<char, kStackBytes> own;
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstack(&attributes, own.data(), own.size());
    pthread_t thread{};
    if (::pthread_create(&thread, &attributes, inThread, nullptr) == 0) {
        ::pthread_join(thread, nullptr);
    }
    ::pthread_attr_destroy(&attributes);
}

[[gnu::noinline]] void thrower(int levels) {
    if (levels == 0) {
        throw std::runtime_error("a message that is too long to be kept without an allocation");
    }
    thrower(levels - 1);
    asm volatile("");
}

void exceptions() {
    try {
        thrower(10);
    } catch (const std::exception& error) {
        std::string copy = error.what();
        g_kept = copy.data();
    }
}

// Two libraries by turns, of which the next often lies where the one before was.
void plugins(int count, char** paths) {
    for (int i = 0; i < 20 && count > 0; ++i) {
        if (void* const library = ::dlopen(paths[i % count], RTLD_NOW)) {
            using Entry = void (*)(void (*)());
            if (auto* const entry = reinterpret_cast<Entry>(::dlsym(library, "callBack"))) {
                entry(allocate);
            }
            ::dlclose(library);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    for (int i = 0; i < 4; ++i) { // what is the same again may be told from memory
        allocate();
        signals();
        aligned(100);
        deep(10);
        deep(1000);
        fibers(true);
        fibers(false);
        threads();
        exceptions();
    }
    plugins(argc - 1, argv + 1);
    return 0;
}
