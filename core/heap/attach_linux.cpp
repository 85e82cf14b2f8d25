// SPDX-License-Identifier: MIT
#include "core/heap/attach_linux.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/program_paths.h"
#include "core/heap/attach_layout.h"
#include "core/heap/injected_call_linux.h"
#include "core/heap/process_image_linux.h"
#include "core/heap/safe_point_linux.h"
#include "core/heap/traced_thread_linux.h"

namespace ringscope {

namespace {

constexpr std::int64_t kSearchNs = 5 * kNsPerSecond;
constexpr std::int64_t kStopNs = 500 * kNsPerMs; // on a loaded machine a stop takes long
constexpr char kTrackerFile[] = "libringscope-heap.so";
constexpr char kLibcFile[] = "libc.so.6";

std::string procPath(std::int32_t pid, const char* file) {
    return "/proc/" + std::to_string(pid) + "/" + file;
}

std::string nameOf(std::int32_t pid) {
    return "process " + std::to_string(pid);
}

Error refusal(std::int32_t pid, const std::string& why) {
    return makeError(ErrorKind::target, "cannot attach to " + nameOf(pid) + ": " + why);
}

// "State", "Seccomp", "TracerPid"; empty if there is none.
std::string statusOf(std::int32_t pid, const std::string& field) {
    std::ifstream status(procPath(pid, "status"));
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(field + ":", 0) == 0) {
            std::istringstream words(line.substr(field.size() + 1));
            std::string word;
            words >> word;
            return word;
        }
    }
    return {};
}

std::optional<std::string> objectionToState(std::int32_t pid) {
    const std::string state = statusOf(pid, "State");
    if (state.empty()) {
        return "there is no such process";
    }
    if (state == "Z" || state == "X") {
        return "it has ended already";
    }
    if (state == "T" || state == "t") {
        return "it is stopped; let it go on first (kill -CONT)";
    }
    if (statusOf(pid, "Seccomp") == "2") {
        return "it runs in a sandbox (seccomp) that may kill it for the system calls of loading a "
               "library; start it with the tracker instead (record -- COMMAND)";
    }
    if (const std::string tracer = statusOf(pid, "TracerPid"); tracer != "0") {
        return "process " + tracer + " traces it already (a debugger?); end that first";
    }
    return std::nullopt;
}

bool isSameFile(const std::string& one, const std::string& other) {
    struct stat a {};
    struct stat b {};
    return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

std::optional<std::string> objectionToProgram(std::int32_t pid) {
    std::error_code error;
    if (std::filesystem::read_symlink(procPath(pid, "exe"), error).empty()) {
        return error == std::errc::permission_denied
                   ? "not permitted; attach as its own user or as root"
                   : "it is a thread of the kernel";
    }
    std::ifstream program(procPath(pid, "exe"), std::ios::binary);
    Elf64_Ehdr header{};
    program.read(reinterpret_cast<char*>(&header), sizeof(header));
    if (!program) {
        return "its program cannot be read; attach as its own user or as root";
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
        return "it is no 64-bit x86 program";
    }
    if (!isSameFile(procPath(pid, "ns/mnt"), "/proc/self/ns/mnt") ||
        !isSameFile(procPath(pid, "root"), "/proc/self/root")) {
        return "it sees other files than this program (a container, a chroot), so it would not "
               "find "
               "the tracker; attach from inside of it";
    }
    return std::nullopt;
}

struct Target {
    std::int32_t pid;
    ProcessImage image;
    std::string library; // as it knows the tracker
    bool isLoaded = false;
    LoaderFunctions loader;
    std::vector<ImageSymbol> libcFunctions;
    std::uint64_t codeAt = 0;
    std::string remark;
};

std::uint64_t addressOf(const std::vector<ImageSymbol>& functions, const std::string& name) {
    const auto it =
        std::find_if(functions.begin(), functions.end(),
                     [&](const ImageSymbol& function) { return function.name == name; });
    return it != functions.end() ? it->begin : 0;
}

Expected<void> findLoader(Target& target) {
    const ImageMapping* const libc = target.image.library(kLibcFile);
    if (libc == nullptr) {
        return refusal(target.pid, target.image.loaderBase() == 0
                                       ? "it is linked statically, so it has no loader"
                                       : "it has no libc.so.6: only programs of the GNU C library "
                                         "can be attached to");
    }
    target.libcFunctions = target.image.functionsOf(*libc);
    target.loader = {addressOf(target.libcFunctions, "dlopen"),
                     addressOf(target.libcFunctions, "dlsym"),
                     addressOf(target.libcFunctions, "dlerror")};
    if (target.loader.open == 0 || target.loader.find == 0 || target.loader.error == 0) {
        return refusal(target.pid,
                       "its libc.so.6 has no dlopen: the GNU C library 2.34 or newer is "
                       "needed");
    }
    const auto code = target.image.unusedCode(kInjectedCodeBytes);
    if (!code) {
        return refusal(target.pid, "there is no room in its code for the call");
    }
    target.codeAt = *code;
    return {};
}

Expected<Target> examine(std::int32_t pid) {
    for (const auto& objection : {objectionToState(pid), objectionToProgram(pid)}) {
        if (objection) {
            return refusal(pid, *objection);
        }
    }
    auto image = ProcessImage::read(pid);
    if (!image) {
        return refusal(pid, "not permitted; attach as its own user or as root");
    }
    Target target{pid, std::move(*image), {}, false, {}, {}, 0, {}};
    if (const auto found = findLoader(target); !found) {
        return found.error();
    }
    if (const ImageMapping* tracker = target.image.library(kTrackerFile)) {
        target.isLoaded = true;
        target.library = tracker->path;
        if (!std::filesystem::exists(tracker->path)) {
            return refusal(pid, "it has loaded a tracker before whose file is gone; restart it");
        }
    }
    for (const ImageMapping& object : target.image.librariesWith("malloc")) {
        if (object.path == target.image.program()) {
            target.remark = "its program has a malloc of its own: calls within it are not seen";
        }
    }
    return target;
}

// The process's threads, those that wait first.
std::vector<std::int32_t> threadsOf(std::int32_t pid) {
    std::vector<std::int32_t> waiting;
    std::vector<std::int32_t> others;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(procPath(pid, "task"), error)) {
        const std::string name = entry.path().filename().string();
        std::ifstream stat(entry.path() / "stat");
        std::string line;
        std::getline(stat, line);
        const std::size_t at = line.rfind(") ");
        const char state = at != std::string::npos && at + 2 < line.size() ? line[at + 2] : '?';
        if (state == 'S') {
            waiting.push_back(std::stoi(name));
        } else if (state != 'Z' && state != 'X') {
            others.push_back(std::stoi(name));
        }
    }
    waiting.insert(waiting.end(), others.begin(), others.end());
    return waiting;
}

// False if the process has exec'ed another program since it was examined: nothing that is known of
// it holds then.
bool isStillThat(const Target& target, const ProcessImage& now) {
    const ImageMapping* const libc = now.library(kLibcFile);
    const ImageMapping* const before = target.image.library(kLibcFile);
    const ImageMapping* const code = now.mappingAt(target.codeAt);
    const ImageMapping* const codeBefore = target.image.mappingAt(target.codeAt);
    return libc != nullptr && libc->begin == before->begin && libc->path == before->path &&
           code != nullptr && code->isExecutable && code->path == codeBefore->path &&
           now.loaderBase() == target.image.loaderBase() && now.program() == target.image.program();
}

bool hasRoomForCall(const ProcessImage& now, std::uint64_t stackPointer) {
    const ImageMapping* const stack = now.mappingAt(stackPointer);
    return stack != nullptr && stack->isWritable &&
           (stackPointer - stack->begin >= kInjectedStackBytes || stack->path == "[stack]");
}

// Why the stopped thread cannot be used; empty: it can.
std::optional<std::string> objectionTo(const TracedThread& thread, std::int32_t tid,
                                       const ProcessImage& now, const SafePoint& safePoint) {
    const user_regs_struct& registers = thread.registers();
    constexpr unsigned long kCode64 = 0x33;
    if (registers.cs != kCode64) {
        return "runs 32-bit code";
    }
    if (!hasRoomForCall(now, registers.rsp)) {
        return "has too small a stack";
    }
    if (static_cast<long>(registers.orig_rax) < 0 && thread.isInRestartableSequence()) {
        return "is in a restartable sequence";
    }
    return safePoint.objectionTo(tid, registers);
}

// Empty: it runs another program by now.
std::optional<Expected<InjectedAnswer>> callIn(const Target& target, const SafePoint& safePoint,
                                               const char* entry, const AttachRequest& request) {
    const InjectedCall call{target.loader, target.codeAt, target.library, entry, request};
    const std::int64_t end = monotonicNs() + kSearchNs;
    std::string last = "has no thread that could be stopped";
    // Longer and longer pauses of odd lengths: a program that does the same again and again is met
    // at different places.
    for (long pauseNs = 100'000; monotonicNs() < end;
         pauseNs = std::min(pauseNs * 3 / 2, 20'000'000L)) {
        for (const std::int32_t tid : threadsOf(target.pid)) {
            auto thread = TracedThread::seize(target.pid, tid);
            if (!thread) {
                if (!std::filesystem::exists(procPath(target.pid, "task") + "/" +
                                             std::to_string(tid))) {
                    continue; // it has ended
                }
                return Expected<InjectedAnswer>(thread.error());
            }
            if (!thread->stop(kStopNs)) {
                last = "thread " + std::to_string(tid) + " cannot be stopped";
                continue;
            }
            // Another thread of it can only exec now by ending this one.
            const auto now = ProcessImage::read(target.pid);
            if (!now || !isStillThat(target, *now)) {
                return std::nullopt;
            }
            if (const auto objection = objectionTo(*thread, tid, *now, safePoint)) {
                last = "thread " + std::to_string(tid) + " " + *objection;
                continue;
            }
            return callInThread(*thread, target.image, call);
        }
        const timespec pause{0, pauseNs};
        ::nanosleep(&pause, nullptr);
    }
    return Expected<InjectedAnswer>(
        makeError(ErrorKind::target, "none of its threads came to a place where it is safe to load "
                                     "a library within 5 s (the last: " +
                                         last + "); try again"));
}

Expected<HeapAttachment> outcomeOf(const Target& target, const InjectedAnswer& answer) {
    switch (answer.result) {
    case AttachResult::done:
        return HeapAttachment{answer.request.patched, target.remark};
    case AttachResult::isCounting:
        return refusal(target.pid, "its heap is recorded already");
    case AttachResult::noReader:
        return refusal(target.pid, "it could not hand over a heap ledger (another network "
                                   "namespace, or a limit on its address space, file size or open "
                                   "files)");
    case AttachResult::ownAllocator:
        return refusal(target.pid, "its allocator has no malloc_usable_size beside its malloc and "
                                   "free, so blocks cannot be measured");
    case AttachResult::notAttached:
        break;
    }
    return makeError(ErrorKind::target,
                     "cannot detach from " + nameOf(target.pid) + ": it is not attached to");
}

enum class Library { isThere, mayBeLoaded };

Expected<HeapAttachment> callTracker(std::int32_t pid, const char* entry,
                                     const AttachRequest& request, Library library) {
    constexpr int kMostPrograms = 5; // that it may exec meanwhile, as a shell's wrapper does
    for (int i = 0; i < kMostPrograms; ++i) {
        auto target = examine(pid);
        if (!target) {
            return target.error();
        }
        if (!target->isLoaded && library == Library::isThere) {
            break;
        }
        if (!target->isLoaded) {
            const auto file = heapTrackerLibrary();
            if (!file) {
                return file.error();
            }
            target->library = std::filesystem::absolute(*file).string();
        }
        const ImageMapping* const libc = target->image.library(kLibcFile);
        const SafePoint safePoint(pid, target->image, *libc, target->libcFunctions);
        const auto answer = callIn(*target, safePoint, entry, request);
        if (answer) {
            return *answer ? outcomeOf(*target, answer->value())
                           : Expected<HeapAttachment>(refusal(pid, answer->error().message));
        }
        const timespec pause{0, 20'000'000L * (i + 1)}; // while it maps its libraries
        ::nanosleep(&pause, nullptr);
    }
    return library == Library::isThere
               ? makeError(ErrorKind::target,
                           "cannot detach from " + nameOf(pid) + ": it is not attached to")
               : refusal(pid, "it begins one program after the other; try again");
}

} // namespace

Expected<HeapAttachment> attachHeap(std::int32_t pid, const LedgerReceiver& receiver,
                                    HeapMode mode) {
    if (mode == HeapMode::off) {
        return makeError(ErrorKind::usage,
                         "a process is attached to with heap mode counts, sampled or exact");
    }
    AttachRequest request{};
    request.mode = mode == HeapMode::exact     ? LedgerMode::exact
                   : mode == HeapMode::sampled ? LedgerMode::sampled
                                               : LedgerMode::counters;
    const std::string& name = receiver.socketName();
    std::memcpy(request.socketName, name.data(),
                std::min(name.size(), sizeof(request.socketName) - 1));
    return callTracker(pid, kAttachEntry, request, Library::mayBeLoaded);
}

Expected<HeapAttachment> detachHeap(std::int32_t pid) {
    return callTracker(pid, kDetachEntry, AttachRequest{}, Library::isThere);
}

} // namespace ringscope
