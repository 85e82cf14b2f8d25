// SPDX-License-Identifier: MIT
#include "core/heap/tracker/stack_cache.h"

#include <atomic>
#include <cstring>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
[[gnu::weak]] extern void* __libc_stack_end; // NOLINT: its name
}

namespace ringscope::tracker {

namespace {

// Where a walk has read, in words above the stack pointer that it began at. Written once, so that
// whoever finds its key may read the rest.
struct alignas(64) Shape {
    std::atomic<std::uint64_t> key; // 0: not used; kIsWritten: some thread is at it
    std::uint16_t returns;          // how many places of return addresses
    std::uint16_t others;           // and, behind them, of words that point into the stack
    std::uint16_t last;             // the farthest place
    std::uint16_t usesFp;           // 1: rbp itself counts too
    std::uint16_t places[kMostTraced];
};
static_assert(sizeof(Shape) == 256);
constexpr std::uint64_t kIsWritten = 1;

constexpr unsigned kSetBits = 12;
constexpr std::size_t kWays = 4;
struct ShapeSet {
    Shape ways[kWays];
};

// As the cache of rules: two words that do not belong together are of no stack.
struct KnownStack {
    std::atomic<std::uint64_t> check;
    std::atomic<std::uint64_t> number;
};
constexpr unsigned kKnownBits = 16;

ShapeSet* s_shapes = nullptr;
KnownStack* s_known = nullptr;

// Odd constants without a pattern, one for each place, so that a sum of products tells which value
// stood where (multilinear hashing), and that the processor can work on many at once.
struct Factors {
    std::uint64_t values[kMostTraced];
};
constexpr Factors makeFactors() noexcept {
    Factors factors{};
    std::uint64_t state = 0x243f6a8885a308d3U; // splitmix64, of a public constant
    for (std::uint64_t& value : factors.values) {
        state += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state;
        mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111ebU;
        value = (mixed ^ mixed >> 31U) | 1U;
    }
    return factors;
}
constexpr Factors kFactors = makeFactors();

std::uint64_t wordAt(std::uintptr_t address) noexcept {
    return *reinterpret_cast<const std::uint64_t*>(address);
}

std::uint64_t mixed(std::uint64_t value) noexcept {
    value ^= value >> 32U;
    value *= 0x9e3779b97f4a7c15U;
    return value ^ value >> 29U;
}

// What the words at the places come to. Words that point into the stack count from its pointer, so
// that the same calls are the same wherever on a stack they are.
std::uint64_t valueOf(std::uint64_t key, const WalkRegisters& from, std::size_t usesFp,
                      std::size_t returns, std::size_t others,
                      const std::uint16_t* places) noexcept {
    const std::uintptr_t sp = from.sp;
    std::uint64_t sum = key + usesFp * (from.fp - sp) * 0xd1342543de82ef95U;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < returns; ++i) {
        sum += wordAt(sp + places[i] * std::uint64_t{8}) * kFactors.values[i];
    }
#pragma GCC unroll 4
    for (std::size_t i = returns; i < returns + others; ++i) {
        sum += (wordAt(sp + places[i] * std::uint64_t{8}) - sp) * kFactors.values[i];
    }
    return mixed(sum);
}

std::uint32_t numberOf(std::uint64_t value) noexcept {
    const KnownStack& slot = s_known[value >> (64U - kKnownBits)];
    const std::uint64_t number = slot.number.load(std::memory_order_relaxed);
    return (slot.check.load(std::memory_order_relaxed) ^ number) == value
               ? static_cast<std::uint32_t>(number)
               : 0;
}

} // namespace

StackBounds boundsOfThread() noexcept {
    const auto sp = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (::syscall(SYS_gettid) == ::getpid()) {
        constexpr std::uintptr_t kMost = std::uintptr_t{64} << 20U; // of an unlimited stack
        rlimit limit{};
        if (&__libc_stack_end == nullptr || ::getrlimit(RLIMIT_STACK, &limit) != 0) {
            return {};
        }
        const auto high = reinterpret_cast<std::uintptr_t>(__libc_stack_end);
        return {high - (limit.rlim_cur < kMost ? limit.rlim_cur : kMost), high};
    }
    // glibc has the thread's control block (fs:0) at the end of its stack. How large that is, is
    // not to be had; it goes on below where the thread has just begun.
    constexpr std::uintptr_t kBegun = std::uintptr_t{256} << 10U;
    constexpr std::uintptr_t kBelow = std::uintptr_t{64} << 10U;
    std::uintptr_t control = 0;
    asm("movq %%fs:0, %0" : "=r"(control));
    const bool hasJustBegun = control > sp && control - sp < kBegun;
    return hasJustBegun ? StackBounds{sp - kBelow, control} : StackBounds{};
}

OwnMemory prepareStackCache() noexcept {
    const std::size_t shapes = sizeof(ShapeSet) << kSetBits;
    const std::size_t known = sizeof(KnownStack) << kKnownBits;
    if (s_shapes != nullptr) {
        return {reinterpret_cast<std::uintptr_t>(s_shapes), shapes + known};
    }
    void* const memory = ::mmap(nullptr, shapes + known, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) {
        s_shapes = static_cast<ShapeSet*>(memory);
        s_known = reinterpret_cast<KnownStack*>(static_cast<unsigned char*>(memory) + shapes);
        return {reinterpret_cast<std::uintptr_t>(s_shapes), shapes + known};
    }
    return {};
}

StackCache::StackCache(const WalkRegisters& from, std::uintptr_t key, const StackBounds& bounds,
                       CacheUse& use) noexcept
    : m_from(from)
    , m_key((mixed(key * 31 + (from.sp - bounds.high)) + frameRulesGeneration()) | 2U)
    , m_bounds(bounds)
    , m_use(use)
    , m_isUsed(s_shapes != nullptr && from.sp >= bounds.low && from.sp < bounds.high) {
    // A program whose stacks are hardly ever the same (a compiler) is faster without.
    constexpr std::uint32_t kWindow = 1024;
    constexpr std::uint32_t kPause = 16 * kWindow;
    if (m_use.pause != 0) {
        --m_use.pause;
        m_isUsed = false;
    } else if (m_use.asked == kWindow) {
        m_use.pause = m_use.known < kWindow / 2 ? kPause : 0;
        m_use.asked = 0;
        m_use.known = 0;
    }
}

std::uint32_t StackCache::find() noexcept {
    if (!m_isUsed) {
        return 0;
    }
    ++m_use.asked;
    const ShapeSet& set = s_shapes[m_key >> (64U - kSetBits)];
    const std::uintptr_t room = (m_bounds.high - m_from.sp) / 8;
    for (const Shape& shape : set.ways) {
        // Acquire: pairs with the release at the end of remember().
        const std::uint64_t key = shape.key.load(std::memory_order_acquire);
        if (key == 0) {
            break;
        }
        if (key == m_key && shape.last < room) {
            const std::uint32_t number = numberOf(
                valueOf(m_key, m_from, shape.usesFp, shape.returns, shape.others, shape.places));
            if (number != 0) {
                ++m_use.known;
                return number;
            }
        }
    }
    return 0;
}

void StackCache::remember(const WalkTrace& trace, std::uint32_t number) noexcept {
    if (!m_isUsed || !trace.isWhole || number == 0) {
        return;
    }
    const std::size_t count = trace.returns + trace.others;
    if (count > kMostTraced) {
        return;
    }
    std::uint16_t places[kMostTraced];
    std::uint16_t last = 0;
    for (std::size_t i = 0; i < count; ++i) {
        places[i] =
            i < trace.returns ? trace.returnPlaces[i] : trace.otherPlaces[i - trace.returns];
        last = places[i] > last ? places[i] : last;
    }
    const std::uint64_t value =
        valueOf(m_key, m_from, trace.usesFp ? 1 : 0, trace.returns, trace.others, places);
    KnownStack& known = s_known[value >> (64U - kKnownBits)];
    known.number.store(number, std::memory_order_relaxed);
    known.check.store(value ^ number, std::memory_order_relaxed);

    for (Shape& shape : s_shapes[m_key >> (64U - kSetBits)].ways) {
        std::uint64_t key = shape.key.load(std::memory_order_acquire);
        if (key == m_key && shape.returns == trace.returns && shape.others == trace.others &&
            (shape.usesFp != 0) == trace.usesFp &&
            std::memcmp(shape.places, places, count * sizeof(places[0])) == 0) {
            return; // another stack of a shape that is there
        }
        if (key == 0 &&
            shape.key.compare_exchange_strong(key, kIsWritten, std::memory_order_relaxed,
                                              std::memory_order_relaxed)) {
            shape.returns = static_cast<std::uint16_t>(trace.returns);
            shape.others = static_cast<std::uint16_t>(trace.others);
            shape.last = last;
            shape.usesFp = trace.usesFp ? 1 : 0;
            std::memcpy(shape.places, places, count * sizeof(places[0]));
            shape.key.store(m_key, std::memory_order_release);
            return;
        }
    }
    // All ways are taken: such stacks are walked each time.
}

} // namespace ringscope::tracker
