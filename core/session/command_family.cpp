// SPDX-License-Identifier: MIT
#include "core/session/command_family.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

// A later exec may have any environment; this much of it is looked at.
constexpr std::size_t kMaxEnvironmentBytes = std::size_t{1} << 20U;

class Members {
public:
    void add(std::int32_t pid) {
        if (const auto process = processOf(pid)) {
            add(*process);
        }
    }
    void add(const ProcessIdentity& process) {
        if (process.pid != ::getpid() && livenessOf(process) != Liveness::dead &&
            std::find(m_all.begin(), m_all.end(), process) == m_all.end()) {
            m_all.push_back(process);
        }
    }
    // Of all that are in, newly added ones included.
    void addDescendants() {
        for (std::size_t i = 0; i < m_all.size(); ++i) {
            for (const std::int32_t child : childrenOf(m_all[i].pid)) {
                add(child);
            }
        }
    }
    [[nodiscard]] std::vector<ProcessIdentity> take() { return std::move(m_all); }

private:
    std::vector<ProcessIdentity> m_all;
};

std::vector<std::int32_t> allPids() {
    std::vector<std::int32_t> pids;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry("/proc", failed), end; !failed && entry != end;
         entry.increment(failed)) {
        const std::string name = entry->path().filename().string();
        std::int32_t pid = 0;
        const char* last = name.data() + name.size();
        if (std::from_chars(name.data(), last, pid).ptr == last) {
            pids.push_back(pid);
        }
    }
    return pids;
}

} // namespace

CommandFamily::CommandFamily()
    : m_mark("RINGSCOPE_COMMAND",
             std::to_string(::getpid()) + "-" + std::to_string(monotonicNs())) {}

void CommandFamily::setRoot(pid_t pid) {
    m_root = pid;
    m_session = ::getsid(0); // which it inherits
}

bool CommandFamily::isMarked(std::int32_t pid) const {
    const auto variables =
        readFile("/proc/" + std::to_string(pid) + "/environ", kMaxEnvironmentBytes);
    if (!variables) {
        return false;
    }
    using namespace std::string_literals;
    return ("\0"s + *variables).find("\0"s + m_mark.first + "=" + m_mark.second + "\0"s) !=
           std::string::npos;
}

std::vector<ProcessIdentity> CommandFamily::find(const TargetProcesses& known) {
    Members members;
    members.add(m_root);
    members.addDescendants();
    for (const TargetProcess& process : known.all()) {
        if (process.isAlive && ::getsid(process.identity.pid) == m_session) {
            members.add(process.identity);
        }
    }
    for (const std::int32_t pid : allPids()) {
        if (::getsid(pid) == m_session && isMarked(pid)) {
            members.add(pid);
        }
    }
    for (const ProcessIdentity& process : m_found) {
        members.add(process);
    }
    members.addDescendants();
    m_found = members.take();
    return m_found;
}

std::vector<std::int32_t> childrenOf(std::int32_t pid) {
    std::vector<std::int32_t> children;
    std::error_code failed;
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    for (std::filesystem::directory_iterator task(tasks, failed), end; !failed && task != end;
         task.increment(failed)) {
        const auto text = readFile(task->path().string() + "/children");
        if (!text) {
            continue;
        }
        const char* at = text->c_str();
        char* next = nullptr;
        for (long child = std::strtol(at, &next, 10); next != at;
             child = std::strtol(at, &next, 10)) {
            children.push_back(static_cast<std::int32_t>(child));
            at = next;
        }
    }
    return children;
}

void sendSignal(const ProcessIdentity& process, int signal) {
    // The descriptor stands for one process; whether it is the one that is meant is asked behind.
    const FileDescriptor file(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0U)));
    if (file.isOpen() && livenessOf(process) != Liveness::dead) {
        ::syscall(SYS_pidfd_send_signal, file.get(), signal, nullptr, 0U);
    }
}

} // namespace ringscope
