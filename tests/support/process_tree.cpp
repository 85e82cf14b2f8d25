// SPDX-License-Identifier: MIT
#include "tests/support/process_tree.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "tests/support/orphan_guard.h"
#include "tests/support/patience.h"

namespace ringscope {

namespace {

struct Stat {
    char state = 'X';
    pid_t parent = 0;
};

Stat statOf(const std::string& folder) {
    const std::string text = readFile(folder + "/stat").value_or("");
    Stat stat;
    // The name may hold anything, also a bracket.
    if (const auto end = text.rfind(')'); end != std::string::npos) {
        std::istringstream(text.substr(end + 1)) >> stat.state >> stat.parent;
    }
    return stat;
}

std::vector<pid_t> numbersIn(const std::string& folder) {
    std::vector<pid_t> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; at != end && !error;
         at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.find_first_not_of("0123456789") == std::string::npos) {
            numbers.push_back(std::stoi(name));
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

bool stands(pid_t pid) {
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    const std::vector<pid_t> threads = numbersIn(tasks);
    return std::all_of(threads.begin(), threads.end(), [&](pid_t thread) {
        const char state = statOf(tasks + "/" + std::to_string(thread)).state;
        return state == 'T' || state == 'Z' || state == 'X';
    });
}

} // namespace

ProcessTree::ProcessTree() {
    startOrphanGuard();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

ProcessTree::~ProcessTree() {
    (void)eventually([] {
        for (const pid_t pid : processes()) {
            ::kill(pid, SIGKILL);
        }
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        return processes().empty();
    });
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

std::vector<pid_t> ProcessTree::processes() {
    std::map<pid_t, Stat> all;
    for (const pid_t pid : numbersIn("/proc")) {
        all.emplace(pid, statOf("/proc/" + std::to_string(pid)));
    }
    std::vector<pid_t> below;
    for (const auto& [pid, stat] : all) {
        if (stat.state == 'Z' || stat.state == 'X') {
            continue;
        }
        pid_t parent = stat.parent;
        while (parent != ::getpid() && all.contains(parent)) {
            parent = all.at(parent).parent;
        }
        if (parent == ::getpid()) {
            below.push_back(pid);
        }
    }
    return below;
}

std::vector<pid_t> ProcessTree::named(const std::string& name, const std::string& argument) {
    std::vector<pid_t> found;
    for (const pid_t pid : processes()) {
        const std::string proc = "/proc/" + std::to_string(pid);
        std::error_code error;
        const auto file = std::filesystem::read_symlink(proc + "/exe", error);
        if (file.filename() == name &&
            readFile(proc + "/cmdline").value_or("").find(argument) != std::string::npos) {
            found.push_back(pid);
        }
    }
    return found;
}

bool ProcessTree::stop() {
    return eventually([] {
        const std::vector<pid_t> now = processes();
        for (const pid_t pid : now) {
            ::kill(pid, SIGSTOP);
        }
        return std::all_of(now.begin(), now.end(), stands) && processes() == now;
    });
}

void ProcessTree::goOn() {
    for (const pid_t pid : processes()) {
        ::kill(pid, SIGCONT);
    }
}

} // namespace ringscope
