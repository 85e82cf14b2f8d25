// SPDX-License-Identifier: MIT
#include "tests/core/heap/tracked_target.h"

#include "core/heap/profile_layout.h"
#include "core/heap/tracker_environment.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <map>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ringscope {

namespace {

std::map<std::string, std::string> ownEnvironment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::size_t at = text.find('=');
        variables[text.substr(0, at)] = text.substr(at + 1);
    }
    return variables;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    for (std::string& word : words) {
        result.push_back(word.data());
    }
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environmentFor(const LedgerReceiver& receiver,
                                        TrackedTarget::Tracker tracker,
                                        const std::string& preload) {
    std::map<std::string, std::string> variables = ownEnvironment();
    if (tracker != TrackedTarget::Tracker::off) {
        const auto tracked = trackerEnvironment(receiver);
        EXPECT_TRUE(tracked) << tracked.error().message;
        for (const auto& [name, value] : tracked.value()) {
            variables[name] = value;
        }
    }
    if (tracker == TrackedTarget::Tracker::withoutReader) {
        variables["RINGSCOPE_HEAP_SOCKET"] = "ringscope-nobody-listens-here";
    }
    if (tracker == TrackedTarget::Tracker::exact) {
        variables[kLedgerModeVariable] = "exact";
    } else if (tracker == TrackedTarget::Tracker::sampled) {
        variables[kLedgerModeVariable] = "sampled";
    } else if (const char* mode = std::getenv("RINGSCOPE_TEST_HEAP_MODE")) { // of all tests
        variables[kLedgerModeVariable] = mode;
    }
    if (!preload.empty()) {
        std::string& all = variables["LD_PRELOAD"];
        all += (all.empty() ? "" : ":") + preload;
    }
    std::vector<std::string> lines;
    for (const auto& [name, value] : variables) {
        lines.push_back(name + "=" + value);
    }
    return lines;
}

} // namespace

TrackedTarget::TrackedTarget(std::vector<std::string> command, Tracker tracker,
                             const std::string& preload)
    : m_receiver(LedgerReceiver::create().value()) {
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    std::vector<std::string> lines = environmentFor(*m_receiver, tracker, preload);
    const std::vector<char*> arguments = pointers(command);
    const std::vector<char*> variables = pointers(lines);
    std::signal(SIGPIPE, SIG_IGN); // a target that fails is a failed check, not our end
    m_pid = ::fork();
    if (m_pid == 0) {
        std::signal(SIGPIPE, SIG_DFL);
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execvpe(arguments[0], arguments.data(), variables.data());
        ::_exit(127);
    }
    m_toTarget.reset(in[1]);
    m_fromTarget.reset(out[0]);
    ::close(in[0]);
    ::close(out[1]);
}

TrackedTarget::~TrackedTarget() {
    if (m_pid > 0) {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
}

std::optional<HeapAccount> TrackedTarget::atCheckpoint() {
    pollfd waiting{m_fromTarget.get(), POLLIN, 0};
    HeapAccount account;
    if (::poll(&waiting, 1, 20'000) != 1 || ::read(m_fromTarget.get(), &account, sizeof(account)) !=
                                                static_cast<ssize_t>(sizeof(account))) {
        return std::nullopt;
    }
    return account;
}

void TrackedTarget::goOn() {
    const char go = 'g';
    EXPECT_EQ(::write(m_toTarget.get(), &go, 1), 1);
}

bool TrackedTarget::tell(char letter) {
    char answer = 0;
    pollfd waiting{m_fromTarget.get(), POLLIN, 0};
    return ::write(m_toTarget.get(), &letter, 1) == 1 && ::poll(&waiting, 1, 20'000) == 1 &&
           ::read(m_fromTarget.get(), &answer, 1) == 1 && answer == letter;
}

void TrackedTarget::closeReceiver() {
    (void)ledgers();
    m_receiver.reset();
}

Ending TrackedTarget::end() {
    Ending ending;
    m_toTarget.reset();
    char part[4096];
    for (ssize_t got = 0; (got = ::read(m_fromTarget.get(), part, sizeof(part))) > 0;) {
        ending.output.append(part, static_cast<std::size_t>(got));
    }
    EXPECT_EQ(::waitpid(m_pid, &ending.status, 0), m_pid);
    m_pid = -1;
    return ending;
}

std::vector<LedgerReader>& TrackedTarget::ledgers() {
    if (m_receiver) {
        for (LedgerReader& ledger : m_receiver->poll()) {
            m_ledgers.push_back(std::move(ledger));
        }
        EXPECT_EQ(m_receiver->refused(), 0U) << m_receiver->lastRefusal();
    }
    return m_ledgers;
}

} // namespace ringscope
