// SPDX-License-Identifier: MIT
// Reading another process: what its numbers are, that reading does not change them, and every way
// in which it can go away.
#include <array>
#include <cstring>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <gtest/gtest.h>

#include "core/base/file_descriptor.h"
#include "core/base/thread.h"
#include "core/memory/address_query.h"
#include "core/memory/address_space.h"
#include "core/memory/memory_by_type.h"
#include "core/memory/page_states_reader.h"
#include "core/memory/proc_process.h"
#include "core/memory/process_counters.h"
#include "core/memory/region_classifier.h"
#include "core/memory/region_strings.h"
#include "core/memory/working_set.h"
#include "tests/core/memory/child_process.h"

namespace ringscope {
namespace {

using testing::ChildProcess;

constexpr std::uint64_t kKiB = 1024;
constexpr std::size_t kRingSize = std::size_t{8} << 20U;

MemoryByType readByType(pid_t pid) {
    const auto space = readAddressSpace(processOf(pid).value()).value();
    return sumByType(space, classifyRegions(space), std::nullopt);
}

// A ring in shared memory that this process does not map.
class Ring {
public:
    Ring()
        : m_file(::memfd_create("ringscope-test-ring", MFD_CLOEXEC)) {
        EXPECT_EQ(::ftruncate(m_file.get(), kRingSize), 0);
    }
    // Maps and touches all of it, in whichever process calls.
    [[nodiscard]] void* mapAndTouch() const {
        void* memory =
            ::mmap(nullptr, kRingSize, PROT_READ | PROT_WRITE, MAP_SHARED, m_file.get(), 0);
        std::memset(memory, 1, kRingSize);
        return memory;
    }
    [[nodiscard]] int fd() const { return m_file.get(); }

private:
    FileDescriptor m_file;
};

std::string messageOf(const Expected<FastCounters>& counters) {
    return counters ? "no error" : counters.error().message;
}

constexpr std::int64_t kHourNs = 3600 * std::int64_t{1'000'000'000};

TEST(FastCountersOfAnother, SizesThatMayBeOldFollowWhatChanges) {
    const Ring ring;
    const ChildProcess child([&](const ChildProcess::Steps& steps) {
        steps.reached();
        void* const memory = ring.mapAndTouch();
        steps.reached();
        ::munmap(memory, kRingSize);
    });
    ASSERT_TRUE(child.awaitStep());
    auto reader = ProcessCountersReader::open(child.pid()).value();
    const std::uint64_t before = reader.readFast(kHourNs).value().rssShmem.value();
    child.goOn();
    ASSERT_TRUE(child.awaitStep());
    EXPECT_GE(reader.readFast(kHourNs).value().rssShmem.value(), before + kRingSize / 16 * 15);
    child.goOn();
    ASSERT_TRUE(child.awaitStep());
    EXPECT_LE(reader.readFast(kHourNs).value().rssShmem.value(), before + kRingSize / 16);
}

TEST(FastCountersOfAnother, SizesAreReadAgainOnlyWhenTheyChangedOrAreTooOld) {
    const Ring ring;
    const ChildProcess child([&](const auto&) { ::munmap(ring.mapAndTouch(), kRingSize); });
    ASSERT_TRUE(child.awaitStep());
    auto reader = ProcessCountersReader::open(child.pid()).value();
    const std::uint64_t peak = reader.readFast().value().rssPeak;
    // Sets the peak back to what is resident now, of which stat shows nothing.
    const FileDescriptor reset(
        ::open(("/proc/" + std::to_string(child.pid()) + "/clear_refs").c_str(), O_WRONLY));
    ASSERT_EQ(::write(reset.get(), "5", 1), 1);
    EXPECT_EQ(reader.readFast(kHourNs).value().rssPeak, peak);
    EXPECT_LT(reader.readFast().value().rssPeak, peak);
}

// The sums over the regions are the kernel's own, to the kilobyte; PSS is rounded down once per
// region, so what is missing is less than 1 KiB for each.
TEST(ObservedProcess, SumsOfRegionsAreTheKernelsOwn) {
    const Ring ring;
    [[maybe_unused]] void* mapped = ring.mapAndTouch();
    ChildProcess child([&](const auto&) {
        std::memset(ring.mapAndTouch(), 2, kRingSize);
        std::vector<char> heap(3 << 20, 'x');
        volatile char* kept = heap.data();
        kept[0] = 1;
        while (true) { // stopped by the parent before heap goes away
            ::pause();
        }
    });
    auto reader = ProcessCountersReader::open(child.pid()).value();
    while (reader.readSlow().value().privateBytes() < (3U << 20U)) {
    }
    child.stop();
    // Pages shared with other programs change hands when those end, so two equal readings of the
    // kernel's sums must enclose ours.
    for (int attempt = 0; attempt < 100; ++attempt) {
        const SlowCounters before = reader.readSlow().value();
        const MemorySums sums = readByType(child.pid()).regionTotal();
        const SlowCounters after = reader.readSlow().value();
        if (before.pss != after.pss || before.privateBytes() != after.privateBytes()) {
            continue;
        }
        EXPECT_GE(before.rss, kRingSize + (3U << 20U));
        EXPECT_EQ(sums.rss, before.rss);
        EXPECT_EQ(sums.privateBytes, before.privateBytes());
        EXPECT_EQ(sums.sharedBytes, before.sharedBytes());
        EXPECT_EQ(sums.swap, before.swap);
        EXPECT_LE(sums.pss, before.pss);
        EXPECT_LT(before.pss - sums.pss, sums.regions * kKiB);
        ::munmap(mapped, kRingSize);
        return;
    }
    FAIL() << "the kernel's sums never stood still";
}

// A ring mapped by one process counts as its private memory, and PSS in full; reading its counters
// and its ring by pread at full speed changes neither, while mapping and touching it would.
TEST(ObservedProcess, ReadingDoesNotChangeItsNumbers) {
    const Ring ring;
    ChildProcess child([&](const auto&) { [[maybe_unused]] void* memory = ring.mapAndTouch(); });
    ASSERT_TRUE(child.awaitStep());
    const auto ringRow = [&] { return readByType(child.pid()).of(MemoryType::shareable); };
    const MemorySums before = ringRow();
    EXPECT_EQ(before.privateBytes, kRingSize) << "shared memory that one process maps is private";
    EXPECT_EQ(before.sharedBytes, 0U);
    EXPECT_EQ(before.pss, kRingSize);

    std::atomic<int> passes = 0;
    Thread observer(
        "observer",
        [&](const std::stop_token& stop) {
            auto reader = ProcessCountersReader::open(child.pid()).value();
            std::vector<char> copy(64 * kKiB);
            while (!stop.stop_requested()) {
                for (std::size_t at = 0; at < kRingSize; at += copy.size()) {
                    ASSERT_EQ(::pread(ring.fd(), copy.data(), copy.size(), static_cast<off_t>(at)),
                              static_cast<ssize_t>(copy.size()));
                }
                ASSERT_TRUE(reader.readFast());
                ASSERT_EQ(reader.readSlow().value().pssShmem.value_or(kRingSize), kRingSize);
                passes.fetch_add(1, std::memory_order_relaxed); // a count, nothing hangs on it
            }
        },
        [](const Error& error) { FAIL() << error.message; });
    while (passes.load(std::memory_order_relaxed) < 20) {
        ASSERT_EQ(ringRow(), before) << "during";
    }
    observer.requestStop();
    observer.join();
    EXPECT_EQ(ringRow(), before) << "after";

    void* mapped = ::mmap(nullptr, kRingSize, PROT_READ, MAP_SHARED, ring.fd(), 0);
    EXPECT_EQ(ringRow(), before) << "mapped, not touched";
    for (std::size_t at = 0; at < kRingSize; at += 4 * kKiB) {
        [[maybe_unused]] const char byte = static_cast<volatile char*>(mapped)[at];
    }
    const MemorySums disturbed = ringRow();
    EXPECT_EQ(disturbed.privateBytes, 0U) << "what a mapping observer would do to it";
    EXPECT_EQ(disturbed.pss, kRingSize / 2);
    ::munmap(mapped, kRingSize);
    EXPECT_EQ(ringRow(), before) << "restored";
}

TEST(ObservedProcess, TwoThatShareARingSumToOneRingInPss) {
    const Ring ring;
    const auto body = [&](const auto&) { [[maybe_unused]] void* memory = ring.mapAndTouch(); };
    ChildProcess one(body);
    ChildProcess two(body);
    ASSERT_TRUE(one.awaitStep() && two.awaitStep());
    MemoryByType both = readByType(one.pid());
    both += readByType(two.pid());
    EXPECT_EQ(both.of(MemoryType::shareable).pss, kRingSize);
    EXPECT_EQ(both.of(MemoryType::shareable).rss, 2 * kRingSize);
    EXPECT_EQ(both.of(MemoryType::shareable).privateBytes, 0U);
}

TEST(ObservedProcess, ThatEndedIsToldFromAZombie) {
    ChildProcess child([](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    auto reader = ProcessCountersReader::open(child.pid()).value();
    const auto identity = reader.identity();
    ASSERT_TRUE(reader.readFast());
    child.kill();
    EXPECT_NE(messageOf(reader.readFast()).find("(zombie)"), std::string::npos)
        << messageOf(reader.readFast());
    EXPECT_FALSE(reader.readSlow());
    EXPECT_FALSE(readAddressSpace(identity));
    EXPECT_FALSE(ProcessCountersReader::open(identity.pid));
    child.killAndReap();
    EXPECT_NE(messageOf(reader.readFast()).find("does not exist or has ended"), std::string::npos);
    EXPECT_EQ(reader.readSlow().error().kind, ErrorKind::target);
    EXPECT_EQ(readAddressSpace(identity).error().kind, ErrorKind::target);
}

TEST(ObservedProcess, WhoseMainThreadEndedIsReadThroughAnother) {
    const ChildProcess child([](const ChildProcess::Steps& steps) {
        pthread_t thread{};
        static const ChildProcess::Steps* shared = nullptr;
        shared = &steps;
        ::pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
                const std::string own = "/proc/self/stat";
                while (readFile(own, 4096).value().find(") Z ") == std::string::npos) {
                    ::usleep(1000);
                }
                shared->reached();
                ::pause();
                return nullptr;
            },
            nullptr);
        ::syscall(SYS_exit, 0); // of this thread alone
    });
    ASSERT_TRUE(child.awaitStep());
    const auto refused = readAddressSpace(child.identity());
    ASSERT_FALSE(refused);
    const std::string& message = refused.error().message;
    const std::string words = "choose its thread ";
    const auto at = message.find(words);
    ASSERT_NE(at, std::string::npos) << message;
    const auto space = readAddressSpace({std::stoi(message.substr(at + words.size())), 0, 0});
    ASSERT_TRUE(space) << space.error().message;
    EXPECT_GT(space->map.regions.size(), 10U);
}

TEST(ObservedProcess, ThatIsThereIsNotSaidToHaveEnded) {
    const Error error = proc::readError(::getpid(), "smaps", ENOENT);
    EXPECT_NE(error.message.find("this kernel has no /proc/PID/smaps"), std::string::npos)
        << error.message;
    EXPECT_NE(proc::readError(999'999'999, "smaps", ENOENT).message.find("does not exist"),
              std::string::npos);
    EXPECT_NE(proc::readError(::getpid(), "smaps", ESRCH).message.find("has ended"),
              std::string::npos);
}

TEST(ObservedProcess, ThatIsAKernelThreadHasNoMemory) {
    constexpr std::int32_t kKthreadd = 2;
    if (processName(kKthreadd) != "kthreadd") {
        GTEST_SKIP() << "kernel threads are not visible in this pid namespace";
    }
    const auto reader = ProcessCountersReader::open(kKthreadd);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().kind, ErrorKind::target);
    EXPECT_EQ(reader.error().message,
              "process 2 (kthreadd) is a kernel thread and has no memory of "
              "its own: choose a program");
}

TEST(ObservedProcess, CannotPutControlCharactersIntoAMessage) {
    ChildProcess child([](const auto&) { ::prctl(PR_SET_NAME, "a\x1b[31m\nb"); });
    ASSERT_TRUE(child.awaitStep());
    auto reader = ProcessCountersReader::open(child.pid()).value();
    child.kill();
    EXPECT_NE(messageOf(reader.readFast()).find("(a?[31mb)"), std::string::npos)
        << messageOf(reader.readFast());
}

// clone3 with a chosen pid: the case that is otherwise met once in 32768 processes.
pid_t forkWithPid(pid_t wanted) {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<std::uintptr_t>(&wanted);
    arguments.set_tid_size = 1;
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
    if (pid == 0) {
        ::pause();
        ::_exit(0);
    }
    return pid;
}

TEST(ObservedProcess, IsNotMistakenForALaterOneWithItsPid) {
    ChildProcess child([](const auto&) {});
    ASSERT_TRUE(child.awaitStep());
    const pid_t pid = child.pid();
    auto reader = ProcessCountersReader::open(pid).value();
    const auto identity = reader.identity();
    ASSERT_TRUE(reader.readFast());
    const auto startTick = ::sysconf(_SC_CLK_TCK);
    ::usleep(static_cast<useconds_t>(2'000'000 / startTick)); // another start time
    child.killAndReap();
    const pid_t later = forkWithPid(pid);
    if (later < 0) {
        GTEST_SKIP() << "choosing a pid is not permitted here (needs CAP_CHECKPOINT_RESTORE)";
    }
    ASSERT_EQ(later, pid);
    EXPECT_TRUE(ProcessCountersReader::open(pid)) << "the later one can be read";
    EXPECT_FALSE(reader.readFast()) << "through the descriptors of the one that ended";
    EXPECT_FALSE(reader.readSlow());
    EXPECT_FALSE(ProcessCountersReader::open(identity));
    EXPECT_FALSE(readAddressSpace(identity));
    EXPECT_FALSE(PageStatesReader::open(identity));
    EXPECT_FALSE(AddressQuery::open(identity));
    EXPECT_FALSE(findStrings(identity, {}, {}));
    EXPECT_FALSE(clearReferenced(identity));
    EXPECT_FALSE(resetPeak(identity));
    EXPECT_FALSE(pageOut(identity, {}));
    EXPECT_FALSE(reclaimScope(identity));
    ::kill(later, SIGKILL);
    ::waitpid(later, nullptr, 0);
}

TEST(ObservedProcess, IsFollowedThroughExec) {
    ChildProcess child([](const auto& steps) {
        steps.reached();
        ::execl("/bin/sleep", "sleep", "60", nullptr);
    });
    ASSERT_TRUE(child.awaitStep());
    auto reader = ProcessCountersReader::open(child.pid()).value();
    ASSERT_TRUE(reader.readSlow());
    child.goOn();
    while (processName(child.pid()) != "sleep") {
    }
    const auto slow = reader.readSlow();
    ASSERT_TRUE(slow) << slow.error().message;
    EXPECT_TRUE(reader.readFast());
    EXPECT_GT(slow->pss, 0U);
}

// What may be read of a process, in words.
std::string seenOf(pid_t target) {
    auto reader = ProcessCountersReader::open(target);
    if (!reader) {
        return reader.error().message;
    }
    const auto slow = reader->readSlow();
    return std::string(reader->readFast() ? "fast " : "nothing ") +
           (slow ? "slow" : slow.error().message) + "|" +
           (readAddressSpace(reader->identity()) ? "map" : "no map");
}

TEST(ObservedProcess, OfAnotherUserShowsItsFastCountersOnly) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can become another user to try it";
    }
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t target = ::getpid();
    ChildProcess child([&](const auto&) {
        constexpr uid_t kNobody = 65534;
        std::string answer = "could not become another user";
        if (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0) {
            answer = ::access("/proc/self/stat", R_OK) == 0 ? seenOf(target) : "no /proc";
        }
        [[maybe_unused]] const auto written = ::write(pipe[1], answer.data(), answer.size());
    });
    ::close(pipe[1]); // so that a child that dies ends the reading
    std::array<char, 1024> bytes{};
    const ssize_t size = ::read(pipe[0], bytes.data(), bytes.size());
    ::close(pipe[0]);
    ASSERT_GT(size, 0);
    const std::string answer(bytes.data(), static_cast<std::size_t>(size));
    if (answer == "no /proc") {
        GTEST_SKIP() << "other users than root cannot reach /proc here";
    }
    EXPECT_EQ(answer,
              "fast process " + std::to_string(target) + " (" + processName(target) +
                  ") does not permit reading its smaps_rollup: run Ringscope as the user of that "
                  "process, or as root or with CAP_SYS_PTRACE if it is another user's or not "
                  "dumpable|no map");
}

// Cuts one mapping into as many as count by changing the protection of every second page.
void makeMappings(std::size_t count) {
    const auto size = count * 4 * kKiB;
    auto* start = static_cast<char*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (std::size_t at = 0; at < size; at += 8 * kKiB) {
        start[at] = 1;
        ::mprotect(start + at, 4 * kKiB, PROT_READ);
    }
}

// A map is whole or an error, whenever its process ends: the text of a process that ends while it
// is read just stops.
TEST(ObservedProcess, ThatEndsMeanwhileNeverGivesHalfAMap) {
    constexpr std::size_t kMappings = 5000;
    int failures = 0;
    // Whether it ends in the middle is for the scheduler to say: forty times it has the choice,
    // and again until it was so once.
    for (int attempt = 0; attempt < (failures > 0 ? 40 : 1000) && failures < 8; ++attempt) {
        const auto delayUs = static_cast<useconds_t>(attempt % 40 * 1000);
        ChildProcess child([&](const auto&) { makeMappings(kMappings); });
        ASSERT_TRUE(child.awaitStep());
        const auto identity = child.identity();
        Thread killer(
            "killer",
            [&](const std::stop_token&) {
                ::usleep(delayUs);
                ::kill(identity.pid, SIGKILL);
            },
            [](const Error&) {});
        const auto space = readAddressSpace(identity);
        killer.join();
        if (space) {
            EXPECT_GE(space->map.regions.size(), kMappings) << "killed after " << delayUs << " us";
        } else {
            EXPECT_EQ(space.error().kind, ErrorKind::target);
            failures += space.error().message.find("while its memory map") != std::string::npos;
        }
    }
    EXPECT_GT(failures, 0) << "it never ended in the middle";
}

} // namespace
} // namespace ringscope
