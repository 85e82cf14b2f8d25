// SPDX-License-Identifier: MIT
// A library to preload into programs that nobody here wrote: at every allocation (or one of
// WALK_CHECK_EVERY) it walks the stack and compares what it finds with what libgcc's unwinder says.
// It asks the cache of stacks first, and compares what that says too. At the program's end a line
// of what came of it is appended to the file that WALK_CHECK_FILE names, and below it where the
// first two stacks part that differ.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/heap/tracker/stack_cache.h"
#include "core/heap/tracker/stack_walk.h"

using ringscope::tracker::boundsOfThread;
using ringscope::tracker::CacheUse;
using ringscope::tracker::prepareStackCache;
using ringscope::tracker::prepareWalks;
using ringscope::tracker::registersHere;
using ringscope::tracker::StackBounds;
using ringscope::tracker::StackCache;
using ringscope::tracker::Walk;
using ringscope::tracker::WalkEnd;
using ringscope::tracker::WalkRegisters;
using ringscope::tracker::walkStack;
using ringscope::tracker::WalkTrace;

namespace {

constexpr int kMost = 256;

std::atomic<unsigned long> s_walks{0};
std::atomic<unsigned long> s_frames{0};
std::atomic<unsigned long> s_different{0};
std::atomic<unsigned long> s_deeper{0}; // begins as libgcc's, which ends at code without a table
std::atomic<unsigned long> s_lost{0};
std::atomic<unsigned long> s_cached{0};
std::atomic<unsigned long> s_wrong{0};
std::atomic<unsigned long> s_events{0};
unsigned long s_every = 1;
bool s_isReady = false;
__thread bool t_isInside __attribute__((tls_model("initial-exec")));
char s_first[4096];

__thread StackBounds t_bounds __attribute__((tls_model("initial-exec")));
__thread bool t_areBoundsKnown __attribute__((tls_model("initial-exec")));

const StackBounds& ownBounds() {
    if (!t_areBoundsKnown) {
        t_areBoundsKnown = true;
        t_bounds = boundsOfThread();
    }
    return t_bounds;
}

// Stands for a stack; never 0.
std::uint32_t numberOf(const std::uintptr_t* addresses, std::uint32_t frames) {
    std::uint64_t hash = frames;
    for (std::uint32_t i = 0; i < frames; ++i) {
        hash = (hash ^ addresses[i]) * 0x100000001b3U;
        hash ^= hash >> 29U;
    }
    return static_cast<std::uint32_t>(hash >> 20U) | 1U;
}

void describe(void* const* theirs, int theirCount, const std::uintptr_t* ours, unsigned ourCount) {
    int length = 0;
    const auto add = [&](const char* who, std::uintptr_t pc) {
        Dl_info info{};
        dladdr(reinterpret_cast<void*>(pc), &info);
        if (length < static_cast<int>(sizeof(s_first)) - 400) {
            length += std::snprintf(
                s_first + length, sizeof(s_first) - static_cast<std::size_t>(length),
                "  %s %#lx %.120s+%#lx %.60s\n", who, pc, info.dli_fname ? info.dli_fname : "?",
                pc - reinterpret_cast<std::uintptr_t>(info.dli_fbase),
                info.dli_sname ? info.dli_sname : "?");
        }
    };
    unsigned same = 0;
    while (same < ourCount && static_cast<int>(same) < theirCount &&
           ours[same] == reinterpret_cast<std::uintptr_t>(theirs[same])) {
        ++same;
    }
    for (unsigned i = same > 2 ? same - 2 : 0; i < same + 2; ++i) {
        if (static_cast<int>(i) < theirCount) {
            add("libgcc", reinterpret_cast<std::uintptr_t>(theirs[i]));
        }
        if (i < ourCount) {
            add("ours  ", ours[i]);
        }
    }
}

[[gnu::noinline]] void check() {
    if (!s_isReady || t_isInside || s_events.fetch_add(1) % s_every != 0) {
        return;
    }
    t_isInside = true;
    std::uintptr_t ours[kMost];
    void* theirs[kMost];
    const WalkRegisters here = registersHere();
    CacheUse use; // of this time alone, so that it is asked each time
    StackCache cache(here, reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)),
                     ownBounds(), use);
    const std::uint32_t known = cache.find();
    WalkTrace trace;
    const Walk walk = walkStack(here, ours, kMost, &trace);
    const std::uint32_t number = numberOf(ours, walk.frames);
    s_cached += known != 0 ? 1 : 0;
    s_wrong += known != 0 && known != number ? 1 : 0;
    if (known == 0) {
        cache.remember(trace, number);
    }
    int count = backtrace(theirs, kMost);
    // Both begin inside this function, at different places of it. libgcc adds the return address 0
    // that some programs end with.
    while (count > 0 && theirs[count - 1] == nullptr) {
        --count;
    }
    ++s_walks;
    s_frames += walk.frames;
    s_lost += walk.end == WalkEnd::lost ? 1 : 0;
    const bool isBeginning =
        static_cast<int>(walk.frames) >= count &&
        std::memcmp(ours + 1, theirs + 1, static_cast<std::size_t>(count - 1) * sizeof(void*)) == 0;
    s_deeper += isBeginning && static_cast<int>(walk.frames) > count ? 1 : 0;
    if (!isBeginning && s_different++ == 0) {
        theirs[0] = reinterpret_cast<void*>(ours[0]);
        describe(theirs, count, ours, walk.frames);
    }
    t_isInside = false;
}

[[gnu::constructor]] void begin() {
    t_isInside = true;
    prepareWalks();
    prepareStackCache();
    void* warm[4];
    (void)backtrace(warm, 4); // loads libgcc_s
    if (const char* every = std::getenv("WALK_CHECK_EVERY")) {
        s_every = std::strtoul(every, nullptr, 10);
    }
    t_isInside = false;
    s_isReady = true;
}

[[gnu::destructor]] void finish() {
    s_isReady = false;
    const char* const path = std::getenv("WALK_CHECK_FILE");
    const int file = path != nullptr ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (file < 0) {
        return;
    }
    char program[64] = "";
    const int comm = open("/proc/self/comm", O_RDONLY);
    const ssize_t length = read(comm, program, sizeof(program) - 1);
    program[length > 0 ? length - 1 : 0] = '\0';
    close(comm);
    char line[4400];
    const int bytes = std::snprintf(
        line, sizeof(line),
        "%s walks %lu frames %lu different %lu deeper %lu lost %lu cached %lu wrong %lu\n%s",
        program, s_walks.load(), s_frames.load(), s_different.load(), s_deeper.load(),
        s_lost.load(), s_cached.load(), s_wrong.load(), s_first);
    (void)!write(file, line, static_cast<std::size_t>(bytes));
    close(file);
}

template <typename Function>
Function* next(Function*& known, const char* name) {
    if (known == nullptr) {
        known = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    }
    return known;
}

} // namespace

extern "C" {
int dlclose(void* library) noexcept {
    static int (*real)(void*) = nullptr;
    const int result = next(real, "dlclose")(library);
    ringscope::tracker::forgetFrameRules();
    return result;
}
void* malloc(std::size_t bytes) noexcept {
    static void* (*real)(std::size_t) = nullptr;
    check();
    return next(real, "malloc")(bytes);
}
void* realloc(void* block, std::size_t bytes) noexcept {
    static void* (*real)(void*, std::size_t) = nullptr;
    check();
    return next(real, "realloc")(block, bytes);
}
}
