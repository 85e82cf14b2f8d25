// SPDX-License-Identifier: MIT
#include "tests/support/run_program.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

// Names what this process makes, for removeTemporaryFiles().
std::string temporaryPrefix(pid_t pid) {
    return "ringscope-test-" + std::to_string(pid) + "-";
}

std::string temporaryFile() {
    std::string path = "/tmp/" + temporaryPrefix(::getpid()) + "XXXXXX";
    const int fd = ::mkstemp(path.data());
    ::close(fd);
    return path;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

RunningProgram::RunningProgram(const std::vector<std::string>& argv,
                               const std::vector<std::string>& variables)
    : m_outPath(temporaryFile())
    , m_errPath(temporaryFile()) {
    std::vector<std::string> arguments = argv;
    std::vector<std::string> added = variables;
    std::vector<char*> argumentPointers = pointersTo(arguments);
    m_pid = ::fork();
    if (m_pid == 0) {
        for (std::string& variable : added) {
            ::putenv(variable.data());
        }
        ::dup2(::open(m_outPath.c_str(), O_WRONLY | O_TRUNC), STDOUT_FILENO);
        ::dup2(::open(m_errPath.c_str(), O_WRONLY | O_TRUNC), STDERR_FILENO);
        ::execvp(argumentPointers[0], argumentPointers.data());
        ::_exit(127);
    }
}

RunningProgram::~RunningProgram() {
    if (m_pid > 0) {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    ::unlink(m_outPath.c_str());
    ::unlink(m_errPath.c_str());
}

void RunningProgram::sendSignal(int signal) const {
    ::kill(m_pid, signal);
}

ProgramResult RunningProgram::result() {
    ProgramResult result;
    int status = 0;
    while (::waitpid(m_pid, &status, 0) < 0 && errno == EINTR) {
    }
    m_pid = -1;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = readFile(m_outPath).value_or("");
    result.err = readFile(m_errPath).value_or("");
    return result;
}

std::vector<std::string> ringsOf(pid_t pid) {
    const std::string mark = "-" + std::to_string(pid) + "-";
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
        const std::string name = entry.path().filename().string();
        if (name.rfind("ringscope-", 0) == 0 && name.find(mark) != std::string::npos) {
            names.push_back(name);
        }
    }
    return names;
}

void removeTemporaryFiles(pid_t pid) {
    std::error_code error;
    for (std::filesystem::directory_iterator at("/tmp", error), end; at != end && !error;
         at.increment(error)) {
        if (at->path().filename().string().starts_with(temporaryPrefix(pid))) {
            std::error_code ignored;
            std::filesystem::remove_all(at->path(), ignored);
        }
    }
}

ScratchDirectory::ScratchDirectory() {
    std::string path = "/tmp/" + temporaryPrefix(::getpid()) + "XXXXXX";
    m_path = ::mkdtemp(path.data());
}

ScratchDirectory::~ScratchDirectory() {
    std::error_code error;
    std::filesystem::remove_all(m_path, error);
}

} // namespace ringscope
