// SPDX-License-Identifier: MIT
#include "core/heap/safe_point_linux.h"

#include <algorithm>
#include <elfutils/libdwfl.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/user.h>

namespace ringscope {

namespace {

// Where a thread waits for others: what it was about to do is done or not begun. Others (mmap,
// clone, openat, ...) are made by functions that hold locks of libc or the loader meanwhile.
constexpr long kWaits[] = {SYS_read,
                           SYS_write,
                           SYS_poll,
                           SYS_pread64,
                           SYS_readv,
                           SYS_writev,
                           SYS_pwrite64,
                           SYS_select,
                           SYS_pause,
                           SYS_nanosleep,
                           SYS_accept,
                           SYS_sendto,
                           SYS_recvfrom,
                           SYS_sendmsg,
                           SYS_recvmsg,
                           SYS_connect,
                           SYS_wait4,
                           SYS_flock,
                           SYS_semop,
                           SYS_msgrcv,
                           SYS_msgsnd,
                           SYS_fcntl,
                           SYS_futex,
                           SYS_semtimedop,
                           SYS_epoll_wait,
                           SYS_waitid,
                           SYS_mq_timedsend,
                           SYS_mq_timedreceive,
                           SYS_pselect6,
                           SYS_ppoll,
                           SYS_epoll_pwait,
                           SYS_accept4,
                           SYS_preadv,
                           SYS_recvmmsg,
                           SYS_clock_nanosleep,
                           SYS_rt_sigtimedwait,
                           SYS_rt_sigsuspend,
                           SYS_io_getevents,
                           SYS_sendmmsg,
                           SYS_epoll_pwait2,
                           SYS_io_uring_enter,
                           SYS_sched_yield,
                           SYS_restart_syscall};

// Functions of libc that hold locks, or leave things half done, while they wait or call back.
constexpr std::string_view kUnsafeFunctions[] = {"dlopen",
                                                 "dlmopen",
                                                 "dlclose",
                                                 "dlsym",
                                                 "dlvsym",
                                                 "dlerror",
                                                 "dladdr",
                                                 "dladdr1",
                                                 "dlinfo",
                                                 "dl_iterate_phdr",
                                                 "fork",
                                                 "_Fork",
                                                 "vfork",
                                                 "exit",
                                                 "quick_exit",
                                                 "_exit",
                                                 "pthread_create",
                                                 "pthread_exit",
                                                 "posix_spawn",
                                                 "posix_spawnp",
                                                 "system",
                                                 "popen",
                                                 "abort",
                                                 "mtrace",
                                                 "__libc_freeres",
                                                 "pthread_atfork",
                                                 "__register_atfork",
                                                 "pthread_getattr_np",
                                                 "pthread_setattr_default_np"};

// All are of one file of glibc's, malloc/malloc.c.
constexpr std::string_view kAllocatorFunctions[] = {
    "malloc",           "free",           "calloc",
    "realloc",          "memalign",       "valloc",
    "pvalloc",          "posix_memalign", "malloc_usable_size",
    "malloc_trim",      "mallinfo",       "mallinfo2",
    "mallopt",          "malloc_stats",   "malloc_info",
    "aligned_alloc",    "__libc_malloc",  "__libc_free",
    "__libc_calloc",    "__libc_realloc", "__libc_memalign",
    "__libc_valloc",    "__libc_pvalloc", "__libc_mallopt",
    "__posix_memalign", "cfree"};

template <std::size_t kCount>
bool contains(const std::string_view (&names)[kCount], std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string hexadecimal(std::uint64_t value) {
    char text[20];
    (void)std::snprintf(text, sizeof(text), "0x%lx", static_cast<unsigned long>(value));
    return text;
}

constexpr std::size_t kMostFrames = 1000;

struct Frames {
    std::vector<std::uint64_t> addresses;
};

int takeFrame(Dwfl_Frame* frame, void* argument) {
    auto& frames = *static_cast<Frames*>(argument);
    Dwarf_Addr pc = 0;
    bool isActivation = false;
    if (!dwfl_frame_pc(frame, &pc, &isActivation) || frames.addresses.size() == kMostFrames) {
        return DWARF_CB_ABORT;
    }
    // A return address may lie behind the end of the function that calls.
    frames.addresses.push_back(isActivation ? pc : pc - 1);
    return DWARF_CB_OK;
}

int noDebugInfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word,
                char**) {
    return -1; // tables for unwinding are in the program itself; others may have to be fetched
}

} // namespace

struct SafePoint::Unwinder {
    explicit Unwinder(std::int32_t pid) {
        static const Dwfl_Callbacks kCallbacks = {dwfl_linux_proc_find_elf, noDebugInfo, nullptr,
                                                  nullptr};
        session = dwfl_begin(&kCallbacks);
        isReady = session != nullptr && dwfl_linux_proc_report(session, pid) == 0 &&
                  dwfl_report_end(session, nullptr, nullptr) == 0 &&
                  dwfl_linux_proc_attach(session, pid, true) == 0;
    }
    Unwinder(const Unwinder&) = delete;
    Unwinder& operator=(const Unwinder&) = delete;
    ~Unwinder() {
        if (session != nullptr) {
            dwfl_end(session);
        }
    }
    Dwfl* session = nullptr;
    bool isReady = false;
};

SafePoint::SafePoint(std::int32_t pid, const ProcessImage& image, const ImageMapping& libc,
                     const std::vector<ImageSymbol>& libcFunctions)
    : m_image(image)
    , m_libcFunctions(libcFunctions)
    , m_libcPath(libc.path)
    , m_unwinder(std::make_unique<Unwinder>(pid)) {
    if (const ImageMapping* loader = image.mappingAt(image.loaderBase())) {
        m_loaderPath = loader->path;
    }
    for (const ImageMapping& library : image.librariesWith("malloc")) {
        if (library.path != m_libcPath && library.path != image.program()) {
            m_allocatorPaths.push_back(library.path); // the tracker's too
        }
    }
    findAllocatorCode();
}

SafePoint::~SafePoint() = default;

// From the function before the first to the one behind the last of them.
void SafePoint::findAllocatorCode() {
    m_allocatorBegin = UINT64_MAX;
    for (const ImageSymbol& function : m_libcFunctions) {
        if (contains(kAllocatorFunctions, function.name)) {
            m_allocatorBegin = std::min(m_allocatorBegin, function.begin);
            m_allocatorEnd = std::max(m_allocatorEnd, function.end);
        }
    }
    std::uint64_t before = 0;
    std::uint64_t behind = UINT64_MAX;
    for (const ImageSymbol& function : m_libcFunctions) {
        if (function.end <= m_allocatorBegin) {
            before = std::max(before, function.end);
        } else if (function.begin >= m_allocatorEnd) {
            behind = std::min(behind, function.begin);
        }
    }
    m_allocatorBegin = before;
    m_allocatorEnd = behind;
}

const ImageSymbol* SafePoint::libcFunctionAt(std::uint64_t pc) const {
    auto it = std::upper_bound(
        m_libcFunctions.begin(), m_libcFunctions.end(), pc,
        [](std::uint64_t wanted, const ImageSymbol& symbol) { return wanted < symbol.begin; });
    while (it != m_libcFunctions.begin()) {
        --it;
        if (pc < it->end) {
            return &*it;
        }
        if (pc - it->begin > 65536) {
            break;
        }
    }
    return nullptr;
}

std::optional<std::string> SafePoint::objectionToFrame(std::uint64_t pc) const {
    if (m_image.isIn(pc, m_loaderPath)) {
        return "is in the dynamic loader";
    }
    for (const std::string& path : m_allocatorPaths) {
        if (m_image.isIn(pc, path)) {
            return "is in " + path;
        }
    }
    if (!m_image.isIn(pc, m_libcPath)) {
        return std::nullopt;
    }
    if (pc >= m_allocatorBegin && pc < m_allocatorEnd) {
        return "is in malloc";
    }
    // Several names may be of one function.
    const ImageSymbol* const function = libcFunctionAt(pc);
    for (const ImageSymbol* name = function; name != nullptr && name->begin == function->begin;
         --name) {
        if (contains(kUnsafeFunctions, name->name)) {
            return "is in " + name->name;
        }
        if (name == m_libcFunctions.data()) {
            break;
        }
    }
    return std::nullopt;
}

std::optional<std::string> SafePoint::objectionTo(std::int32_t tid,
                                                  const user_regs_struct& registers) const {
    const auto call = static_cast<long>(registers.orig_rax);
    if (call >= 0) {
        if (std::find(std::begin(kWaits), std::end(kWaits), call) == std::end(kWaits)) {
            return "is in system call " + std::to_string(call);
        }
    } else if (m_image.isIn(registers.rip, m_libcPath)) {
        // Its inner functions have no names, and some jump to each other without a frame.
        return "is in the C library";
    }
    if (!m_unwinder->isReady) {
        return "cannot be unwound: elfutils does not know the process";
    }
    Frames frames;
    const int failed = dwfl_getthread_frames(m_unwinder->session, tid, takeFrame, &frames);
    if (frames.addresses.empty()) {
        return "cannot be unwound";
    }
    for (const std::uint64_t pc : frames.addresses) {
        if (auto objection = objectionToFrame(pc)) {
            return objection;
        }
    }
    if (failed != 0) {
        return "has a stack that cannot be unwound beyond " + hexadecimal(frames.addresses.back());
    }
    return std::nullopt;
}

} // namespace ringscope
