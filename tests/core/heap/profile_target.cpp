// SPDX-License-Identifier: MIT
// Allocates at places that are told apart by how many blocks of how many bytes they take:
// profile_test.cpp knows them. The first word of its arguments names what it does.
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <malloc.h>
#include <new>
#include <pthread.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

// The compiler may drop a pair of malloc and free that nobody sees.
template <typename T>
[[gnu::noinline]] T* seen(T* block) {
    asm volatile("" : "+r"(block) : : "memory");
    return block;
}

// 11 of 101 bytes, of which 4 stay.
[[gnu::noinline]] void keepsSome() {
    void* blocks[11];
    for (void*& block : blocks) {
        block = seen(std::malloc(101));
    }
    for (int i = 0; i < 7; ++i) {
        std::free(blocks[i]);
    }
}

// 9 of 203 bytes, each freed before the next.
[[gnu::noinline]] void temporary() {
    for (int i = 0; i < 9; ++i) {
        std::free(seen(std::malloc(203)));
    }
}

// Grows from 10 to 5010 bytes by 500: 11 blocks of 27,610 bytes in one life; then it is freed.
[[gnu::noinline]] void grows() {
    void* block = nullptr;
    for (std::size_t bytes = 10; bytes <= 5010; bytes += 500) {
        block = seen(std::realloc(block, bytes));
    }
    std::free(block);
}

// One of each kind, of 1,000 bytes and some.
[[gnu::noinline]] void everyKind() {
    std::free(seen(std::calloc(7, 143)));
    void* block = nullptr;
    if (::posix_memalign(&block, 256, 1002) == 0) {
        std::free(seen(block));
    }
    std::free(seen(std::aligned_alloc(64, 1024)));
    std::free(seen(::memalign(512, 1003)));
    ::operator delete(seen(::operator new(1005)));
    ::operator delete[](seen(::operator new[](1006)));
    ::operator delete (seen(::operator new (1007, std::align_val_t{128})), std::align_val_t{128});
    ::operator delete(seen(::operator new(1008, std::nothrow)), std::nothrow);
    std::free(seen(::strdup("one of seventeen")));
}

// The most at one time: 3 of 40,000 bytes, of which one is left.
[[gnu::noinline]] void peaks() {
    void* const a = seen(std::malloc(40'000));
    void* const b = seen(std::malloc(40'000));
    void* const c = seen(std::malloc(40'000));
    std::free(b);
    std::free(c);
    seen(a);
}

// Fails to grow: the block stays what it was.
[[gnu::noinline]] void failsToGrow() {
    void* const block = seen(std::malloc(333));
    // hidden from the compiler, which knows that no object is that large
    std::size_t much = ~std::size_t{0} / 4;
    asm volatile("" : "+r"(much));
    if (std::realloc(block, much) != nullptr) {
        std::abort();
    }
}

// Freed by another thread: 50 of 77 bytes.
[[gnu::noinline]] void acrossThreads() {
    std::vector<void*> blocks(50);
    std::thread([&] {
        for (void*& block : blocks) {
            block = seen(std::malloc(77));
        }
    }).join();
    for (void* const block : blocks) {
        std::free(block);
    }
}

// Threads whose first allocation is glibc's own, while it holds the thread's lock: as Rust's begin.
void* asksForItsStack(void*) {
    pthread_attr_t attributes;
    if (::pthread_getattr_np(::pthread_self(), &attributes) == 0) {
        ::pthread_attr_destroy(&attributes);
    }
    std::free(seen(std::malloc(71)));
    return nullptr;
}
void lockedThreads() {
    for (int i = 0; i < 5; ++i) {
        pthread_t thread{};
        if (::pthread_create(&thread, nullptr, asksForItsStack, nullptr) == 0) {
            ::pthread_join(thread, nullptr);
        }
    }
}

// The child frees what the parent allocated and allocates 3 of 55 bytes.
[[gnu::noinline]] void acrossFork() {
    void* const inherited = seen(std::malloc(61));
    const pid_t child = ::fork();
    if (child == 0) {
        std::free(inherited);
        for (int i = 0; i < 3; ++i) {
            seen(std::malloc(55));
        }
        ::_exit(0);
    }
    int status = -1;
    if (::waitpid(child, &status, 0) != child || status != 0) {
        ::_exit(1); // a child that crashes would otherwise only have no blocks
    }
}

// Two stacks that differ in their outermost call alone.
[[gnu::noinline]] void inner() {
    seen(std::malloc(88));
    asm volatile("");
}
[[gnu::noinline]] void outerA() {
    inner();
    asm volatile("");
}
[[gnu::noinline]] void outerB() {
    inner();
    asm volatile("");
}

// One of 4,321 bytes, in a function that the compiler puts into its caller.
[[gnu::always_inline]] inline void allocatesInline() {
    seen(std::malloc(4321)); // allocatesInline's line
}
[[gnu::noinline]] void callsInline(int /*argument*/) {
    allocatesInline(); // callsInline's line
    asm volatile("");
}

[[gnu::noinline]] void deep(int levels) {
    if (levels > 0) {
        deep(levels - 1);
    } else {
        seen(std::malloc(99));
    }
    asm volatile("");
}

// As many stacks: every path of that many turns to the left or right.
[[gnu::noinline]] void manyStacks(int turns) {
    if (turns == 0) {
        std::free(seen(std::malloc(31)));
        return;
    }
    manyStacks(turns - 1);
    asm volatile("");
    manyStacks(turns - 1);
    asm volatile("");
}

// Tells where its blocks are.
void addresses() {
    void* blocks[4] = {seen(std::malloc(24)), seen(std::malloc(40)), seen(std::malloc(100)),
                       seen(std::malloc(500'000))};
    (void)!::write(STDOUT_FILENO, blocks, sizeof(blocks));
}

// Two libraries by turns, of which the next mostly lies where the one before was: 10 of 45 bytes.
void inLibrary() {
    seen(std::malloc(45));
}
[[gnu::noinline]] void plugins(int count, char** paths) {
    for (int i = 0; i < 10 && count > 0; ++i) {
        if (void* const library = ::dlopen(paths[i % count], RTLD_NOW)) {
            using Entry = void (*)(void (*)());
            if (auto* const entry = reinterpret_cast<Entry>(::dlsym(library, "callBack"))) {
                entry(inLibrary);
            }
            ::dlclose(library);
        }
    }
}

// Until it is stopped.
[[gnu::noinline]] void allocatesSteadily() {
    void* blocks[1000] = {};
    for (std::size_t i = 0;; ++i) {
        void*& place = blocks[i % 1000];
        std::free(place);
        place = seen(std::malloc(10'000));
        if (i % 20 == 0) {
            ::usleep(1000);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    const char* const what = argc > 1 ? argv[1] : "";
    if (std::strcmp(what, "sites") == 0) {
        keepsSome();
        temporary();
        grows();
        everyKind();
        failsToGrow();
        outerA();
        outerB();
        peaks();
    } else if (std::strcmp(what, "nothing") == 0) {
        std::free(seen(std::malloc(0)));
    } else if (std::strcmp(what, "threads") == 0) {
        acrossThreads();
    } else if (std::strcmp(what, "locked") == 0) {
        lockedThreads();
    } else if (std::strcmp(what, "fork") == 0) {
        acrossFork();
    } else if (std::strcmp(what, "inline") == 0) {
        callsInline(0);
    } else if (std::strcmp(what, "waits") == 0) {
        seen(std::malloc(1'234'567));
        ::pause();
    } else if (std::strcmp(what, "steady") == 0) {
        allocatesSteadily();
    } else if (std::strcmp(what, "killed") == 0) {
        seen(std::malloc(1'234'567));
        ::raise(SIGKILL);
    } else if (std::strcmp(what, "deep") == 0) {
        deep(1000);
    } else if (std::strcmp(what, "addresses") == 0) {
        addresses();
    } else if (std::strcmp(what, "plugins") == 0) {
        plugins(argc - 2, argv + 2);
    } else if (std::strcmp(what, "many") == 0) {
        manyStacks(14);
    } else {
        return 2;
    }
    return 0;
}
