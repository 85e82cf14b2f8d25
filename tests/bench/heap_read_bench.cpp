// SPDX-License-Identifier: MIT
// How long a heap profile takes from a running process into the pictures of the window: 400,000
// live blocks of 80,000 call stacks. The process is not stopped.
#include "core/base/clock.h"
#include "core/heap/call_tree.h"
#include "core/heap/heap_blocks.h"
#include "core/heap/ledger_receiver.h"
#include "core/heap/symbolizer.h"
#include "core/heap/tracker_environment.h"
#include "tests/bench/bench_report.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace ringscope;

constexpr std::size_t kMostBlocks = 100'000; // as the recorder keeps them

// The target, ended and waited for with this.
class Target {
public:
    static std::optional<Target> start(const LedgerReceiver& receiver, std::size_t stacks,
                                       std::size_t blocks) {
        const auto variables = trackerEnvironment(receiver, HeapMode::exact);
        if (!variables) {
            std::fprintf(stderr, "%s\n", variables.error().message.c_str());
            return std::nullopt;
        }
        Target target;
        int in[2] = {-1, -1};
        int out[2] = {-1, -1};
        if (::pipe(in) != 0 || ::pipe(out) != 0) {
            return std::nullopt;
        }
        target.m_pid = ::fork();
        if (target.m_pid == 0) {
            for (const auto& [name, value] : *variables) {
                ::setenv(name.c_str(), value.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
            }
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            for (const int each : {in[0], in[1], out[0], out[1]}) {
                ::close(each);
            }
            ::execl(HEAP_LIVE_TARGET, HEAP_LIVE_TARGET, std::to_string(stacks).c_str(),
                    std::to_string(blocks).c_str(), nullptr);
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        target.m_input.reset(in[1]);
        const FileDescriptor output(out[0]);
        char ready = 0;
        if (::read(output.get(), &ready, 1) != 1) { // it allocates all before
            return std::nullopt;
        }
        return target;
    }
    Target(Target&& other) noexcept
        : m_input(std::move(other.m_input))
        , m_pid(std::exchange(other.m_pid, -1)) {}
    Target& operator=(Target&&) = delete;
    ~Target() {
        m_input.reset();
        if (m_pid > 0) {
            ::waitpid(m_pid, nullptr, 0);
        }
    }

private:
    Target() = default;
    FileDescriptor m_input;
    pid_t m_pid = -1;
};

class Times {
public:
    explicit Times(std::string name)
        : m_name(std::move(name)) {}

    template <typename Work>
    auto measure(const Work& work) {
        const std::int64_t begin = monotonicNs();
        auto result = work();
        m_ms.push_back(static_cast<double>(monotonicNs() - begin) / 1e6);
        return result;
    }
    void addTo(bench::Report& report) const { report.add(m_name, bench::medianOf(m_ms)); }
    [[nodiscard]] const std::vector<double>& ms() const { return m_ms; }

private:
    std::string m_name;
    std::vector<double> m_ms;
};

bool measure(bench::Report& report, const ProfileReader& reader, int count) {
    Times stacks("stacks_ms");
    Times blocks("blocks_ms");
    Times names("names_ms");
    Times trees("trees_ms");
    Times rows("rows_ms");
    Symbolizer symbolizer; // it remembers files and addresses, as the window's does
    for (int i = 0; i < count; ++i) {
        auto profile = stacks.measure([&] { return reader.read(); });
        auto live = blocks.measure([&] { return reader.readBlocks(); });
        if (!profile || !live) {
            return false;
        }
        report.addCondition("stacks", std::to_string(profile->stacks.size()));
        report.addCondition("blocks", std::to_string(live->size()));
        keepBlocks(*profile, std::move(*live), kMostBlocks);
        const HeapSymbols symbols = names.measure([&] { return symbolizer.namesOf(*profile); });
        trees.measure([&] {
            return std::pair(CallTree(*profile, symbols, CallDirection::fromMain),
                             CallTree(*profile, symbols, CallDirection::fromAllocation));
        });
        rows.measure([&] { return HeapBlocks(*profile, symbols); });
    }
    std::vector<double> both = stacks.ms();
    for (std::size_t i = 0; i < both.size(); ++i) {
        both[i] += blocks.ms()[i];
    }
    report.add("read_ms", bench::medianOf(both));
    for (const Times* each : {&stacks, &blocks, &names, &trees, &rows}) {
        each->addTo(report);
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    const bench::Options options = bench::parseOptions(argc, argv);
    bench::Report report("heap-read");
    bench::addMachine(report);
    auto receiver = LedgerReceiver::create();
    if (!receiver) {
        std::fprintf(stderr, "%s\n", receiver.error().message.c_str());
        return 1;
    }
    const auto target = Target::start(*receiver, options.isQuick ? 8'000 : 80'000,
                                      options.isQuick ? 40'000 : 400'000);
    const std::vector<LedgerReader> ledgers = receiver->poll();
    const bool isMeasured =
        target && ledgers.size() == 1 && ledgers[0].profile() != nullptr &&
        measure(report, *ledgers[0].profile(), options.isQuick ? 3 : options.repeats);
    if (!isMeasured) {
        report.add("read_ms", {});
    }
    return report.print(options);
}
