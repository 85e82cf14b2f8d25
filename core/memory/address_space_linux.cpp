// SPDX-License-Identifier: MIT
#include "core/memory/address_space.h"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/memory/proc_process.h"
#include "core/memory/smaps_parser.h"

namespace ringscope {

namespace {

// The kernel hands out at most a few kilobytes at a time, whatever is asked for.
constexpr std::size_t kPieceSize = 65536;

Expected<MemoryMap> readMap(const ProcessIdentity& process, int fd) {
    SmapsParser parser;
    std::string piece(kPieceSize, '\0');
    for (;;) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return proc::readError(process.pid, "smaps", errno);
        }
        if (got == 0) {
            break;
        }
        parser.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
    }
    // A process that exits or execs while it is read looks like a shorter map: the text just ends.
    // The descriptor names the address space, so when it can still be read now it could all along.
    if (::pread(fd, piece.data(), 1, 0) != 1) {
        return makeError(ErrorKind::target,
                         "process " + std::to_string(process.pid) +
                             " ended or started another program while its memory map was read: "
                             "choose a running process or try again");
    }
    return parser.finish();
}

// "35 0x... 0xSP 0xPC", "-1 0xSP 0xPC" or "running" (then there is none to be had).
std::optional<std::uint64_t> parseStackPointer(std::string_view text) {
    text = proc::takeLine(text);
    const auto pcAt = text.rfind(' ');
    const auto spAt = pcAt == std::string_view::npos || pcAt == 0 ? std::string_view::npos
                                                                  : text.rfind(' ', pcAt - 1);
    if (spAt == std::string_view::npos || !text.substr(spAt).starts_with(" 0x")) {
        return std::nullopt;
    }
    return proc::parseUnsigned(text.substr(spAt + 3, pcAt - spAt - 3), 16);
}

void readStackPointers(const FileDescriptor& process, AddressSpace& space) {
    std::error_code error;
    // Through the descriptor, so that it is the threads of this process whoever has its pid now.
    const std::string tasks = "/proc/self/fd/" + std::to_string(process.get()) + "/task";
    const std::string mainThread = std::to_string(space.process.pid);
    space.areStacksKnown = true;
    for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end;
         task.increment(error)) {
        const auto text = readFile(task->path().string() + "/syscall", 4096);
        const auto pointer = text ? parseStackPointer(*text) : std::nullopt;
        const std::string tid = task->path().filename();
        ThreadPlace thread;
        thread.tid = static_cast<std::int32_t>(proc::parseUnsigned(tid).value_or(0));
        thread.stackPointer = pointer.value_or(0);
        space.threads.push_back(std::move(thread));
        if (!pointer && tid != mainThread) {
            space.areStacksKnown = false;
        }
    }
    space.areStacksKnown = space.areStacksKnown && !error;
}

} // namespace

Expected<AddressSpace> readAddressSpace(const ProcessIdentity& process) {
    const std::int64_t startNs = proc::threadCpuNs();
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    const FileDescriptor smaps = proc::openFile(directory->directory, "smaps");
    if (!smaps.isOpen()) {
        return proc::readError(process.pid, "smaps", errno);
    }
    auto map = readMap(process, smaps.get());
    if (!map) {
        return map.error();
    }
    AddressSpace space;
    space.process = directory->identity;
    space.map = std::move(map).value();
    readStackPointers(directory->directory, space);
    space.timeNs = monotonicNs();
    space.costNs = proc::threadCpuNs() - startNs;
    return space;
}

} // namespace ringscope
