// SPDX-License-Identifier: MIT
#include "core/workload/worker_program.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/thread.h"
#include "core/workload/run_ring.h"
#include "core/workload/scoreboard.h"
#include "core/workload/worker_loop.h"

namespace ringscope {

namespace {

constexpr std::int64_t kGraceNs = 500 * kNsPerMs;
constexpr std::int64_t kWakeNs = 50 * kNsPerMs;
constexpr int kStatusFailed = 3;

// Set by SIGTERM and by the watcher; signal handlers can reach nothing else.
std::atomic<bool> mustLeave{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void onTerminate(int /*signal*/) {
    mustLeave.store(true, std::memory_order_relaxed);
}

Error byHand() {
    return makeError(
        ErrorKind::usage,
        "ringscope-worker is started by ringscope and ringscope-cli for the workers of "
        "a workload; run `ringscope-cli run SCENARIO` instead");
}

std::optional<std::uint32_t> wholeNumber(const char* text) {
    std::uint32_t value = 0;
    const char* end = text + std::strlen(text);
    const auto parsed = std::from_chars(text, end, value);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(value) : std::nullopt;
}

void sleepNs(std::int64_t ns) {
    const timespec pause{ns / kNsPerSecond, ns % kNsPerSecond};
    ::nanosleep(&pause, nullptr);
}

// Ends the process when the run is gone. Nothing else does: PR_SET_PDEATHSIG fires when the thread
// ends that forked us, not the process.
class ParentWatch {
public:
    // board: must outlive it.
    explicit ParentWatch(const MappedScoreboard& board)
        : m_board(board)
        , m_end(::eventfd(0, EFD_CLOEXEC))
        , m_thread(
              "parent-watch", [this](std::stop_token) { watch(); }, [](const Error&) {}) {}
    ParentWatch(const ParentWatch&) = delete;
    ParentWatch& operator=(const ParentWatch&) = delete;
    ~ParentWatch() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(m_end.get(), &one, sizeof(one));
        m_thread.join();
    }

private:
    void watch() {
        pollfd files[2] = {{kParentDescriptor, POLLIN, 0}, {m_end.get(), POLLIN, 0}};
        while (::poll(files, 2, -1) < 0 && errno == EINTR) {
        }
        if (files[1].revents != 0) {
            return;
        }
        removeRingOfDeadRun(m_board.plan()); // whoever is first does
        mustLeave.store(true, std::memory_order_relaxed);
        for (std::int64_t waitedNs = 0; waitedNs < kGraceNs; waitedNs += kWakeNs) {
            wakeSiblings();
            sleepNs(kWakeNs);
        }
        ::_exit(1);
    }

    // The kernel wakes workers that were stopped when the run ended, not one that stops a moment
    // later. A pid that by now is somebody else's runs another program.
    void wakeSiblings() const {
        std::error_code error;
        const auto ours = std::filesystem::read_symlink("/proc/self/exe", error);
        for (std::uint32_t worker = 0; worker < m_board.header().workers; ++worker) {
            const std::int32_t pid = std::atomic_ref<std::int32_t>(m_board.worker(worker).pid)
                                         .load(std::memory_order_relaxed);
            if (pid <= 0 || pid == ::getpid()) {
                continue;
            }
            const auto theirs =
                std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
            if (!error && theirs == ours) {
                ::kill(pid, SIGCONT);
            }
        }
    }

    const MappedScoreboard& m_board;
    FileDescriptor m_end;
    Thread m_thread;
};

// All workers of this process and what they share.
class WorkerProcess {
public:
    WorkerProcess(MappedScoreboard& board, std::uint32_t first, std::uint32_t count)
        : m_board(board)
        , m_first(first)
        , m_count(count) {}

    int run() {
        if (!waitFor(layout::RunCommand::attach)) {
            return 0;
        }
        auto segment = Segment::attach(m_board.plan().ringName);
        if (!segment) {
            return fail(m_first, segment.error());
        }
        m_segment.emplace(std::move(*segment));
        if (m_board.plan().prefault != 0) {
            m_segment->prefault();
        }
        std::vector<WorkerPlace> places(m_count);
        for (std::uint32_t index = 0; index < m_count; ++index) {
            auto area = m_board.mapArea(m_first + index);
            if (!area) {
                return fail(m_first + index, area.error());
            }
            places[index] = {&*m_segment, &m_board, *area, m_first + index, &mustLeave};
        }
        std::vector<Thread> threads;
        threads.reserve(m_count);
        for (std::uint32_t index = 1; index < m_count; ++index) {
            threads.emplace_back(
                workerName(m_board.plan(), m_first + index),
                [this, &places, index](std::stop_token) { runOne(places[index]); },
                [this, index](const Error& error) { fail(m_first + index, error); });
        }
        runOne(places[0]);
        for (Thread& thread : threads) {
            thread.join();
        }
        return m_status.load(std::memory_order_relaxed);
    }

private:
    bool waitFor(layout::RunCommand wanted) {
        auto command = std::atomic_ref<std::uint32_t>(m_board.control().command);
        while (command.load(std::memory_order_acquire) < static_cast<std::uint32_t>(wanted)) {
            if (mustLeave.load(std::memory_order_relaxed)) {
                return false;
            }
            sleepNs(200 * kNsPerUs);
        }
        return true;
    }

    void runOne(const WorkerPlace& place) {
        if (const auto done = runWorker(place); !done) {
            fail(place.worker, done.error());
        }
    }

    int fail(std::uint32_t worker, const Error& error) {
        layout::WorkerBoard& board = m_board.worker(worker);
        std::snprintf(board.error, sizeof(board.error), "%s", error.message.c_str());
        // Release: pairs with the run's reading of the phase before the text.
        std::atomic_ref<std::uint32_t>(board.phase)
            .store(static_cast<std::uint32_t>(layout::WorkerPhase::failed),
                   std::memory_order_release);
        m_status.store(kStatusFailed, std::memory_order_relaxed);
        return kStatusFailed;
    }

    MappedScoreboard& m_board;
    std::uint32_t m_first;
    std::uint32_t m_count;
    std::optional<Segment> m_segment;
    std::atomic<int> m_status{0};
};

// When memory runs out the kernel shall take a worker, not the program that shows it.
void preferAsVictim() {
    const FileDescriptor file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (file.isOpen()) {
        [[maybe_unused]] const ssize_t written = ::write(file.get(), "500", 3);
    }
}

void setSignals() {
    struct sigaction terminate {};
    terminate.sa_handler = onTerminate;
    ::sigaction(SIGTERM, &terminate, nullptr);
    // The kernel sends SIGHUP and SIGCONT to a stopped process group whose parent dies: that wakes
    // a stopped worker, which then sees the end of the pipe.
    std::signal(SIGHUP, SIG_IGN);
}

} // namespace

Expected<int> runWorkerProgram(int argc, char** argv) {
    if (argc != 4 || std::strcmp(argv[1], "--run") != 0) {
        return byHand();
    }
    const auto first = wholeNumber(argv[2]);
    const auto count = wholeNumber(argv[3]);
    auto board = MappedScoreboard::map(kScoreboardDescriptor);
    if (!first || !count || !board) {
        return byHand();
    }
    const std::uint32_t workers = board->header().workers;
    if (*count == 0 || *count > workers || *first > workers - *count) {
        return byHand();
    }
    setSignals();
    preferAsVictim();
    const bool isLeaking = board->plan().heapBehaviour == HeapBehaviour::leak;
    int status = 0;
    {
        const ParentWatch watch(*board);
        status = WorkerProcess(*board, *first, *count).run();
    }
    if (isLeaking) {
        ::_exit(status); // a leak checker at exit would report what the scenario asks for
    }
    return status;
}

} // namespace ringscope
