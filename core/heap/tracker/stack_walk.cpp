// SPDX-License-Identifier: MIT
#include "core/heap/tracker/stack_walk.h"

#include "core/heap/tracker/call_frame.h"

#include <atomic>
#include <cstddef>
#include <sys/mman.h>

extern "C" {
[[gnu::weak]] extern void* __libc_stack_end; // NOLINT: its name
}

namespace ringscope::tracker {

namespace {

// A rule in one word: base 4 bits, offset 28, rbp and rbx 16 each (2 of place, 14 of words).
constexpr std::uint64_t packed(SavedRegister saved) noexcept {
    return static_cast<std::uint64_t>(saved.place) << 14U |
           (static_cast<std::uint64_t>(static_cast<std::uint16_t>(saved.words)) & 0x3fffU);
}
constexpr SavedRegister unpackedRegister(std::uint64_t bits) noexcept {
    // The sign is bit 13.
    const auto words = static_cast<std::int16_t>(static_cast<std::uint16_t>(bits << 2U));
    return {static_cast<SavedRegister::Place>(bits >> 14U & 3U),
            static_cast<std::int16_t>(words >> 2)};
}
constexpr std::int32_t kMostOffset = (1 << 27) - 1;
constexpr std::uint64_t packed(const FrameRule& rule) noexcept {
    const bool fits = rule.offset >= -kMostOffset && rule.offset <= kMostOffset;
    const FrameBase base = fits ? rule.base : FrameBase::unknown;
    return static_cast<std::uint64_t>(base) << 60U |
           (static_cast<std::uint64_t>(static_cast<std::uint32_t>(rule.offset)) & 0xfffffffU)
               << 32U |
           packed(rule.fp) << 16U | packed(rule.bx);
}
constexpr FrameRule unpacked(std::uint64_t word) noexcept {
    const auto offset = static_cast<std::int32_t>(static_cast<std::uint32_t>(word >> 32U) << 4U);
    return {static_cast<FrameBase>(word >> 60U), offset >> 4, unpackedRegister(word >> 16U),
            unpackedRegister(word)};
}
static_assert(unpacked(packed({FrameBase::stackPointer,
                               4096,
                               {SavedRegister::Place::atCfa, -7},
                               {SavedRegister::Place::atFramePointer, -4096}}))
                  .bx.words == -4096);
static_assert(unpacked(packed({FrameBase::framePointer, -8, {}, {}})).offset == -8);

// What was found of addresses, for all threads and without a lock: a slot whose two words do not
// belong together, because two threads wrote at once, is of no address that anybody looks for.
struct CachedRule {
    std::atomic<std::uint64_t> check; // address and generation, xor rule
    std::atomic<std::uint64_t> rule;
};
constexpr std::size_t kCacheBits = 16;
CachedRule* s_cache = nullptr;
std::atomic<std::uint64_t> s_generation{0}; // in the bits that no address has

FrameRule ruleAt(std::uintptr_t address) noexcept {
    if (s_cache == nullptr) {
        return findFrameRule(address);
    }
    const std::uint64_t key = address ^ s_generation.load(std::memory_order_relaxed);
    CachedRule& slot = s_cache[address * 0x9e3779b97f4a7c15U >> (64U - kCacheBits)];
    const std::uint64_t kept = slot.rule.load(std::memory_order_relaxed);
    if ((slot.check.load(std::memory_order_relaxed) ^ kept) == key) [[likely]] {
        return unpacked(kept);
    }
    const FrameRule found = findFrameRule(address);
    const std::uint64_t word = packed(found);
    slot.rule.store(word, std::memory_order_relaxed);
    slot.check.store(key ^ word, std::memory_order_relaxed);
    return found;
}

std::uintptr_t wordAt(std::uintptr_t address) noexcept {
    return *reinterpret_cast<const std::uintptr_t*>(address);
}

// Where a stack ends that a stack pointer is on. glibc puts a thread's control block (fs:0) at the
// end of its stack, and knows where the first thread's stack began; on any other (a signal's, a
// fiber's) only the next frames are taken to be on it.
std::uintptr_t endOfStack(std::uintptr_t sp) noexcept {
    constexpr std::uintptr_t kLargestStack = std::uintptr_t{1} << 33U;
    constexpr std::uintptr_t kLargestFrame = std::uintptr_t{1} << 20U;
    std::uintptr_t control = 0;
    asm("movq %%fs:0, %0" : "=r"(control));
    if (control > sp && control - sp < kLargestStack) {
        return control;
    }
    const std::uintptr_t first =
        &__libc_stack_end != nullptr ? reinterpret_cast<std::uintptr_t>(__libc_stack_end) : 0;
    return first > sp && first - sp < kLargestStack ? first + 16 : sp + kLargestFrame;
}

class Walker {
public:
    Walker(const WalkRegisters& from, WalkTrace* trace) noexcept
        : m_now(from)
        , m_end(endOfStack(from.sp))
        , m_start(from.sp)
        , m_trace(trace) {}

    [[nodiscard]] std::uintptr_t pc() const noexcept { return m_now.pc; }

    // To the caller; false at the end, which end() then says.
    [[nodiscard]] bool step() noexcept {
        // A call's return address may be of the next function already.
        const FrameRule rule = ruleAt(m_isInterrupted ? m_now.pc : m_now.pc - 1);
        m_isInterrupted = false;
        std::uintptr_t cfa = 0;
        switch (rule.base) {
        case FrameBase::stackPointer:
            cfa = m_now.sp + offsetOf(rule);
            break;
        case FrameBase::framePointer:
            cfa = m_now.fp + offsetOf(rule);
            traceBase(m_fpFrom);
            break;
        case FrameBase::bx:
            cfa = m_now.bx + offsetOf(rule);
            if (m_bxFrom != 0) {
                traceBase(m_bxFrom);
            } else {
                giveUpTrace();
            }
            break;
        case FrameBase::atFramePointer:
            if (!isOnStack(m_now.fp + offsetOf(rule))) {
                return false;
            }
            traceBase(m_fpFrom);
            traceBase(m_now.fp + offsetOf(rule));
            cfa = wordAt(m_now.fp + offsetOf(rule));
            break;
        case FrameBase::signalFrame:
            return stepOverSignal();
        case FrameBase::outermost:
            m_how = WalkEnd::outermost;
            return false;
        case FrameBase::noTable:
            return stepByFramePointer();
        default:
            return false;
        }
        // The stack grows downwards, so a caller's frame is above.
        if (cfa <= m_now.sp || !isOnStack(cfa - 8)) {
            return false;
        }
        if (rule.fp.place == SavedRegister::Place::atFramePointer ||
            rule.bx.place == SavedRegister::Place::atFramePointer) {
            traceBase(m_fpFrom);
        }
        traceReturn(cfa - 8);
        const std::uintptr_t fp = restored(rule.fp, m_now.fp, m_fpFrom, cfa);
        m_now.bx = restored(rule.bx, m_now.bx, m_bxFrom, cfa);
        m_now.fp = fp;
        m_now.sp = cfa;
        return goTo(wordAt(cfa - 8));
    }
    [[nodiscard]] WalkEnd end() const noexcept { return m_how; }

private:
    static std::uintptr_t offsetOf(const FrameRule& rule) noexcept {
        return static_cast<std::uintptr_t>(std::intptr_t{rule.offset});
    }
    [[nodiscard]] bool isOnStack(std::uintptr_t address) const noexcept {
        return address >= m_now.sp && address <= m_end - 8 && address % 8 == 0;
    }
    // place: where now came from, and then where what is given did.
    [[nodiscard]] std::uintptr_t restored(SavedRegister saved, std::uintptr_t now,
                                          std::uintptr_t& place,
                                          std::uintptr_t cfa) const noexcept {
        if (saved.place == SavedRegister::Place::same) {
            return now;
        }
        const std::uintptr_t from = saved.place == SavedRegister::Place::atCfa ? cfa : m_now.fp;
        const std::uintptr_t at =
            from + static_cast<std::uintptr_t>(std::intptr_t{saved.words} * 8);
        if (saved.place == SavedRegister::Place::lost || !isOnStack(at)) {
            place = kNowhere;
            return 0;
        }
        place = at;
        return wordAt(at);
    }

    void traceReturn(std::uintptr_t at) noexcept {
        if (m_trace != nullptr) {
            add(m_trace->returnPlaces, m_trace->returns, at);
        }
    }
    // 0: rbp, which nobody has saved since the walk began.
    void traceBase(std::uintptr_t at) noexcept {
        if (m_trace == nullptr) {
            return;
        }
        if (at == 0) {
            m_trace->usesFp = true;
            return;
        }
        const std::uintptr_t place = (at - m_start) / 8;
        const bool isThere =
            at != 0 && m_trace->others != 0 && m_trace->otherPlaces[m_trace->others - 1] == place;
        if (!isThere) {
            add(m_trace->otherPlaces, m_trace->others, at);
        }
    }
    void add(std::uint16_t* places, std::size_t& count, std::uintptr_t at) noexcept {
        const std::uintptr_t place = (at - m_start) / 8;
        if (at < m_start || place > UINT16_MAX || count == kMostTraced) {
            m_trace->isWhole = false;
            return;
        }
        places[count++] = static_cast<std::uint16_t>(place);
    }
    void giveUpTrace() noexcept {
        if (m_trace != nullptr) {
            m_trace->isWhole = false;
        }
    }
    // Nobody returns to the lowest page.
    [[nodiscard]] bool goTo(std::uintptr_t pc) noexcept {
        m_now.pc = pc;
        if (pc < 4096) {
            m_how = WalkEnd::outermost;
            return false;
        }
        return true;
    }

    // The kernel's frame is a ucontext_t at rsp: its registers begin at 40, in the order of
    // sys/ucontext.h. What was interrupted may have been on another stack.
    [[nodiscard]] bool stepOverSignal() noexcept {
        giveUpTrace();
        constexpr std::uintptr_t kRegisters = 40;
        const auto at = [&](std::uintptr_t index) { return m_now.sp + kRegisters + index * 8; };
        if (!isOnStack(at(10)) || !isOnStack(at(16))) {
            return false;
        }
        const WalkRegisters before{wordAt(at(16)), wordAt(at(15)), wordAt(at(10)), wordAt(at(11))};
        if (++m_signals > kMostSignals) {
            return false; // two stacks that point at each other
        }
        m_now = before;
        m_end = endOfStack(before.sp);
        m_isInterrupted = true;
        return goTo(before.pc);
    }

    // Code that somebody made at run time may keep frame pointers; libraries without a table may.
    [[nodiscard]] bool stepByFramePointer() noexcept {
        giveUpTrace();
        const std::uintptr_t fp = m_now.fp;
        if (fp < m_now.sp || !isOnStack(fp) || !isOnStack(fp + 8)) {
            return false;
        }
        m_now.sp = fp + 16;
        m_now.fp = wordAt(fp);
        return goTo(wordAt(fp + 8));
    }

    static constexpr int kMostSignals = 8;
    static constexpr std::uintptr_t kNowhere = 1; // below every stack

    WalkRegisters m_now;
    std::uintptr_t m_end;
    std::uintptr_t m_start;
    WalkTrace* m_trace;
    std::uintptr_t m_fpFrom = 0; // the place in the stack that fp came from
    std::uintptr_t m_bxFrom = 0;
    WalkEnd m_how = WalkEnd::lost;
    int m_signals = 0;
    bool m_isInterrupted = false; // pc is of an instruction that has not run, not of a return
};

} // namespace

OwnMemory prepareWalks() noexcept {
    const std::size_t bytes = sizeof(CachedRule) << kCacheBits;
    if (s_cache == nullptr) {
        void* const memory =
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        s_cache = memory != MAP_FAILED ? static_cast<CachedRule*>(memory) : nullptr;
    }
    return {reinterpret_cast<std::uintptr_t>(s_cache), s_cache != nullptr ? bytes : 0};
}

std::uint64_t frameRulesGeneration() noexcept {
    return s_generation.load(std::memory_order_relaxed);
}

Walk walkStack(const WalkRegisters& from, std::uintptr_t* addresses, std::uint32_t most,
               WalkTrace* trace) noexcept {
    Walk walk;
    Walker walker(from, trace);
    do {
        if (walk.frames == most) {
            walk.end = WalkEnd::full;
            return walk;
        }
        addresses[walk.frames++] = walker.pc();
    } while (walker.step());
    walk.end = walker.end();
    return walk;
}

void forgetFrameRules() noexcept {
    s_generation.fetch_add(std::uint64_t{1} << 48U, std::memory_order_relaxed);
}

} // namespace ringscope::tracker
