// SPDX-License-Identifier: MIT
// operator new and delete. libstdc++'s and libc++'s call malloc and free, where they are counted:
// here they are only handed on, by a jump. An allocator that brings its own (jemalloc, tcmalloc,
// mimalloc) bypasses malloc: then they are counted here. Either way once.
#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/ledger_writer.h"
#include "core/heap/tracker/next_allocator.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <new>

using namespace ringscope::tracker;

namespace {

using Size = std::size_t;
using Align = std::align_val_t;
using Nothrow = const std::nothrow_t&;

void findAll(const void* caller) noexcept;

// Where no library has the function: what it means without a C++ library. Nothing can be thrown
// then, so a throwing operator new that finds no memory ends the program, as its bad_alloc would.
void* newWithoutLibrary(Size bytes, Size alignment) noexcept {
    void* block = alignment > 16
                      ? ::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment)
                      : std::malloc(bytes != 0 ? bytes : 1);
    return block;
}
void* orAbort(void* block) noexcept {
    if (block == nullptr) {
        std::abort();
    }
    return block;
}
void* fallbackNew(Size n) noexcept {
    return orAbort(newWithoutLibrary(n, 1));
}
void* fallbackNew(Size n, Nothrow) noexcept {
    return newWithoutLibrary(n, 1);
}
void* fallbackNew(Size n, Align a) noexcept {
    return orAbort(newWithoutLibrary(n, static_cast<Size>(a)));
}
void* fallbackNew(Size n, Align a, Nothrow) noexcept {
    return newWithoutLibrary(n, static_cast<Size>(a));
}

std::uint64_t allocatedByThisThread() noexcept {
    return t_slot != nullptr ? t_slot->allocatedBytes.load(std::memory_order_relaxed) : 0;
}
std::uint64_t freedByThisThread() noexcept {
    return t_slot != nullptr ? t_slot->freedBytes.load(std::memory_order_relaxed) : 0;
}

// One of the functions: s_call is the next library's, or counting() before it, and find() until the
// first call of any of them.
template <const char* kName, typename... Arguments>
struct NextNew {
    using Function = void* (*)(Arguments...);
    static inline Function s_next = nullptr;

    static void* find(Arguments... arguments) {
        findAll(__builtin_return_address(0)); // ours jumped here: whoever called operator new
        return call(arguments...);
    }
    static void* fallback(Arguments... arguments) { return fallbackNew(arguments...); }
    static void* counting(Arguments... arguments) {
        const bool isCounted = isCounting();
        const std::uint64_t before = allocatedByThisThread();
        void* block = s_next(arguments...);
        // Not if it came back to us, as an operator new[] that calls operator new.
        if (isCounted && block != nullptr && allocatedByThisThread() == before) {
            countAllocation(usableBytes(block));
        }
        return block;
    }
    // Acquire: pairs with the release in choose(), for s_next.
    static void* call(Arguments... arguments) {
        return s_call.load(std::memory_order_acquire)(arguments...);
    }
    static void choose(void* found) noexcept {
        s_next = found != nullptr ? reinterpret_cast<Function>(found) : &NextNew::fallback;
        s_call.store(isInAllocator(found) ? &NextNew::counting : s_next, std::memory_order_release);
    }
    static constexpr const char* name() noexcept { return kName; }

    static inline constinit std::atomic<Function> s_call{&NextNew::find};
};

template <const char* kName, typename... Arguments>
struct NextDelete {
    using Function = void (*)(void*, Arguments...);
    static inline Function s_next = nullptr;

    static void find(void* block, Arguments... arguments) {
        findAll(__builtin_return_address(0));
        call(block, arguments...);
    }
    static void fallback(void* block, Arguments...) { std::free(block); }
    static void counting(void* block, Arguments... arguments) {
        const bool isCounted = block != nullptr && isCounting();
        const std::size_t bytes = isCounted ? usableBytes(block) : 0;
        const std::uint64_t before = freedByThisThread();
        s_next(block, arguments...);
        if (isCounted && freedByThisThread() == before) {
            countFree(bytes);
        }
    }
    // Acquire: pairs with the release in choose(), for s_next.
    static void call(void* block, Arguments... arguments) {
        s_call.load(std::memory_order_acquire)(block, arguments...);
    }
    static void choose(void* found) noexcept {
        s_next = found != nullptr ? reinterpret_cast<Function>(found) : &NextDelete::fallback;
        s_call.store(isInAllocator(found) ? &NextDelete::counting : s_next,
                     std::memory_order_release);
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

// The scope that holds the C++ library the caller would have reached without us. Usually the next
// in the global order. A C++ library that a C program loaded privately is not in that order: then
// the caller's own scope.
void* findScope(const void* caller) noexcept {
    if (::dlsym(RTLD_NEXT, kNew) != nullptr) {
        return RTLD_NEXT;
    }
    Dl_info info{};
    if (::dladdr(caller, &info) != 0 && info.dli_fname != nullptr) {
        // Not closed again: what is found there must stay.
        return ::dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    }
    return nullptr;
}

// In a private scope our own operators come first; they are not what is looked for.
void* findIn(void* scope, const char* name) noexcept {
    void* found = scope != nullptr ? ::dlsym(scope, name) : nullptr;
    Dl_info info{};
    Dl_info own{};
    const bool isOurs = found != nullptr && ::dladdr(found, &info) != 0 &&
                        ::dladdr(reinterpret_cast<const void*>(&findIn), &own) != 0 &&
                        info.dli_fbase == own.dli_fbase;
    return isOurs ? nullptr : found;
}

// All from one scope, so that a block never goes from one library's new to another's delete.
void findAll(const void* caller) noexcept {
    (void)isCounting(); // fills g_next
    void* scope = findScope(caller);
    const auto chooseEach = [scope]<typename... Functions>() {
        (Functions::choose(findIn(scope, Functions::name())), ...);
    };
    chooseEach.operator()<
        New, NewArray, NewNothrow, NewArrayNothrow, NewAligned, NewArrayAligned, NewAlignedNothrow,
        NewArrayAlignedNothrow, Delete, DeleteArray, DeleteSized, DeleteArraySized, DeleteNothrow,
        DeleteArrayNothrow, DeleteAligned, DeleteArrayAligned, DeleteSizedAligned,
        DeleteArraySizedAligned, DeleteAlignedNothrow, DeleteArrayAlignedNothrow>();
}

} // namespace

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
