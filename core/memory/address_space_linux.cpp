// SPDX-License-Identifier: MIT
#include "core/memory/held_address_space.h"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/memory/proc_process.h"

namespace ringscope {

namespace {

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

bool HeldAddressSpace::isStillThere() const {
    return proc::isMapReadable(m_smaps.get());
}

Expected<AddressSpace> readAddressSpace(const ProcessIdentity& process) {
    auto held = holdAddressSpace(process);
    return held ? Expected<AddressSpace>(std::move(held->space())) : held.error();
}

Expected<HeldAddressSpace> holdAddressSpace(const ProcessIdentity& process) {
    const std::int64_t startNs = proc::threadCpuNs();
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    FileDescriptor smaps = proc::openFile(directory->directory, "smaps");
    if (!smaps.isOpen()) {
        return proc::readError(process.pid, "smaps", errno);
    }
    auto map = proc::readMap(process.pid, smaps.get(), "smaps");
    if (!map) {
        return map.error();
    }
    AddressSpace space;
    space.process = directory->identity;
    space.map = std::move(map).value();
    readStackPointers(directory->directory, space);
    space.timeNs = monotonicNs();
    space.costNs = proc::threadCpuNs() - startNs;
    return HeldAddressSpace(std::move(space), std::move(smaps));
}

} // namespace ringscope
