// SPDX-License-Identifier: MIT
#include "core/heap/injected_call_linux.h"

#include <array>
#include <cstring>
#include <dlfcn.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <vector>

#include "core/base/clock.h"

namespace ringscope {

namespace {

constexpr std::int64_t kCallNs = 10 * kNsPerSecond;
constexpr std::int64_t kSlowCallNs = 60 * kNsPerSecond;

// What the code works on, at rbx. It lies on the thread's stack.
struct CallBlock {
    std::uint64_t open;    // 0
    std::uint64_t find;    // 8
    std::uint64_t error;   // 16
    std::uint64_t path;    // 24
    std::uint64_t name;    // 32
    std::uint64_t request; // 40
    std::uint64_t frame;   // 48
    std::uint64_t handle;  // 56
    std::uint64_t entry;   // 64
    std::int64_t result;   // 72
    std::uint64_t message; // 80
};
static_assert(offsetof(CallBlock, frame) == 48 && offsetof(CallBlock, message) == 80);

constexpr unsigned char kCode[] = {0x48, 0x8b,
                                   0x7b, 0x18, // mov 24(%rbx),%rdi
                                   0xbe, RTLD_NOW,
                                   0x00, 0x00,
                                   0x00,       // mov $RTLD_NOW,%esi
                                   0xff, 0x13, // call *(%rbx)       dlopen(path, RTLD_NOW)
                                   0x48, 0x89,
                                   0x43, 0x38, // mov %rax,56(%rbx)
                                   0x48, 0x85,
                                   0xc0,       // test %rax,%rax
                                   0x74, 0x1f, // je failed
                                   0x48, 0x89,
                                   0xc7, // mov %rax,%rdi
                                   0x48, 0x8b,
                                   0x73, 0x20, // mov 32(%rbx),%rsi
                                   0xff, 0x53,
                                   0x08, // call *8(%rbx)      dlsym(handle, name)
                                   0x48, 0x89,
                                   0x43, 0x40, // mov %rax,64(%rbx)
                                   0x48, 0x85,
                                   0xc0,       // test %rax,%rax
                                   0x74, 0x0c, // je failed
                                   0x48, 0x8b,
                                   0x7b, 0x28, // mov 40(%rbx),%rdi
                                   0xff, 0xd0, // call *%rax         entry(request)
                                   0x48, 0x89,
                                   0x43, 0x48, // mov %rax,72(%rbx)
                                   0xeb, 0x07, // jmp back
                                   0xff, 0x53,
                                   0x10, // failed: call *16(%rbx)   dlerror()
                                   0x48, 0x89,
                                   0x43, 0x50, // mov %rax,80(%rbx)
                                   0x48, 0x8b,
                                   0x63, 0x30, // back: mov 48(%rbx),%rsp
                                   0xb8, SYS_rt_sigreturn,
                                   0x00, 0x00,
                                   0x00,        // again: mov $15,%eax
                                   0x0f, 0x05,  // syscall
                                   0xeb, 0xf7}; // jmp again: it was left out
constexpr std::size_t kBehindSigreturn = sizeof(kCode) - 2;
static_assert(sizeof(kCode) <= kInjectedCodeBytes);

constexpr std::uint64_t kRedZone = 128; // below the stack pointer, and in use

// As if the thread had handled a signal where it stands, with the system call that it waits in made
// once more: by the kernel's rules (handle_signal and arch_do_signal_or_restart).
void fillGoingOn(user_regs_struct& registers) {
    constexpr long kRestartSys = 512;
    constexpr long kRestartNoInterrupt = 513;
    constexpr long kRestartNoHandler = 514;
    constexpr long kRestartBlock = 516;
    const long result = -static_cast<long>(registers.rax);
    if (static_cast<long>(registers.orig_rax) >= 0 &&
        (result == kRestartSys || result == kRestartNoInterrupt || result == kRestartNoHandler ||
         result == kRestartBlock)) {
        registers.rax = registers.orig_rax;
        registers.rip -= 2; // the instruction syscall
    }
}

void fillFrame(ucontext_t& frame, const user_regs_struct& found, std::uint64_t signalMask,
               std::uint64_t vectorsAt) {
    user_regs_struct registers = found;
    fillGoingOn(registers);
    constexpr unsigned long kVectors = 1;      // UC_FP_XSTATE
    constexpr unsigned long kStackSegment = 6; // UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS
    frame.uc_flags = kVectors | kStackSegment;
    frame.uc_stack.ss_flags = 0x7f; // none that there is: the thread's own signal stack stays
    const auto set = [&frame](int which, unsigned long long value) {
        frame.uc_mcontext.gregs[which] = static_cast<greg_t>(value);
    };
    set(REG_R8, registers.r8);
    set(REG_R9, registers.r9);
    set(REG_R10, registers.r10);
    set(REG_R11, registers.r11);
    set(REG_R12, registers.r12);
    set(REG_R13, registers.r13);
    set(REG_R14, registers.r14);
    set(REG_R15, registers.r15);
    set(REG_RDI, registers.rdi);
    set(REG_RSI, registers.rsi);
    set(REG_RBP, registers.rbp);
    set(REG_RBX, registers.rbx);
    set(REG_RDX, registers.rdx);
    set(REG_RAX, registers.rax);
    set(REG_RCX, registers.rcx);
    set(REG_RSP, registers.rsp);
    set(REG_RIP, registers.rip);
    set(REG_EFL, registers.eflags);
    set(REG_CSGSFS, (registers.cs & 0xffffU) | (registers.ss & 0xffffU) << 48U);
    frame.uc_mcontext.fpregs =
        reinterpret_cast<fpregset_t>(vectorsAt); // NOLINT(performance-no-int-to-ptr): the target's
    std::memcpy(&frame.uc_sigmask, &signalMask, sizeof(signalMask));
}

// What the kernel writes around the state in a signal's frame, to know it again.
std::vector<std::byte> framedVectors(std::vector<std::byte> state) {
    constexpr std::size_t kReservedAt = 464; // of the 512 bytes of fxsave
    constexpr std::uint32_t kMagic1 = 0x46505853;
    constexpr std::uint32_t kMagic2 = 0x46505845;
    struct Reserved {
        std::uint32_t magic1;
        std::uint32_t extendedBytes;
        std::uint64_t features;
        std::uint32_t stateBytes;
        std::uint32_t padding[7];
    } reserved{};
    static_assert(sizeof(Reserved) == 48);
    if (state.size() < kReservedAt + sizeof(reserved)) {
        return state;
    }
    std::memcpy(&reserved.features, state.data() + kReservedAt, sizeof(reserved.features));
    reserved.magic1 = kMagic1;
    reserved.stateBytes = static_cast<std::uint32_t>(state.size());
    reserved.extendedBytes = reserved.stateBytes + static_cast<std::uint32_t>(sizeof(kMagic2));
    std::memcpy(state.data() + kReservedAt, &reserved, sizeof(reserved));
    const std::size_t end = state.size();
    state.resize(end + sizeof(std::uint64_t));
    std::memcpy(state.data() + end, &kMagic2, sizeof(kMagic2));
    return state;
}

//   found stack pointer
//     red zone
//     strings, request, block
//     vector registers            64-byte aligned
//     ucontext                    where rt_sigreturn looks
//     stack of the call           16-byte aligned
struct Layout {
    std::uint64_t path;
    std::uint64_t name;
    std::uint64_t request;
    std::uint64_t block;
    std::uint64_t vectors;
    std::uint64_t frame;
    std::uint64_t stack;
};

Layout layoutFor(const InjectedCall& call, std::uint64_t stackPointer, std::size_t vectorBytes) {
    const auto below = [](std::uint64_t at, std::size_t bytes, std::uint64_t alignment) {
        return (at - bytes) & ~(alignment - 1);
    };
    Layout layout{};
    layout.path = below(stackPointer - kRedZone, call.library.size() + 1, 16);
    layout.name = below(layout.path, call.entry.size() + 1, 16);
    layout.request = below(layout.name, sizeof(AttachRequest), 16);
    layout.block = below(layout.request, sizeof(CallBlock), 16);
    layout.vectors = below(layout.block, vectorBytes, 64);
    layout.frame = below(layout.vectors, sizeof(ucontext_t), 16);
    layout.stack = below(layout.frame, 64, 16);
    return layout;
}

bool writeBlock(TracedThread& thread, const InjectedCall& call, const Layout& layout) {
    CallBlock block{};
    block.open = call.loader.open;
    block.find = call.loader.find;
    block.error = call.loader.error;
    block.path = layout.path;
    block.name = layout.name;
    block.request = layout.request;
    block.frame = layout.frame;
    block.result = -1;
    ucontext_t frame{};
    fillFrame(frame, thread.registers(), thread.signalMask(), layout.vectors);
    const auto vectors = framedVectors(thread.vectorState());
    return thread.write(layout.path, call.library.c_str(), call.library.size() + 1) &&
           thread.write(layout.name, call.entry.c_str(), call.entry.size() + 1) &&
           thread.write(layout.request, &call.request, sizeof(call.request)) &&
           thread.write(layout.block, &block, sizeof(block)) &&
           thread.write(layout.vectors, vectors.data(), vectors.size()) &&
           thread.write(layout.frame, &frame, sizeof(frame));
}

std::string textAt(const ProcessImage& image, std::uint64_t address) {
    std::string text;
    for (char c = 0;
         text.size() < 500 && image.readMemory(address + text.size(), &c, 1) && c != 0;) {
        text += c >= 0x20 && c != 0x7f ? c : '?';
    }
    return text;
}

Expected<InjectedAnswer> answerOf(const ProcessImage& image, const Layout& layout) {
    CallBlock block{};
    InjectedAnswer answer;
    if (!image.readMemory(layout.block, &block, sizeof(block)) ||
        !image.readMemory(layout.request, &answer.request, sizeof(answer.request))) {
        return makeError(ErrorKind::target, "it ended meanwhile");
    }
    if (block.handle == 0 || block.entry == 0) {
        return makeError(ErrorKind::target, "its loader says: " + textAt(image, block.message));
    }
    answer.result = static_cast<AttachResult>(static_cast<std::int32_t>(block.result));
    return answer;
}

// The words of the thread's control block (struct pthread) through which libc finds what it has to
// do when the call fails: they point into the stack of a call that never came back.
class ControlBlock {
public:
    ControlBlock(const ProcessImage& image, std::uint64_t at)
        : m_image(image)
        , m_at(at)
        , m_isRead(image.readMemory(at, m_words.data(), sizeof(m_words))) {}

    void putBack(TracedThread& thread, std::uint64_t low, std::uint64_t high) const {
        std::array<std::uint64_t, kWords> now{};
        if (!m_isRead || !m_image.readMemory(m_at, now.data(), sizeof(now))) {
            return;
        }
        for (std::size_t i = 0; i < kWords; ++i) {
            if (now[i] != m_words[i] && now[i] >= low && now[i] < high) {
                (void)thread.write(m_at + i * 8, &m_words[i], 8);
            }
        }
    }

private:
    static constexpr std::size_t kWords = 288; // 2304 bytes: glibc 2.36's, later ones are as large
    const ProcessImage& m_image;
    std::uint64_t m_at;
    std::array<std::uint64_t, kWords> m_words{};
    bool m_isRead;
};

// It waits for the loader's lock, whose holder may wait for this very thread.
bool isAtLoaderLock(TracedThread& thread, const ProcessImage& image, const InjectedCall& call,
                    const Layout& layout) {
    const std::string name = call.library.substr(call.library.rfind('/') + 1);
    const auto now = ProcessImage::read(image.pid());
    // Once the loader has begun to map the library it holds that lock itself.
    const bool hasBegun = image.library(name) == nullptr && (!now || now->library(name) != nullptr);
    std::uint64_t handle = 0;
    return !hasBegun && thread.waitsIn() == SYS_futex &&
           image.readMemory(layout.block + offsetof(CallBlock, handle), &handle, sizeof(handle)) &&
           handle == 0;
}

} // namespace

Expected<InjectedAnswer> callInThread(TracedThread& thread, const ProcessImage& image,
                                      const InjectedCall& call) {
    const user_regs_struct found = thread.registers();
    const Layout layout =
        layoutFor(call, found.rsp, thread.vectorState().size() + sizeof(std::uint64_t));
    const ControlBlock control(image, found.fs_base);
    std::vector<char> before(kInjectedCodeBytes);
    if (!image.readMemory(call.codeAt, before.data(), before.size()) ||
        !writeBlock(thread, call, layout) || !thread.write(call.codeAt, kCode, sizeof(kCode))) {
        return makeError(ErrorKind::target, "its memory cannot be written");
    }
    user_regs_struct registers = found;
    registers.rip = call.codeAt;
    registers.rbx = layout.block;
    registers.rsp = layout.stack;
    registers.rax = 0;
    registers.orig_rax = ~std::uint64_t{0};    // no system call is gone on with
    registers.eflags &= ~std::uint64_t{0x400}; // direction: up, as a called function expects
    const std::uint64_t sigreturnAt = call.codeAt + kBehindSigreturn;
    TracedThread::RunEnd end = thread.run(registers, sigreturnAt, kCallNs);
    if (end == TracedThread::RunEnd::timedOut && isAtLoaderLock(thread, image, call, layout)) {
        control.putBack(thread, layout.stack - kInjectedStackBytes, layout.stack);
        (void)thread.restore();
        (void)thread.write(call.codeAt, before.data(), sizeof(kCode));
        return makeError(ErrorKind::target, "its loader is busy: another thread of it holds the "
                                            "loader's lock; try again later");
    }
    if (end == TracedThread::RunEnd::timedOut) {
        end = thread.goOn(sigreturnAt, kSlowCallNs);
    }
    if (end == TracedThread::RunEnd::timedOut) {
        thread.abandon(); // it finds its way back by itself
        return makeError(ErrorKind::target, "loading the tracker takes it longer than a minute; it "
                                            "was left to finish that by itself");
    }
    if (end == TracedThread::RunEnd::gone) {
        return makeError(ErrorKind::target, "it ended meanwhile");
    }
    auto answer = end == TracedThread::RunEnd::reached
                      ? answerOf(image, layout)
                      : Expected<InjectedAnswer>(
                            makeError(ErrorKind::target, "the tracker faulted in it and was left"));
    if (thread.restore()) {
        (void)thread.write(call.codeAt, before.data(), sizeof(kCode));
    }
    return answer;
}

} // namespace ringscope
