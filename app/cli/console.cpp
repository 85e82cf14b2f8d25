// SPDX-License-Identifier: MIT
#include "app/cli/console.h"

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <new>
#include <string_view>
#include <unistd.h>

#include "core/base/clock.h"

namespace ringscope {

namespace {

volatile std::sig_atomic_t g_interrupts = 0; // written by the signal handler only

// The second one ends the program at once: somebody is in a hurry, or the end hangs.
void onInterrupt(int signal) {
    if (g_interrupts > 0) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    g_interrupts = 1;
}

// Written while those signals are held back only; read by the handler.
std::array<char, PATH_MAX> g_unfinished{};

void onEnd(int signal) {
    if (g_unfinished[0] != '\0') {
        ::unlink(g_unfinished.data());
    }
    std::signal(signal, SIG_DFL);
    std::raise(signal); // takes effect when this handler returns
}

void onFileTooLarge(int /*signal*/) {}

// Code points, not bytes: "µs" is two wide.
std::size_t displayWidth(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

} // namespace

int exitStatusOf(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::failed:
        return kExitFailed;
    case ErrorKind::usage:
        return kExitUsage;
    case ErrorKind::target:
        return kExitTarget;
    case ErrorKind::damaged:
        return kExitDamaged;
    }
    return kExitFailed;
}

int reportError(const Error& error) {
    remark(error.message);
    return exitStatusOf(error.kind);
}

void remark(const std::string& sentence) {
    std::cerr << "ringscope-cli: " << sentence << '\n';
}

ProgressLine::ProgressLine(bool isQuiet)
    : m_isShown(!isQuiet && ::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
    if (m_isShown && m_width > 0) {
        std::cerr << '\r' << std::string(m_width, ' ') << '\r' << std::flush;
    }
}

void ProgressLine::show(double share, const std::string& text) {
    if (!m_isShown) {
        return;
    }
    std::string line;
    if (share >= 0) {
        constexpr int kCells = 24;
        const int full = static_cast<int>(std::min(share, 1.0) * kCells);
        line = "[" + std::string(static_cast<std::size_t>(full), '#') +
               std::string(static_cast<std::size_t>(kCells - full), '.') + "] ";
    }
    line += text;
    const std::size_t width = displayWidth(line);
    std::cerr << '\r' << line << std::string(m_width > width ? m_width - width : 0, ' ')
              << std::flush;
    m_width = width;
}

std::string alignedTable(const std::vector<std::vector<std::string>>& rows,
                         std::size_t leftColumns) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], displayWidth(row[i]));
        }
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - displayWidth(row[i]), ' ');
            line += (i == 0 ? "" : "  ") + (i < leftColumns ? row[i] + padding : padding + row[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

void catchInterrupts() {
    struct sigaction action {};
    action.sa_handler = onInterrupt;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    struct sigaction before {};
    sigaction(SIGHUP, nullptr, &before);
    if (before.sa_handler != SIG_IGN) { // nohup
        sigaction(SIGHUP, &action, nullptr);
    }
    // A handler and not SIG_IGN, which a command that is recorded would inherit.
    action.sa_handler = onFileTooLarge;
    sigaction(SIGXFSZ, &action, nullptr);
}

void endOnInterrupts() {
    struct sigaction action {};
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction before {};
        sigaction(signal, nullptr, &before);
        action.sa_handler = onEnd;
        if (signal != SIGHUP || before.sa_handler != SIG_IGN) { // nohup
            sigaction(signal, &action, nullptr);
        }
    }
    action.sa_handler = onFileTooLarge;
    sigaction(SIGXFSZ, &action, nullptr);
}

void endWithoutMemory() {
    std::set_new_handler([] {
        constexpr std::string_view kSentence =
            "ringscope-cli: there is not enough memory for this: choose a smaller file, or free "
            "some memory\n";
        if (g_unfinished[0] != '\0') {
            ::unlink(g_unfinished.data());
        }
        [[maybe_unused]] const auto written =
            ::write(STDERR_FILENO, kSentence.data(), kSentence.size());
        ::_exit(kExitFailed);
    });
}

void removeWhenInterrupted(const std::string& path) {
    const InterruptPause pause;
    g_unfinished.fill('\0');
    path.copy(g_unfinished.data(), g_unfinished.size() - 1);
}

InterruptPause::InterruptPause() {
    sigset_t interrupts;
    sigemptyset(&interrupts);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&interrupts, signal);
    }
    pthread_sigmask(SIG_BLOCK, &interrupts, &m_before);
}

InterruptPause::~InterruptPause() {
    pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
}

void outliveReaders() {
    std::signal(SIGPIPE, SIG_IGN);
}

bool isInterrupted() {
    return g_interrupts > 0;
}

void waitMs(std::int64_t ms) {
    const timespec pause{ms / 1000, ms % 1000 * 1'000'000};
    if (!isInterrupted()) {
        nanosleep(&pause, nullptr); // a signal ends it early
    }
}

std::string wallTimeText(std::int64_t unixNs) {
    const std::time_t seconds = unixNs / kNsPerSecond;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 40> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
    return text.data();
}

} // namespace ringscope
