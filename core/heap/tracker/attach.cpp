// SPDX-License-Identifier: MIT
#include "core/heap/tracker/attach.h"

#include "core/heap/attach_layout.h"
#include "core/heap/tracker/elf_object.h"
#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/got_patch.h"
#include "core/heap/tracker/interpose.h"
#include "core/heap/tracker/next_allocator.h"

#include <atomic>
#include <cstring>
#include <dlfcn.h>
#include <link.h>

namespace ringscope::tracker {

namespace {

// Of libc's family; the first five must be of one library, as blocks go from each to any other.
constexpr std::size_t kEssential = 5;
constexpr std::size_t kAllocatorEnd = 13;
constexpr std::size_t kOpen = 13;
constexpr std::size_t kOperatorsBegin = 15;
constinit Replacement s_functions[] = {
    {"malloc"},
    {"calloc"},
    {"realloc"},
    {"free"},
    {"malloc_usable_size"},
    {"reallocarray"},
    {"posix_memalign"},
    {"aligned_alloc"},
    {"memalign"},
    {"valloc"},
    {"pvalloc"},
    {"cfree"},
    {"mallinfo2"}, // not replaced: only found
    {"dlopen"},
    {"dlclose"},
    {"_Znwm"},
    {"_Znam"},
    {"_ZnwmRKSt9nothrow_t"},
    {"_ZnamRKSt9nothrow_t"},
    {"_ZnwmSt11align_val_t"},
    {"_ZnamSt11align_val_t"},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t"},
    {"_ZnamSt11align_val_tRKSt9nothrow_t"},
    {"_ZdlPv"},
    {"_ZdaPv"},
    {"_ZdlPvm"},
    {"_ZdaPvm"},
    {"_ZdlPvRKSt9nothrow_t"},
    {"_ZdaPvRKSt9nothrow_t"},
    {"_ZdlPvSt11align_val_t"},
    {"_ZdaPvSt11align_val_t"},
    {"_ZdlPvmSt11align_val_t"},
    {"_ZdaPvmSt11align_val_t"},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t"},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t"},
};
constexpr std::size_t kFunctionCount = sizeof(s_functions) / sizeof(s_functions[0]);

bool s_isLoadedLate = false;
bool s_isAttached = false;
// Held while references are changed.
std::atomic<bool> s_isPatching{false};

std::uint32_t patch(PatchDirection direction) noexcept {
    if (s_isPatching.exchange(true, std::memory_order_acquire)) {
        return 0;
    }
    const std::uint32_t changed = patchReferences(s_functions, kFunctionCount, direction);
    s_isPatching.store(false, std::memory_order_release); // pairs with the exchange
    return changed;
}

struct CallerSearch {
    std::uintptr_t address;
    bool hasSearchPath;
};

int findCaller(dl_phdr_info* info, std::size_t, void* argument) {
    auto& search = *static_cast<CallerSearch*>(argument);
    const ElfObject object(*info);
    if (!object.contains(search.address)) {
        return 0;
    }
    search.hasSearchPath = object.hasSearchPath();
    return 1;
}

// dlopen searches where the object that calls it says, and takes $ORIGIN for where that lies.
bool dependsOnCaller(const char* file, const void* caller) noexcept {
    if (file == nullptr ||
        (std::strchr(file, '/') != nullptr && std::strchr(file, '$') == nullptr)) {
        return false;
    }
    CallerSearch search{reinterpret_cast<std::uintptr_t>(caller), true};
    ::dl_iterate_phdr(findCaller, &search);
    return search.hasSearchPath || std::strchr(file, '$') != nullptr;
}

// What is loaded while we are attached calls us too. Its constructors have run by then.
[[gnu::noinline]] void* openLibrary(const char* file, int mode) {
    const auto next = reinterpret_cast<void* (*)(const char*, int)>(s_functions[kOpen].theirs);
    if (dependsOnCaller(file, __builtin_return_address(0))) {
        return next(file, mode); // a jump: it sees our caller. The library waits for the next one.
    }
    void* const library = next(file, mode);
    if (library != nullptr && (mode & RTLD_NOLOAD) == 0 && isCounting()) {
        (void)patch(PatchDirection::toOurs);
    }
    return library;
}

// By the order of symbols: whatever the program has replaced itself, one of these is ours then.
bool isOfThisLibrary(const char* name) noexcept {
    const void* ours = libraryOf(reinterpret_cast<const void*>(&isOfThisLibrary)).identity;
    return libraryOf(::dlsym(RTLD_DEFAULT, name)).identity == ours;
}

bool resolveProgram() noexcept {
    if (s_isLoadedLate) {
        return true;
    }
    findFunctions(s_functions, kFunctionCount);
    s_functions[kOpen].ours = reinterpret_cast<std::uintptr_t>(&openLibrary);
    const auto libraryAt = [](std::uintptr_t address) {
        return libraryOf(reinterpret_cast<const void*>(address)).identity;
    };
    const void* const allocator = libraryAt(s_functions[0].theirs);
    for (std::size_t i = 0; i < kAllocatorEnd; ++i) {
        if (libraryAt(s_functions[i].theirs) != allocator || allocator == nullptr) {
            if (i < kEssential) {
                return false;
            }
            s_functions[i].theirs = 0; // what it comes to is counted, or is another allocator's
        }
    }
    // Without a C++ library for all, each object has one of its own, and that calls malloc.
    for (std::size_t i = kOperatorsBegin; i < kFunctionCount; ++i) {
        if (::dlsym(RTLD_DEFAULT, s_functions[i].name) == nullptr ||
            isOfThisLibrary(s_functions[i].name)) {
            s_functions[i].theirs = 0;
        }
    }
    s_isLoadedLate = true;
    useAllocator(functionOfProgram);
    findOperators();
    return true;
}

} // namespace

std::uintptr_t functionOfProgram(const char* name) noexcept {
    for (const Replacement& function : s_functions) {
        if (std::strcmp(function.name, name) == 0) {
            return function.theirs;
        }
    }
    return 0;
}

bool isLoadedLate() noexcept {
    return s_isLoadedLate;
}

bool standsInFront() noexcept {
    return isOfThisLibrary("malloc") || isOfThisLibrary("pvalloc");
}

} // namespace ringscope::tracker

using namespace ringscope;
using namespace ringscope::tracker;

#pragma GCC visibility push(default)
extern "C" {

std::int32_t ringscope_heap_attach_v1(AttachRequest* request) noexcept {
    const auto answer = [](AttachResult result) { return static_cast<std::int32_t>(result); };
    request->patched = 0;
    if (isCounting()) {
        return answer(AttachResult::isCounting);
    }
    const bool isPreloaded = !isLoadedLate() && standsInFront();
    if (!isPreloaded && !resolveProgram()) {
        return answer(AttachResult::ownAllocator);
    }
    if (!openAttachedGate(request->socketName, request->mode)) {
        return answer(AttachResult::noReader);
    }
    s_isAttached = true;
    request->patched = isPreloaded ? 0 : patch(PatchDirection::toOurs);
    return answer(AttachResult::done);
}

std::int32_t ringscope_heap_detach_v1(AttachRequest* request) noexcept {
    request->patched = 0;
    if (!s_isAttached) {
        return static_cast<std::int32_t>(AttachResult::notAttached);
    }
    // Calls first: what is on its way through us is counted still.
    request->patched = isLoadedLate() ? patch(PatchDirection::toTheirs) : 0;
    closeAttachedGate();
    s_isAttached = false;
    return static_cast<std::int32_t>(AttachResult::done);
}

} // extern "C"
#pragma GCC visibility pop
