// SPDX-License-Identifier: MIT
// operator new and delete. libstdc++'s and libc++'s call malloc and free, where they are counted:
// here they are only handed on, by a jump, or done as they would be (leadsBack()). An allocator
// that brings its own (jemalloc, tcmalloc, mimalloc) bypasses malloc: then they are counted here.
// Either way once.
#include "core/heap/tracker/attach.h"
#include "core/heap/tracker/counted.h"
#include "core/heap/tracker/interpose.h"
#include "core/heap/tracker/profile_writer.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <new>
#include <type_traits>

using namespace ringscope::tracker;

namespace {

using Size = std::size_t;
using Align = std::align_val_t;
using Nothrow = const std::nothrow_t&;

// The next library's, or the program's in a process that is attached to.
void* findNext(const char* name) noexcept {
    return isLoadedLate() ? reinterpret_cast<void*>(functionOfProgram(name))
                          : ::dlsym(RTLD_NEXT, name);
}

// What operator new of libstdc++ and libc++ comes to while there is memory; their operator delete
// is free.
void* allocate(Size n) noexcept {
    return std::malloc(n != 0 ? n : 1);
}
void* allocate(Size n, Nothrow) noexcept {
    return allocate(n);
}
void* allocate(Size n, Align a) noexcept {
    void* block = nullptr;
    const Size alignment = std::max(static_cast<Size>(a), sizeof(void*));
    return ::posix_memalign(&block, alignment, n != 0 ? n : 1) == 0 ? block : nullptr;
}
void* allocate(Size n, Align a, Nothrow) noexcept {
    return allocate(n, a);
}

// The same of the plain forms, without the way through our own malloc.
template <typename... Arguments>
constexpr bool kIsPlain = !(std::is_same_v<Arguments, Align> || ...);
[[gnu::always_inline]] inline void* allocateCounted(const void* caller, Size n) noexcept {
    return countedMalloc(n != 0 ? n : 1, caller);
}
[[gnu::always_inline]] inline void* allocateCounted(const void* caller, Size n, Nothrow) noexcept {
    return allocateCounted(caller, n);
}

// The function of that name which the library at this address would have called without us.
void* findForCaller(const void* caller, const char* name) noexcept;

// One of the functions: s_call is the next library's, or counting() before it, or direct() instead
// of it, and find() until the first call of any of them.
template <typename... Rest>
Size bytesOf(Size n, Rest...) noexcept {
    return n;
}

template <const char* kName, typename... Arguments>
struct NextNew {
    using Function = void* (*)(Arguments...);
    static inline Function s_next = nullptr;

    static void* find(Arguments... arguments) {
        findOperators();
        return call(arguments...);
    }
    // For callers whose C++ library is private to them: see findOperators(). When memory is out,
    // their own operator new calls the new handler and throws, with their own runtime.
    static void* fallback(Arguments... arguments) {
        void* block = allocate(arguments...);
        if (block != nullptr) {
            return block;
        }
        // Ours jumped here, so this is who called it.
        void* own = findForCaller(__builtin_return_address(0), kName);
        return own != nullptr ? reinterpret_cast<Function>(own)(arguments...) : nullptr;
    }
    static void* counting(Arguments... arguments) {
        const bool isCounted = isCounting();
        const std::uint64_t before = t_countedEvents;
        void* block = s_next(arguments...);
        // Not if it came back to us, as an operator new[] that calls operator new.
        if (isCounted && block != nullptr && t_countedEvents == before) {
            recordedCarefully(block, bytesOf(arguments...), __builtin_return_address(0));
        }
        return block;
    }
    // The next asks our own aligned_alloc for more than it was asked for.
    static void* hinting(Arguments... arguments) {
        if (!isRecording() && !isSampling()) {
            return s_next(arguments...);
        }
        const AskedBytes asked(bytesOf(arguments...));
        return s_next(arguments...);
    }
    // What the next would come to, without the way there and back.
    static void* direct(Arguments... arguments) {
        void* block = allocateCounted(__builtin_return_address(0), arguments...);
        return block != nullptr ? block : s_next(arguments...); // for the new handler
    }
    // Acquire: pairs with the release in choose(), for s_next.
    static void* call(Arguments... arguments) {
        return s_call.load(std::memory_order_acquire)(arguments...);
    }
    static void choose(void* found, bool maySkip) noexcept {
        s_next = found != nullptr ? reinterpret_cast<Function>(found) : &NextNew::fallback;
        Function function = isInAllocator(found) ? &NextNew::counting : s_next;
        if constexpr (kIsPlain<Arguments...>) {
            function = maySkip ? &NextNew::direct : function;
        } else {
            function = function == s_next && found != nullptr ? &NextNew::hinting : function;
        }
        s_call.store(function, std::memory_order_release);
    }
    static constexpr const char* name() noexcept { return kName; }

    static inline constinit std::atomic<Function> s_call{&NextNew::find};
};

template <const char* kName, typename... Arguments>
struct NextDelete {
    using Function = void (*)(void*, Arguments...);
    static inline Function s_next = nullptr;

    static void find(void* block, Arguments... arguments) {
        findOperators();
        call(block, arguments...);
    }
    static void fallback(void* block, Arguments...) { std::free(block); }
    static void counting(void* block, Arguments... arguments) {
        const bool isCounted = block != nullptr && isCounting();
        const std::size_t bytes = isCounted ? usableBytes(block) : 0;
        const std::uint64_t before = t_countedEvents;
        if (isCounted && isFollowing()) {
            beginFree(block);
        }
        s_next(block, arguments...);
        if (isCounted && t_countedEvents == before) {
            countFree(bytes);
            endFree(block);
        }
    }
    static void direct(void* block, Arguments...) { countedFree(block); }
    // Acquire: pairs with the release in choose(), for s_next.
    static void call(void* block, Arguments... arguments) {
        s_call.load(std::memory_order_acquire)(block, arguments...);
    }
    static void choose(void* found, bool maySkip) noexcept {
        s_next = found != nullptr ? reinterpret_cast<Function>(found) : &NextDelete::fallback;
        Function function = isInAllocator(found) ? &NextDelete::counting : s_next;
        if constexpr (kIsPlain<Arguments...>) {
            function = maySkip ? &NextDelete::direct : function;
        }
        s_call.store(function, std::memory_order_release);
    }
    static constexpr const char* name() noexcept { return kName; }

    static inline constinit std::atomic<Function> s_call{&NextDelete::find};
};

constexpr char kNew[] = "_Znwm";
constexpr char kNewArray[] = "_Znam";
constexpr char kNewNothrow[] = "_ZnwmRKSt9nothrow_t";
constexpr char kNewArrayNothrow[] = "_ZnamRKSt9nothrow_t";
constexpr char kNewAligned[] = "_ZnwmSt11align_val_t";
constexpr char kNewArrayAligned[] = "_ZnamSt11align_val_t";
constexpr char kNewAlignedNothrow[] = "_ZnwmSt11align_val_tRKSt9nothrow_t";
constexpr char kNewArrayAlignedNothrow[] = "_ZnamSt11align_val_tRKSt9nothrow_t";
constexpr char kDelete[] = "_ZdlPv";
constexpr char kDeleteArray[] = "_ZdaPv";
constexpr char kDeleteSized[] = "_ZdlPvm";
constexpr char kDeleteArraySized[] = "_ZdaPvm";
constexpr char kDeleteNothrow[] = "_ZdlPvRKSt9nothrow_t";
constexpr char kDeleteArrayNothrow[] = "_ZdaPvRKSt9nothrow_t";
constexpr char kDeleteAligned[] = "_ZdlPvSt11align_val_t";
constexpr char kDeleteArrayAligned[] = "_ZdaPvSt11align_val_t";
constexpr char kDeleteSizedAligned[] = "_ZdlPvmSt11align_val_t";
constexpr char kDeleteArraySizedAligned[] = "_ZdaPvmSt11align_val_t";
constexpr char kDeleteAlignedNothrow[] = "_ZdlPvSt11align_val_tRKSt9nothrow_t";
constexpr char kDeleteArrayAlignedNothrow[] = "_ZdaPvSt11align_val_tRKSt9nothrow_t";

using New = NextNew<kNew, Size>;
using NewArray = NextNew<kNewArray, Size>;
using NewNothrow = NextNew<kNewNothrow, Size, Nothrow>;
using NewArrayNothrow = NextNew<kNewArrayNothrow, Size, Nothrow>;
using NewAligned = NextNew<kNewAligned, Size, Align>;
using NewArrayAligned = NextNew<kNewArrayAligned, Size, Align>;
using NewAlignedNothrow = NextNew<kNewAlignedNothrow, Size, Align, Nothrow>;
using NewArrayAlignedNothrow = NextNew<kNewArrayAlignedNothrow, Size, Align, Nothrow>;
using Delete = NextDelete<kDelete>;
using DeleteArray = NextDelete<kDeleteArray>;
using DeleteSized = NextDelete<kDeleteSized, Size>;
using DeleteArraySized = NextDelete<kDeleteArraySized, Size>;
using DeleteNothrow = NextDelete<kDeleteNothrow, Nothrow>;
using DeleteArrayNothrow = NextDelete<kDeleteArrayNothrow, Nothrow>;
using DeleteAligned = NextDelete<kDeleteAligned, Align>;
using DeleteArrayAligned = NextDelete<kDeleteArrayAligned, Align>;
using DeleteSizedAligned = NextDelete<kDeleteSizedAligned, Size, Align>;
using DeleteArraySizedAligned = NextDelete<kDeleteArraySizedAligned, Size, Align>;
using DeleteAlignedNothrow = NextDelete<kDeleteAlignedNothrow, Align, Nothrow>;
using DeleteArrayAlignedNothrow = NextDelete<kDeleteArrayAlignedNothrow, Align, Nothrow>;

void* findForCaller(const void* caller, const char* name) noexcept {
    Dl_info library{};
    Dl_info ours{};
    if (::dladdr(caller, &library) == 0 || library.dli_fname == nullptr ||
        ::dladdr(reinterpret_cast<const void*>(&findForCaller), &ours) == 0) {
        return nullptr;
    }
    void* scope = ::dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    void* found = scope != nullptr ? ::dlsym(scope, name) : nullptr;
    const bool isOurs =
        found != nullptr && ::dladdr(found, &library) != 0 && library.dli_fbase == ours.dli_fbase;
    return isOurs ? nullptr : found;
}

constexpr const char* kPlainNames[] = {
    kNew,         kNewArray,    kNewNothrow,       kNewArrayNothrow, kDelete,
    kDeleteArray, kDeleteSized, kDeleteArraySized, kDeleteNothrow,   kDeleteArrayNothrow};

bool isStandardLibrary(const LoadedLibrary& library) noexcept {
    const char* slash = std::strrchr(library.path, '/');
    const char* file = slash != nullptr ? slash + 1 : library.path;
    for (const char* name : {"libstdc++.so.", "libc++.so.", "libc++abi.so."}) {
        if (std::strncmp(file, name, std::strlen(name)) == 0) {
            return library.identity != nullptr;
        }
    }
    return false;
}

// True when the next library's plain operators can do nothing but call our own malloc and free:
// they are all the standard library's, nobody has replaced one of them, and malloc is ours. (A
// program may have either of its own; it is in front of us, and the standard library calls that.)
bool leadsBack() noexcept {
    const void* ours = libraryOf(reinterpret_cast<const void*>(&leadsBack)).identity;
    const auto isOurs = [ours](const char* name) {
        return libraryOf(::dlsym(RTLD_DEFAULT, name)).identity == ours;
    };
    bool holds = isOurs("malloc") && isOurs("free");
    const LoadedLibrary standard = libraryOf(::dlsym(RTLD_NEXT, kNew));
    holds = holds && isStandardLibrary(standard);
    for (const char* name : kPlainNames) {
        holds = holds && isOurs(name) &&
                libraryOf(::dlsym(RTLD_NEXT, name)).identity == standard.identity;
    }
    return holds;
}

} // namespace

// Usually the C++ library is next to us in the global order. A C program that loads a C++ library
// privately (dlopen without RTLD_GLOBAL), or several with a runtime each, has none there; then all
// of them are served by malloc and free, so that a block never goes from one runtime to another.
void ringscope::tracker::findOperators() noexcept {
    (void)isCounting(); // fills g_next
    const bool isGlobal = findNext(kNew) != nullptr;
    const bool maySkip = isGlobal && leadsBack();
    const auto chooseEach = [isGlobal, maySkip]<typename... Functions>() {
        (Functions::choose(isGlobal ? findNext(Functions::name()) : nullptr, maySkip), ...);
    };
    chooseEach.operator()<
        New, NewArray, NewNothrow, NewArrayNothrow, NewAligned, NewArrayAligned, NewAlignedNothrow,
        NewArrayAlignedNothrow, Delete, DeleteArray, DeleteSized, DeleteArraySized, DeleteNothrow,
        DeleteArrayNothrow, DeleteAligned, DeleteArrayAligned, DeleteSizedAligned,
        DeleteArraySizedAligned, DeleteAlignedNothrow, DeleteArrayAlignedNothrow>();
}

#pragma GCC visibility push(default)
void* operator new(Size n) {
    return New::call(n);
}
void* operator new[](Size n) {
    return NewArray::call(n);
}
void* operator new(Size n, Nothrow t) noexcept {
    return NewNothrow::call(n, t);
}
void* operator new[](Size n, Nothrow t) noexcept {
    return NewArrayNothrow::call(n, t);
}
void* operator new(Size n, Align a) {
    return NewAligned::call(n, a);
}
void* operator new[](Size n, Align a) {
    return NewArrayAligned::call(n, a);
}
void* operator new(Size n, Align a, Nothrow t) noexcept {
    return NewAlignedNothrow::call(n, a, t);
}
void* operator new[](Size n, Align a, Nothrow t) noexcept {
    return NewArrayAlignedNothrow::call(n, a, t);
}
void operator delete(void* block) noexcept {
    return Delete::call(block);
}
void operator delete[](void* block) noexcept {
    return DeleteArray::call(block);
}
void operator delete(void* block, Size n) noexcept {
    return DeleteSized::call(block, n);
}
void operator delete[](void* block, Size n) noexcept {
    return DeleteArraySized::call(block, n);
}
void operator delete(void* block, Nothrow t) noexcept {
    return DeleteNothrow::call(block, t);
}
void operator delete[](void* block, Nothrow t) noexcept {
    return DeleteArrayNothrow::call(block, t);
}
void operator delete(void* block, Align a) noexcept {
    return DeleteAligned::call(block, a);
}
void operator delete[](void* block, Align a) noexcept {
    return DeleteArrayAligned::call(block, a);
}
void operator delete(void* block, Size n, Align a) noexcept {
    return DeleteSizedAligned::call(block, n, a);
}
void operator delete[](void* block, Size n, Align a) noexcept {
    return DeleteArraySizedAligned::call(block, n, a);
}
void operator delete(void* block, Align a, Nothrow t) noexcept {
    return DeleteAlignedNothrow::call(block, a, t);
}
void operator delete[](void* block, Align a, Nothrow t) noexcept {
    return DeleteArrayAlignedNothrow::call(block, a, t);
}
#pragma GCC visibility pop
