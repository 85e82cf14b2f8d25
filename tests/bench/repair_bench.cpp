// SPDX-License-Identifier: MIT
// How soon a ring works again after a participant was killed and the ring repaired. Two producers
// and two consumers run at full speed, a third of one role is killed again and again:
//   hook      between its claim and its publish or release
//   cas       between the CAS of its claim and its claimed bit
//   random    whatever it does, which is mostly a few microseconds of work on a slot in its hands
//   outsider  as cas, beside a process that maps the ring and is not in its roster: undecidable
//             while that one lives
// "Again" is when the survivors have passed on two laps of messages after the repair.
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "core/base/clock.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/repair.h"
#include "core/ring/segment.h"
#include "tests/bench/bench_report.h"
#include "tests/support/forked_process.h"

namespace ringscope::bench {
namespace {

constexpr std::size_t kCapacity = 64;
constexpr std::uint64_t kTwoLaps = 2 * kCapacity;
constexpr std::int64_t kLimitNs = kNsPerSecond;
constexpr std::int64_t kPatienceNs = 10 * kNsPerSecond;
constexpr std::int64_t kLongestLifeNs = 3 * kNsPerMs; // of a victim that is killed at random

enum class Kill { hook, cas, random, outsider };
constexpr std::array<std::pair<Kill, const char*>, 4> kKills{{{Kill::hook, "hook"},
                                                              {Kill::cas, "cas"},
                                                              {Kill::random, "random"},
                                                              {Kill::outsider, "outsider"}}};

// Between the measuring process and the others.
struct Control {
    alignas(128) std::atomic<std::uint64_t> ready{0};
    alignas(128) std::atomic<std::uint64_t> received[2]{};
};

[[noreturn]] void waitForDeath() {
    for (;;) {
        ::pause();
    }
}

void pushForEver(const Segment& segment, Control& control) {
    auto producer = Producer::join(segment, 0);
    const std::array<std::byte, 32> payload{};
    control.ready.fetch_add(1);
    while (producer) {
        if (!producer->try_push({}, payload)) {
            ::sched_yield();
        }
    }
}

void popForEver(const Segment& segment, Control& control, std::atomic<std::uint64_t>& received) {
    auto consumer = Consumer::join(segment, 0);
    std::array<std::byte, 32> buffer{};
    control.ready.fetch_add(1);
    while (consumer) {
        if (!consumer->try_pop(buffer)) {
            ::sched_yield();
        } else {
            received.fetch_add(1, std::memory_order_relaxed);
        }
    }
}

void workOnSlot() {
    for (int times = 0; times < 100; ++times) {
        __builtin_ia32_pause();
    }
}

void workForEver(const Segment& segment, layout::Role role, Control& control) {
    if (role == layout::Role::producer) {
        auto producer = Producer::join(segment, 0);
        control.ready.fetch_add(1);
        for (;;) {
            if (auto reservation = producer->try_reserve()) {
                workOnSlot();
                reservation.commit({}, 32);
            } else {
                ::sched_yield();
            }
        }
    }
    auto consumer = Consumer::join(segment, 0);
    control.ready.fetch_add(1);
    for (;;) {
        if (const auto peek = consumer->try_peek()) {
            workOnSlot();
        } else {
            ::sched_yield();
        }
    }
}

void holdForEver(const Segment& segment, layout::Role role, Control& control) {
    if (role == layout::Role::producer) {
        auto producer = Producer::join(segment, 0);
        for (;;) {
            if (const auto reservation = producer->try_reserve()) {
                control.ready.fetch_add(1);
                waitForDeath();
            }
            ::sched_yield();
        }
    }
    auto consumer = Consumer::join(segment, 0);
    for (;;) {
        if (const auto peek = consumer->try_peek()) {
            control.ready.fetch_add(1);
            waitForDeath();
        }
        ::sched_yield();
    }
}

// The steps of ChannelEnd::claim() up to its CAS.
void claimUpToCas(const Segment& segment, layout::Role role, Control& control) {
    using detail::shared;
    auto seat = RosterSeat::join(segment, role, 0);
    const ChannelView view = segment.channel(0);
    const bool isProducer = role == layout::Role::producer;
    const auto cursor = shared(isProducer ? view.shared->tail : view.shared->head);
    for (;;) {
        std::uint64_t position = cursor.load();
        if (shared(view.slot(position)->sequence).load() == position + (isProducer ? 0 : 1)) {
            shared(seat->entry()->intentFirst).store(position);
            shared(seat->entry()->intent).store(1);
            if (cursor.compare_exchange_strong(position, position + 1)) {
                control.ready.fetch_add(1);
                waitForDeath();
            }
        }
        ::sched_yield();
    }
}

struct Figures {
    int kills = 0;
    int decided = 0;
    int againInTime = 0;
    int slots = 0;
    std::vector<double> againMs;
    std::vector<std::string> refused; // with whom each waits for
};

class Rig {
public:
    explicit Rig(layout::Role role)
        : m_role(role)
        , m_control(new (::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Control) {
        SegmentSpec spec;
        spec.name = segmentName("repair_bench");
        spec.channels = {ChannelSpec{kCapacity, 64, 0, {}}};
        auto segment = Segment::create(spec);
        if (!segment) {
            std::fprintf(stderr, "%s\n", segment.error().message.c_str());
            std::exit(1);
        }
        m_segment.emplace(std::move(*segment));
        for (int index = 0; index < 2; ++index) {
            start([this] { pushForEver(*m_segment, *m_control); });
            start(
                [this, index] { popForEver(*m_segment, *m_control, m_control->received[index]); });
        }
    }
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    ~Rig() {
        m_survivors.clear();
        ::munmap(static_cast<void*>(m_control), sizeof(Control));
    }

    void killOnce(Kill kill, std::mt19937_64& random, Figures& figures) {
        std::optional<ForkedProcess> outsider;
        if (kill == Kill::outsider) {
            const std::uint64_t ready = m_control->ready.load();
            outsider.emplace([this] {
                const auto own = Segment::attach(m_segment->name());
                m_control->ready.fetch_add(1);
                waitForDeath();
            });
            awaitReady(ready + 1);
        }
        const std::uint64_t ready = m_control->ready.load();
        ForkedProcess victim([this, kill] { beVictim(kill); });
        awaitReady(ready + 1);
        if (kill == Kill::random) {
            const timespec life{0, static_cast<long>(random() % kLongestLifeNs)};
            ::nanosleep(&life, nullptr);
        }
        victim.kill();
        measure(outsider, figures);
    }

private:
    void start(const std::function<void()>& body) {
        const std::uint64_t ready = m_control->ready.load();
        m_survivors.push_back(std::make_unique<ForkedProcess>(body));
        awaitReady(ready + 1);
    }
    void awaitReady(std::uint64_t count) const {
        while (m_control->ready.load() < count) {
            ::sched_yield();
        }
    }
    void beVictim(Kill kill) {
        if (kill == Kill::hook) {
            holdForEver(*m_segment, m_role, *m_control);
        } else if (kill == Kill::random) {
            workForEver(*m_segment, m_role, *m_control);
        } else {
            claimUpToCas(*m_segment, m_role, *m_control);
        }
    }
    [[nodiscard]] std::uint64_t received() const {
        return m_control->received[0].load() + m_control->received[1].load();
    }

    void measure(std::optional<ForkedProcess>& outsider, Figures& figures) {
        ++figures.kills;
        auto report = repairRing(*m_segment);
        if (report && !report->refused.empty()) {
            figures.refused.push_back(report->refused.front().reason);
            if (outsider) {
                outsider->kill(); // whom it waits for has ended
                report = repairRing(*m_segment);
            }
        } else if (report) {
            ++figures.decided;
        }
        const std::int64_t repairedNs = monotonicNs();
        figures.slots += report ? static_cast<int>(report->slots.size()) : 0;
        const std::uint64_t until = received() + kTwoLaps;
        while (received() < until && monotonicNs() < repairedNs + kPatienceNs) {
            ::sched_yield();
        }
        const std::int64_t tookNs = monotonicNs() - repairedNs;
        figures.againMs.push_back(static_cast<double>(tookNs) / kNsPerMs);
        figures.againInTime += tookNs <= kLimitNs ? 1 : 0;
    }

    layout::Role m_role;
    Control* m_control;
    std::optional<Segment> m_segment;
    std::vector<std::unique_ptr<ForkedProcess>> m_survivors;
};

Median exactly(double value) {
    return {value, value, value};
}

// False: somebody did not get on in time, or a refusal names nobody.
bool measureKills(layout::Role role, Kill kill, const std::string& name, int kills,
                  std::mt19937_64& random, Report& report) {
    Figures figures;
    Rig rig(role);
    for (int count = 0; count < kills; ++count) {
        rig.killOnce(kill, random, figures);
    }
    const double all = figures.kills;
    if (figures.decided > 0) {
        report.add(name + "_decided", exactly(figures.decided / all));
    }
    report.add(name + "_again_within_1s", exactly(figures.againInTime / all));
    report.add(name + "_again_ms", medianOf(figures.againMs));
    report.add(name + "_slowest_ms",
               exactly(*std::max_element(figures.againMs.begin(), figures.againMs.end())));
    report.addCondition(name, std::to_string(figures.kills) + " kills, " +
                                  std::to_string(figures.slots) + " slots given back, " +
                                  std::to_string(figures.refused.size()) + " undecidable");
    if (!figures.refused.empty()) {
        report.addCondition(name + " waits", figures.refused.front());
    }
    const bool areNamed =
        std::all_of(figures.refused.begin(), figures.refused.end(),
                    [](const auto& reason) { return reason.find("pid ") != std::string::npos; });
    return figures.againInTime == figures.kills && areNamed;
}

} // namespace
} // namespace ringscope::bench

int main(int argc, char** argv) {
    using namespace ringscope;
    using namespace ringscope::bench;
    const Options options = parseOptions(argc, argv);
    const int kills = options.isQuick ? 5 : 200;
    std::mt19937_64 random(1);
    Report report("repair");
    addMachine(report);
    bool isFine = true;
    for (const layout::Role role : {layout::Role::producer, layout::Role::consumer}) {
        for (const auto& [kill, name] : kKills) {
            const std::string full =
                (role == layout::Role::producer ? "producer_" : "consumer_") + std::string(name);
            isFine = measureKills(role, kill, full, kills, random, report) && isFine;
        }
    }
    const int status = report.print(options);
    return isFine ? status : 1;
}
