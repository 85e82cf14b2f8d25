// SPDX-License-Identifier: MIT
// A program that does one thing with the heap and keeps its own account of it, for tracker_test.cpp
// to compare with the ledger. It stops at checkpoints: writes its account to standard output and
// waits for a byte on standard input. The first word of its arguments names what it does.
#include "tests/core/heap/heap_account.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <dirent.h>
#include <malloc.h>
#include <new>
#include <pthread.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using ringscope::HeapAccount;

namespace {

HeapAccount g_account;
char* const* g_arguments = nullptr;

// The compiler may drop a pair of malloc and free that nobody sees.
template <typename T>
T hidden(T value) {
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

[[noreturn]] void fail(const char* what) {
    (void)!::write(STDERR_FILENO, what, std::strlen(what));
    (void)!::write(STDERR_FILENO, "\n", 1);
    ::_exit(99);
}

void require(bool holds, const char* what) {
    if (!holds) {
        fail(what);
    }
}

void checkpoint() {
    char go = 0;
    if (::write(STDOUT_FILENO, &g_account, sizeof(g_account)) != sizeof(g_account) ||
        ::read(STDIN_FILENO, &go, 1) != 1) {
        ::_exit(98);
    }
}

template <typename T>
T* got(T* block) {
    block = hidden(block);
    require(block != nullptr, "no memory");
    ++g_account.allocations;
    g_account.allocatedBytes += ::malloc_usable_size(block);
    return block;
}

template <typename T>
T* giving(T* block) {
    ++g_account.frees;
    g_account.freedBytes += ::malloc_usable_size(block);
    return hidden(block);
}

void mallocAndFree() {
    void* blocks[1000];
    for (std::size_t i = 0; i < 1000; ++i) {
        blocks[i] = got(std::malloc(i * 37));
    }
    for (std::size_t i = 0; i < 900; ++i) {
        std::free(giving(blocks[i]));
    }
    std::free(giving(got(std::malloc(10U << 20U)))); // a mapped chunk
    std::free(hidden<void*>(nullptr));
    require(hidden(std::malloc(hidden(std::size_t{PTRDIFF_MAX}))) == nullptr, "huge malloc");
}

void zeroed() {
    char* block = got(static_cast<char*>(std::calloc(10, 100)));
    for (int i = 0; i < 1000; ++i) {
        require(block[i] == 0, "calloc gave old bytes");
    }
    std::free(giving(block));
    require(hidden(std::calloc(hidden(SIZE_MAX / 2), 4)) == nullptr, "calloc overflow");
}

void* resized(void* block, std::size_t bytes, bool byArray) {
    const std::size_t old = block != nullptr ? ::malloc_usable_size(block) : 0;
    void* moved = byArray ? ::reallocarray(block, bytes / 2, 2) : std::realloc(block, bytes);
    if (block != nullptr) {
        ++g_account.frees;
        g_account.freedBytes += old;
        ++g_account.reallocations;
    }
    return got(moved);
}

void reallocated(bool byArray) {
    void* block = resized(nullptr, 100, byArray);
    block = resized(block, 100'000, byArray); // moves
    block = resized(block, 100'100, byArray); // mostly stays
    block = resized(block, 50, byArray);      // shrinks
    block = resized(block, 52, byArray);      // small to small, in place
    block = resized(block, 700, byArray);
    block = resized(block, 2000, byArray);
    block = resized(block, 60, byArray);
    const std::size_t old = ::malloc_usable_size(block);
    require(hidden(std::realloc(hidden(block), hidden(std::size_t{PTRDIFF_MAX}))) == nullptr,
            "huge");
    require(::malloc_usable_size(block) == old, "a failed realloc took the block");
    if (byArray) {
        require(hidden(::reallocarray(hidden(block), hidden(SIZE_MAX / 2), 4)) == nullptr &&
                    errno == ENOMEM,
                "reallocarray overflow");
        std::free(giving(block));
    } else {
        require(hidden(std::realloc(giving(block), 0)) == nullptr, "realloc to 0");
    }
}

void aligned() {
    void* block = nullptr;
    require(::posix_memalign(&block, 4096, 1000) == 0, "posix_memalign");
    got(block);
    require(reinterpret_cast<std::uintptr_t>(block) % 4096 == 0, "alignment");
    std::free(giving(block));
    require(::posix_memalign(&block, 3, 1000) == EINVAL, "posix_memalign of 3");
    std::free(giving(got(std::aligned_alloc(256, 512))));
    std::free(giving(got(::memalign(64, 100))));
    std::free(giving(got(::valloc(100))));
    std::free(giving(got(::pvalloc(100))));
}

// With a threshold of 0 every block is a mapping of its own. In front of an aligned one a part of
// it is cut off, in whole pages or less.
void mapped() {
    require(::mallopt(M_MMAP_THRESHOLD, 0) == 1, "mallopt");
    for (std::size_t bytes = 1; bytes < 10'000; bytes += 501) {
        std::free(giving(got(std::malloc(bytes))));
        for (std::size_t alignment = 32; alignment <= 16'384; alignment *= 2) {
            void* block = got(::memalign(alignment, bytes));
            std::free(giving(resized(block, 20, false)));
        }
    }
}

// What glibc says of itself stands where the account of calls would.
void allocatorSums() {
    const auto noteSums = [] {
        const struct mallinfo2 sums = ::mallinfo2();
        g_account = {sums.arena, sums.hblkhd, 0, sums.fordblks, sums.keepcost};
    };
    void* blocks[1000];
    for (void*& block : blocks) {
        block = got(std::malloc(500));
    }
    for (std::size_t i = 0; i < 1000; i += 2) {
        std::free(blocks[i]);
    }
    checkpoint(); // it is asked
    (void)got(std::malloc(2048));
    noteSums();
    checkpoint(); // and asked again
    (void)got(std::malloc(10));
    checkpoint();
    (void)got(std::malloc(1U << 20U));
    noteSums();
}

void operators() {
    constexpr std::align_val_t kAlign{128};
    const std::nothrow_t& quiet = std::nothrow;
    ::operator delete(giving(got(::operator new(10))));
    ::operator delete[](giving(got(::operator new[](20))));
    ::operator delete(giving(got(::operator new(30))), 30);
    ::operator delete[](giving(got(::operator new[](40))), 40);
    ::operator delete(giving(got(::operator new(50, quiet))), quiet);
    ::operator delete[](giving(got(::operator new[](60, quiet))), quiet);
    ::operator delete(giving(got(::operator new(70, kAlign))), kAlign);
    ::operator delete[](giving(got(::operator new[](80, kAlign))), kAlign);
    ::operator delete(giving(got(::operator new(90, kAlign))), 90, kAlign);
    ::operator delete[](giving(got(::operator new[](100, kAlign))), 100, kAlign);
    ::operator delete(giving(got(::operator new(110, kAlign, quiet))), kAlign, quiet);
    ::operator delete[](giving(got(::operator new[](120, kAlign, quiet))), kAlign, quiet);
    ::operator delete(hidden<void*>(nullptr));
    delete[] giving(got(new int[1000]));
}

// Those that own_allocator.cpp has.
void plainOperators() {
    ::operator delete(giving(got(::operator new(10))));
    ::operator delete[](giving(got(::operator new[](20))));
    ::operator delete(giving(got(::operator new(30))), 30);
    ::operator delete[](giving(got(::operator new[](40))), 40);
}

// The exception objects are allocated and freed by the C++ library.
bool g_wasHandlerCalled = false;

void newThrows() {
    require(::operator new(hidden(std::size_t{PTRDIFF_MAX}), std::nothrow) == nullptr, "huge new");
    std::set_new_handler([] {
        g_wasHandlerCalled = true;
        std::set_new_handler(nullptr);
    });
    require(::operator new[](hidden(std::size_t{PTRDIFF_MAX}), std::nothrow) == nullptr, "huge");
    require(g_wasHandlerCalled, "no new handler called");
    try {
        hidden(::operator new(hidden(std::size_t{PTRDIFF_MAX})));
    } catch (const std::bad_alloc&) {
        return;
    }
    fail("no bad_alloc");
}

void strings() {
    std::free(giving(got(::strdup("a string that is copied"))));
    std::free(giving(got(::strndup("a string that is cut", 8))));
    std::free(giving(got(::wcsdup(L"wide"))));
}

constexpr std::size_t kThreadBlock = ringscope::kMarkedBytes;

void* threadBody(void* barrier) {
    if (barrier != nullptr) {
        ::pthread_barrier_wait(static_cast<pthread_barrier_t*>(barrier));
    }
    for (int i = 0; i < 10; ++i) {
        std::free(hidden(std::malloc(kThreadBlock)));
    }
    if (barrier != nullptr) {
        ::pthread_barrier_wait(static_cast<pthread_barrier_t*>(barrier));
    }
    return nullptr;
}

void startAndJoin(unsigned count, void* barrier) {
    pthread_t threads[64];
    for (unsigned i = 0; i < count; ++i) {
        require(::pthread_create(&threads[i], nullptr, threadBody, barrier) == 0, "no thread");
    }
    for (unsigned i = 0; i < count; ++i) {
        ::pthread_join(threads[i], nullptr);
    }
}

void shortThreads() {
    for (int i = 0; i < 125; ++i) {
        startAndJoin(8, nullptr);
    }
}

void threadsAtOnce() {
    pthread_barrier_t barrier;
    ::pthread_barrier_init(&barrier, nullptr, 40);
    startAndJoin(40, &barrier);
}

void* namedBody(void*) {
    ::pthread_setname_np(::pthread_self(), "heap-user");
    for (int i = 0; i < 5; ++i) {
        got(std::malloc(kThreadBlock));
    }
    checkpoint();
    return nullptr;
}

void namedThread() {
    pthread_t thread;
    ::pthread_create(&thread, nullptr, namedBody, nullptr);
    ::pthread_join(thread, nullptr);
}

// What is freed after the tracker has let go of the thread: later rounds of key destructors.
pthread_key_t g_lateKey;
void freeLate(void* block) {
    static thread_local int round = 0;
    if (++round < 3) {
        ::pthread_setspecific(g_lateKey, block); // asks for another round
        return;
    }
    std::free(block);
}
void* lateBody(void*) {
    ::pthread_setspecific(g_lateKey, hidden(std::malloc(kThreadBlock)));
    return nullptr;
}
void lateFrees() {
    ::pthread_key_create(&g_lateKey, freeLate);
    pthread_t thread;
    ::pthread_create(&thread, nullptr, lateBody, nullptr);
    ::pthread_join(thread, nullptr);
}

void* g_blocks[300];

void inChild() {
    g_account = {};
    for (int i = 0; i < 100; ++i) {
        std::free(giving(g_blocks[i]));
    }
    for (std::size_t i = 0; i < 50; ++i) {
        got(std::malloc(500 + i));
    }
    checkpoint();
    ::_exit(0);
}

void forked(pid_t (*makeChild)()) {
    for (std::size_t i = 0; i < 300; ++i) {
        g_blocks[i] = got(std::malloc(1000 + i));
    }
    checkpoint();
    const pid_t child = makeChild();
    if (child == 0) {
        inChild();
    }
    int status = 0;
    require(::waitpid(child, &status, 0) == child && status == 0, "child failed");
}

void vforkThenExec() {
    const pid_t child = ::vfork();
    if (child == 0) {
        ::execl("/bin/true", "true", nullptr);
        ::_exit(1);
    }
    int status = 0;
    require(::waitpid(child, &status, 0) == child && status == 0, "vfork");
}

void spawned() {
    pid_t child = 0;
    char program[] = "/bin/true";
    char* const arguments[] = {program, nullptr};
    require(::posix_spawn(&child, program, nullptr, nullptr, arguments, environ) == 0, "spawn");
    int status = 0;
    require(::waitpid(child, &status, 0) == child && status == 0, "spawned");
}

int openDescriptors() {
    int count = 0;
    DIR* directory = ::opendir("/proc/self/fd");
    while (const dirent* entry = ::readdir(directory)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    ::closedir(directory);
    return count - 1;
}

void closeAll() {
    for (int fd = 3; fd < 1024; ++fd) {
        ::close(fd);
    }
    mallocAndFree();
}

void* errnoBody(void*) {
    errno = EDOM;
    void* block = hidden(std::malloc(100)); // this thread's first event
    require(errno == EDOM, "malloc changed errno");
    std::free(block);
    require(errno == EDOM, "free changed errno");
    return nullptr;
}

void keepsErrno() {
    pthread_t thread;
    ::pthread_create(&thread, nullptr, errnoBody, nullptr);
    ::pthread_join(thread, nullptr);
    errno = EDOM;
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(errno == EDOM ? 0 : 1);
    }
    int status = 0;
    require(::waitpid(child, &status, 0) == child && status == 0, "fork changed errno");
    errno = 0;
    require(hidden(std::malloc(hidden(std::size_t{PTRDIFF_MAX}))) == nullptr && errno == ENOMEM,
            "malloc's own error");
}

void onSignal(int) {
    std::free(giving(got(std::malloc(64))));
}

// Handlers run between this thread's own allocations, not inside them: the signal is our own.
void inSignals() {
    std::signal(SIGUSR1, onSignal);
    for (int i = 0; i < 100; ++i) {
        std::free(giving(got(std::malloc(64))));
        std::raise(SIGUSR1);
    }
}

void crash() {
    mallocAndFree();
    checkpoint();
    std::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
}

// limited RESOURCE BYTES WORD...: sets the limit, then becomes `heap_target WORD...`.
void limited() {
    const int which = std::strcmp(g_arguments[2], "as") == 0      ? RLIMIT_AS
                      : std::strcmp(g_arguments[2], "fsize") == 0 ? RLIMIT_FSIZE
                                                                  : RLIMIT_NOFILE;
    const rlim_t bytes = std::strtoull(g_arguments[3], nullptr, 10);
    const rlimit limit{bytes, bytes};
    require(::setrlimit(static_cast<__rlimit_resource_t>(which), &limit) == 0, "setrlimit");
    char self[] = "heap_target";
    char* arguments[] = {self, g_arguments[4], nullptr};
    ::execv("/proc/self/exe", arguments);
    fail("exec");
}

struct Deed {
    const char* word;
    void (*act)();
};

constexpr Deed kDeeds[] = {
    {"nothing", [] {}},
    {"malloc", mallocAndFree},
    {"calloc", zeroed},
    {"realloc", [] { reallocated(false); }},
    {"reallocarray", [] { reallocated(true); }},
    {"aligned", aligned},
    {"mapped", mapped},
    {"allocator-sums", allocatorSums},
    {"operators", operators},
    {"plain-operators", plainOperators},
    {"throws", newThrows},
    {"strings", strings},
    {"threads", shortThreads},
    {"threads-at-once", threadsAtOnce},
    {"named-thread", namedThread},
    {"late-frees", lateFrees},
    {"fork", [] { forked(&::fork); }},
    {"raw-fork", [] { forked(&::_Fork); }},
    {"vfork", vforkThenExec},
    {"spawn", spawned},
    {"close-all", closeAll},
    {"errno", keepsErrno},
    {"signals", inSignals},
    {"crash", crash},
};

} // namespace

int main(int argc, char** argv) {
    g_arguments = argv;
    require(argc >= 2, "what?");
    if (std::strcmp(argv[1], "limited") == 0) {
        limited();
    }
    if (std::strcmp(argv[1], "exit") == 0) {
        return 0;
    }
    if (std::strcmp(argv[1], "descriptors") == 0) {
        return openDescriptors();
    }
    for (const Deed& deed : kDeeds) {
        if (std::strcmp(argv[1], deed.word) == 0) {
            checkpoint();
            deed.act();
            checkpoint();
            return 0;
        }
    }
    fail("unknown word");
}
