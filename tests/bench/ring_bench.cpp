// SPDX-License-Identifier: MIT
// The ring beside its peers, as docs/command-line.md names the figures. Candidates are interleaved
// within each repeat and compared repeat by repeat, because the machine's core-to-core latency
// moves more between minutes than any queue differs from another.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/segment.h"
#include "core/ring/wait.h"
#include "tests/bench/bench_report.h"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <xenium/vyukov_bounded_queue.hpp>

namespace ringscope::bench {
namespace {

constexpr int kMaxWorkers = 16;
constexpr std::size_t kCapacity = 1024;

struct alignas(128) Counter {
    std::atomic<std::uint64_t> value{0};
};

// Between the measuring process and its workers, be they threads or processes.
struct Control {
    std::atomic<std::uint32_t> ready{0};
    alignas(128) std::atomic<std::uint32_t> isStarted{0};
    alignas(128) std::atomic<std::uint32_t> isStopped{0};
    std::array<Counter, kMaxWorkers> received;
};

template <typename T>
class Shared { // lives in memory that forked children share
public:
    Shared()
        : m_value(new (::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(static_cast<void*>(m_value), sizeof(T)); }
    T* operator->() { return m_value; }
    T& operator*() { return *m_value; }

private:
    T* m_value;
};

void pinTo(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(processor), &set);
    ::sched_setaffinity(0, sizeof(set), &set);
}

// What every candidate does when the queue is full or empty: 64 pauses, then it yields.
class Backoff {
public:
    void begin() { m_looks = 0; }
    void end() {}
    void pause() {
        if (m_looks < 64) {
            ++m_looks;
            __builtin_ia32_pause();
        } else {
            ::sched_yield();
        }
    }

private:
    int m_looks = 0;
};

// A length that the compiler cannot know.
std::size_t opaque(std::size_t length) {
    volatile std::size_t hidden = length;
    return hidden;
}

template <bool kRecordsIntent, std::uint32_t kBatch>
struct OwnRing {
    explicit OwnRing(std::size_t payload, WaitPolicy waitPolicy = WaitPolicy::spinYield)
        : segment(make(payload))
        , length(opaque(payload))
        , policy(waitPolicy) {
        segment.prefault();
    }
    static Segment make(std::size_t payload) {
        SegmentSpec spec;
        spec.name = segmentName("bench");
        spec.channels = {ChannelSpec{kCapacity, static_cast<std::uint32_t>(payload), 0, ""}};
        auto created = Segment::create(spec);
        if (!created) {
            std::fprintf(stderr, "%s\n", created.error().message.c_str());
            std::exit(1);
        }
        return std::move(*created);
    }

    struct Push {
        explicit Push(OwnRing& ring)
            : producer(std::move(*BasicProducer<kRecordsIntent>::join(ring.segment, 0)))
            , waiter(producer.channel(), layout::Role::producer, ring.policy)
            , payload(ring.length, std::byte{1}) {}
        std::uint32_t operator()() {
            if constexpr (kBatch == 1) {
                return producer.try_push({++id, 0, 0, 0}, payload) ? 1 : 0;
            } else {
                auto batch = producer.try_reserve_batch(kBatch);
                for (std::uint32_t i = 0; i < batch.size(); ++i) {
                    copyBytes(batch.payload(i).data(), payload.data(), payload.size());
                    batch.write(i, {++id, 0, 0, 0}, payload.size());
                }
                const std::uint32_t count = batch.size();
                batch.commit();
                return count;
            }
        }
        BasicProducer<kRecordsIntent> producer;
        ChannelWaiter waiter;
        std::vector<std::byte> payload;
        std::uint64_t id = 0;
    };
    struct Pop {
        explicit Pop(OwnRing& ring)
            : consumer(std::move(*BasicConsumer<kRecordsIntent>::join(ring.segment, 0)))
            , waiter(consumer.channel(), layout::Role::consumer, ring.policy)
            , buffer(ring.length) {}
        std::uint32_t operator()() {
            if constexpr (kBatch == 1) {
                return consumer.try_pop(buffer) ? 1 : 0;
            } else {
                const auto peek = consumer.try_peek_batch(kBatch);
                for (std::uint32_t i = 0; i < peek.size(); ++i) {
                    const MessageView view = peek.message(i);
                    copyBytes(buffer.data(), view.payload.data(), view.payload.size());
                }
                return peek.size();
            }
        }
        BasicConsumer<kRecordsIntent> consumer;
        ChannelWaiter waiter;
        std::vector<std::byte> buffer;
    };

    Segment segment;
    std::size_t length;
    WaitPolicy policy;
};

template <std::size_t kPayload>
struct Message {
    layout::MessageMetadata metadata;
    std::array<std::byte, kPayload> payload;
};

template <std::size_t kPayload>
struct XeniumQueue {
    struct Push {
        explicit Push(XeniumQueue& owner)
            : queue(&owner.queue) {}
        std::uint32_t operator()() {
            ++message.metadata.messageId;
            return queue->try_push(message) ? 1 : 0;
        }
        xenium::vyukov_bounded_queue<Message<kPayload>>* queue;
        Message<kPayload> message{};
        Backoff waiter;
    };
    struct Pop {
        explicit Pop(XeniumQueue& owner)
            : queue(&owner.queue) {}
        std::uint32_t operator()() { return queue->try_pop(message) ? 1 : 0; }
        xenium::vyukov_bounded_queue<Message<kPayload>>* queue;
        Message<kPayload> message{};
        Backoff waiter;
    };
    xenium::vyukov_bounded_queue<Message<kPayload>> queue{kCapacity};
};

struct BoostMessageQueue {
    BoostMessageQueue()
        : name(segmentName("bench-mq"))
        , queue(boost::interprocess::create_only, name.c_str(), kCapacity, sizeof(Message<64>)) {}
    BoostMessageQueue(const BoostMessageQueue&) = delete;
    BoostMessageQueue& operator=(const BoostMessageQueue&) = delete;
    ~BoostMessageQueue() { boost::interprocess::message_queue::remove(name.c_str()); }
    struct Push {
        explicit Push(BoostMessageQueue& owner)
            : queue(&owner.queue) {}
        std::uint32_t operator()() {
            ++message.metadata.messageId;
            return queue->try_send(&message, sizeof(message), 0) ? 1 : 0;
        }
        boost::interprocess::message_queue* queue;
        Message<64> message{};
        Backoff waiter;
    };
    struct Pop {
        explicit Pop(BoostMessageQueue& owner)
            : queue(&owner.queue) {}
        std::uint32_t operator()() {
            std::size_t size = 0;
            unsigned priority = 0;
            return queue->try_receive(&message, sizeof(message), size, priority) ? 1 : 0;
        }
        boost::interprocess::message_queue* queue;
        Message<64> message{};
        Backoff waiter;
    };
    std::string name;
    boost::interprocess::message_queue queue;
};

struct Load {
    int producers = 1;
    int consumers = 1;
    bool isPinned = false;
    bool inProcesses = false;
    std::int64_t windowNs = 60 * kNsPerMs;
};

template <typename Operation, typename Queue>
void work(Queue& queue, Control& control, std::atomic<std::uint64_t>* counter) {
    Operation operation(queue);
    control.ready.fetch_add(1, std::memory_order_release); // pairs with the load in measure()
    while (control.isStarted.load(std::memory_order_acquire) == 0) {
        ::sched_yield();
    }
    std::uint64_t done = 0;
    while (control.isStopped.load(std::memory_order_relaxed) == 0) {
        std::uint32_t count = operation();
        if (count == 0) {
            operation.waiter.begin();
            while (count == 0 && control.isStopped.load(std::memory_order_relaxed) == 0) {
                operation.waiter.pause();
                count = operation();
            }
            operation.waiter.end();
        }
        done += count;
        if (counter != nullptr) {
            counter->store(done, std::memory_order_relaxed);
        }
    }
}

// Messages received per second, over a window that starts when everybody is at work.
template <typename Queue>
double measure(Queue& queue, const Load& load) {
    Shared<Control> control;
    const int workers = load.producers + load.consumers;
    const auto body = [&](int index) {
        if (load.isPinned) {
            pinTo(index);
        }
        if (index < load.producers) {
            work<typename Queue::Push>(queue, *control, nullptr);
        } else {
            work<typename Queue::Pop>(queue, *control,
                                      &control->received.at(static_cast<std::size_t>(index)).value);
        }
    };
    std::vector<std::thread> threads;
    std::vector<pid_t> children;
    for (int index = 0; index < workers; ++index) {
        if (!load.inProcesses) {
            threads.emplace_back(body, index);
        } else if (const pid_t child = ::fork(); child == 0) {
            body(index);
            ::_exit(0);
        } else {
            children.push_back(child);
        }
    }
    const auto received = [&] {
        std::uint64_t sum = 0;
        for (const Counter& counter : control->received) {
            sum += counter.value.load(std::memory_order_relaxed);
        }
        return sum;
    };
    const auto sleepNs = [](std::int64_t ns) {
        const timespec time{0, ns};
        ::nanosleep(&time, nullptr);
    };
    while (control->ready.load(std::memory_order_acquire) != static_cast<unsigned>(workers)) {
        sleepNs(kNsPerMs / 10);
    }
    control->isStarted.store(1, std::memory_order_release);
    sleepNs(load.windowNs / 6); // warm-up
    const std::uint64_t before = received();
    const std::int64_t start = monotonicNs();
    sleepNs(load.windowNs);
    const std::uint64_t after = received();
    const std::int64_t end = monotonicNs();
    control->isStopped.store(1, std::memory_order_relaxed);
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const pid_t child : children) {
        ::waitpid(child, nullptr, 0);
    }
    return static_cast<double>(after - before) * 1e9 / static_cast<double>(end - start);
}

// Round trip of a word between two pinned threads, in ns: the machine's own latency.
double probeNs(int rounds) {
    alignas(128) std::atomic<int> ping{0};
    alignas(128) std::atomic<int> pong{0};
    std::thread other([&] {
        pinTo(1);
        for (int i = 1; i <= rounds; ++i) {
            while (ping.load(std::memory_order_acquire) != i) { // pairs with the store below
            }
            pong.store(i, std::memory_order_release);
        }
    });
    std::int64_t took = 0;
    std::thread self([&] {
        pinTo(0);
        const std::int64_t start = monotonicNs();
        for (int i = 1; i <= rounds; ++i) {
            ping.store(i, std::memory_order_release);
            while (pong.load(std::memory_order_acquire) != i) { // pairs with the store above
            }
        }
        took = monotonicNs() - start;
    });
    self.join();
    other.join();
    return static_cast<double>(took) / rounds;
}

// Median round trip of a 64 B message through two rings between two pinned processes, in ns.
double pingPongNs(int rounds) {
    using Ring = OwnRing<true, 1>;
    Ring there(64);
    Ring back(64);
    const pid_t child = ::fork();
    if (child == 0) {
        pinTo(1);
        Ring::Pop pop(there);
        Ring::Push push(back);
        for (int i = 0; i < rounds; ++i) {
            while (pop() == 0) {
            }
            push();
        }
        ::_exit(0);
    }
    std::vector<double> times;
    std::thread self([&] {
        pinTo(0);
        Ring::Push push(there);
        Ring::Pop pop(back);
        for (int i = 0; i < rounds; ++i) {
            const std::int64_t start = monotonicNs();
            push();
            while (pop() == 0) {
            }
            times.push_back(static_cast<double>(monotonicNs() - start));
        }
    });
    self.join();
    ::waitpid(child, nullptr, 0);
    return medianOf(times).value;
}

// Rates of several candidates, one row a repeat; who begins rotates.
std::vector<std::vector<double>>
interleave(int repeats, const std::vector<std::function<double()>>& candidates) {
    std::vector<std::vector<double>> rates(candidates.size());
    for (int repeat = 0; repeat < repeats; ++repeat) {
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            const std::size_t which = (i + static_cast<std::size_t>(repeat)) % candidates.size();
            rates[which].push_back(candidates[which]());
        }
    }
    return rates;
}

void note(Report& report, const std::string& name, const std::vector<double>& rates) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.2f", medianOf(rates).value / 1e6);
    report.addCondition("rate_" + name + "_mmsg_s", text);
}

void compareThreads(Report& report, const Options& options, std::int64_t windowNs) {
    Load pinned{1, 1, true, false, windowNs};
    {
        OwnRing<true, 1> own(64);
        XeniumQueue<64> xenium;
        OwnRing<true, 16> batch(64);
        OwnRing<false, 1> plain(64);
        const auto rates = interleave(options.repeats, {[&] { return measure(own, pinned); },
                                                        [&] { return measure(xenium, pinned); },
                                                        [&] { return measure(batch, pinned); },
                                                        [&] { return measure(plain, pinned); }});
        report.add("threads_1x1_64_vs_xenium", medianOf(ratios(rates[0], rates[1])));
        report.add("batch16_vs_single_64", medianOf(ratios(rates[2], rates[0])));
        report.add("robust_vs_plain", medianOf(ratios(rates[0], rates[3])));
        note(report, "threads_1x1_64", rates[0]);
        note(report, "threads_1x1_64_xenium", rates[1]);
    }
    {
        const Load load{2, 2, false, false, windowNs};
        OwnRing<true, 1> own(64);
        XeniumQueue<64> xenium;
        const auto rates = interleave(options.repeats, {[&] { return measure(own, load); },
                                                        [&] { return measure(xenium, load); }});
        report.add("threads_2x2_64_vs_xenium", medianOf(ratios(rates[0], rates[1])));
        note(report, "threads_2x2_64", rates[0]);
    }
    {
        OwnRing<true, 1> own(1024);
        XeniumQueue<1024> xenium;
        const auto rates = interleave(options.repeats, {[&] { return measure(own, pinned); },
                                                        [&] { return measure(xenium, pinned); }});
        report.add("threads_1x1_1024_vs_xenium", medianOf(ratios(rates[0], rates[1])));
        note(report, "threads_1x1_1024", rates[0]);
    }
}

void compareProcesses(Report& report, const Options& options, std::int64_t windowNs) {
    for (const int side : {1, 2}) {
        const Load load{side, side, side == 1, true, windowNs};
        OwnRing<true, 1> own(64);
        BoostMessageQueue boost;
        const auto rates = interleave(options.repeats, {[&] { return measure(own, load); },
                                                        [&] { return measure(boost, load); }});
        const std::string which = std::to_string(side) + "x" + std::to_string(side);
        report.add("processes_" + which + "_64_vs_bip_mq", medianOf(ratios(rates[0], rates[1])));
        note(report, "processes_" + which + "_64", rates[0]);
    }
}

std::int64_t processCpuNs() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

// Processor time, in percent of one, of four producers that wait at a full ring and four consumers
// that wait at an empty one.
double idlePercent(const Options& options) {
    using Ring = OwnRing<true, 1>;
    Ring full(64, WaitPolicy::futex);
    Ring empty(64, WaitPolicy::futex);
    Ring::Push filler(full);
    while (filler() != 0) {
    }
    Shared<Control> control;
    control->isStarted.store(1);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] { work<Ring::Push>(full, *control, nullptr); });
        threads.emplace_back([&] { work<Ring::Pop>(empty, *control, nullptr); });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200)); // they have begun to wait
    const std::int64_t start = monotonicNs();
    const std::int64_t startCpu = processCpuNs();
    std::this_thread::sleep_for(std::chrono::seconds(options.isQuick ? 1 : 10));
    const auto cpu = static_cast<double>(processCpuNs() - startCpu);
    const double percent = 100 * cpu / static_cast<double>(monotonicNs() - start);
    control->isStopped.store(1);
    for (std::thread& thread : threads) {
        thread.join();
    }
    return percent;
}

void compareWaiting(Report& report, const Options& options, std::int64_t windowNs) {
    const Load load{4, 4, false, false, windowNs};
    OwnRing<true, 1> futex(64, WaitPolicy::futex);
    OwnRing<true, 1> yielding(64, WaitPolicy::spinYield);
    const auto rates = interleave(options.repeats, {[&] { return measure(futex, load); },
                                                    [&] { return measure(yielding, load); }});
    report.add("futex_vs_yield_4x4_64", medianOf(ratios(rates[0], rates[1])));
    const double idle = idlePercent(options);
    report.add("idle_workers_cpu_percent", {idle, idle, idle});
}

void compareLatency(Report& report, const Options& options) {
    const int rounds = options.isQuick ? 5'000 : 50'000;
    const auto times = interleave(
        options.repeats, {[&] { return pingPongNs(rounds); }, [&] { return probeNs(rounds); }});
    report.add("pingpong_p50_vs_probe", medianOf(ratios(times[0], times[1])));
    report.add("probe_ns", medianOf(times[1]));
    char text[64];
    std::snprintf(text, sizeof(text), "%.0f", medianOf(times[0]).value);
    report.addCondition("pingpong_p50_ns", text);
    const auto [low, high] = std::minmax_element(times[1].begin(), times[1].end());
    std::snprintf(text, sizeof(text), "%.0f to %.0f", *low, *high);
    report.addCondition("probe_ns_range", text);
}

} // namespace
} // namespace ringscope::bench

int main(int argc, char** argv) {
    using namespace ringscope::bench;
    const Options options = parseOptions(argc, argv);
    const std::int64_t windowNs = (options.isQuick ? 12 : 60) * ringscope::kNsPerMs;
    Report report("ring");
    addMachine(report);
    report.addCondition("repeats", std::to_string(options.repeats));
    report.addCondition("window_ms", std::to_string(windowNs / ringscope::kNsPerMs));
    if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        std::fprintf(stderr, "ring: two processors are needed, there is one\n");
        return 1;
    }
    compareThreads(report, options, windowNs);
    compareProcesses(report, options, windowNs);
    compareWaiting(report, options, windowNs);
    compareLatency(report, options);
    return report.print(options);
}
