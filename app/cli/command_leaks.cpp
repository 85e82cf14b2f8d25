// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/heap_choice.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/heap/function_name.h"
#include "core/heap/heap_blocks.h"
#include "core/heap/leak_search.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

struct LeaksOptions {
    std::string target;
    std::vector<std::string> kinds = {"definite", "possible"};
    std::string failOn;
    std::size_t top = 10;
    std::size_t frames = 16;
    bool isJson = false;
};

constexpr LeakKind kKinds[] = {LeakKind::definite, LeakKind::possible, LeakKind::indirect,
                               LeakKind::reachable};

// What was found in one process, and what tells its stacks.
struct Finding {
    LeakReport report;
    std::shared_ptr<const HeapRecord> heap;
};

std::string bytesText(std::uint64_t bytes) {
    return formatBytes(static_cast<double>(bytes));
}

std::string sumsText(const LeakSums& sums) {
    return bytesText(sums.bytes) + " in " + formatCount(static_cast<double>(sums.blocks)) +
           (sums.blocks == 1 ? " block" : " blocks");
}

const char* kindText(LeakKind kind) {
    switch (kind) {
    case LeakKind::definite:
        return "definitely lost";
    case LeakKind::possible:
        return "possibly lost";
    case LeakKind::indirect:
        return "indirectly lost";
    case LeakKind::reachable:
        break;
    }
    return "still reachable";
}

class Stacks {
public:
    explicit Stacks(const HeapRecord& heap)
        : m_heap(heap) {
        for (const HeapStack& stack : heap.profile.stacks) {
            m_byNumber.emplace(stack.number, &stack);
        }
    }
    [[nodiscard]] std::vector<NamedFrame> framesOf(std::uint32_t number) const {
        const auto found = m_byNumber.find(number);
        return found == m_byNumber.end()
                   ? std::vector<NamedFrame>()
                   : namedFrames(m_heap.profile, m_heap.symbols, *found->second);
    }

private:
    const HeapRecord& m_heap;
    std::unordered_map<std::uint32_t, const HeapStack*> m_byNumber;
};

bool isListed(const LeakGroup& group, const LeaksOptions& options) {
    return group.suppression.empty() && std::find(options.kinds.begin(), options.kinds.end(),
                                                  leakKindText(group.kind)) != options.kinds.end();
}

std::string ageText(const LeakGroup& group, const LeakReport& report) {
    const std::string oldest =
        formatDuration(std::max<std::int64_t>(report.timeNs - group.oldestNs, 0));
    const std::string newest =
        formatDuration(std::max<std::int64_t>(report.timeNs - group.newestNs, 0));
    return group.sums.blocks == 1 || oldest == newest ? oldest + " old"
                                                      : newest + " to " + oldest + " old";
}

void printFrames(const std::vector<NamedFrame>& frames, std::size_t most) {
    const std::size_t shown = std::min(frames.size(), most);
    for (std::size_t i = 0; i < shown; ++i) {
        std::cout << "    " << printableName(shortFunctionName(frames[i].function));
        if (!frames[i].place.empty()) {
            std::cout << "  " << printableName(frames[i].place);
        }
        std::cout << '\n';
    }
    if (shown < frames.size()) {
        std::cout << "    ... " << frames.size() - shown << " more\n";
    }
    if (frames.empty()) {
        std::cout << "    [its call stack is not known]\n";
    }
}

void print(const Finding& finding, const LeaksOptions& options) {
    const LeakReport& report = finding.report;
    std::cout << printableName(finding.heap->name) << " (pid " << finding.heap->process.pid
              << ")\n";
    for (const LeakKind kind : kKinds) {
        std::cout << "  " << kindText(kind) << ": " << sumsText(report.of(kind)) << '\n';
    }
    std::cout << "  it stood still for " << formatDuration(report.stoppedNs)
              << (report.stops > 1 ? ", " + std::to_string(report.stops) + " times at most" : "")
              << ": " << bytesText(report.copiedBytes) << " of " << report.threads
              << (report.threads == 1 ? " thread" : " threads") << " and its heap were copied\n";
    if (!report.isWholeHeapKnown) {
        std::cout << "  it has blocks from before it was recorded, which may hold others: all that "
                     "they could hold was taken for used\n";
    }
    const Stacks stacks(*finding.heap);
    std::size_t number = 0;
    for (const LeakGroup& group : report.groups) {
        if (!isListed(group, options)) {
            continue;
        }
        if (number == options.top) {
            std::cout << "\nThere are more: --top N lists them.\n";
            break;
        }
        std::cout << "\n#" << ++number << "  " << kindText(group.kind) << ": "
                  << sumsText(group.sums);
        if (group.indirect.blocks != 0) {
            std::cout << ", and with them " << sumsText(group.indirect);
        }
        std::cout << " · " << ageText(group, report) << '\n';
        printFrames(stacks.framesOf(group.stack), options.frames);
    }
}

Json jsonOf(const LeakSums& sums) {
    return {{"blocks", sums.blocks}, {"bytes", sums.bytes}};
}

Json jsonOf(const Finding& finding, const LeaksOptions& options) {
    const LeakReport& report = finding.report;
    Json json = {{"process", finding.heap->label},
                 {"pid", finding.heap->process.pid},
                 {"name", finding.heap->name},
                 {"when", report.moment == LeakMoment::atExit ? "at exit" : "on demand"}};
    for (const LeakKind kind : kKinds) {
        json[leakKindText(kind)] = jsonOf(report.of(kind));
    }
    json["stopped_ns"] = report.stoppedNs;
    json["stops"] = report.stops;
    json["threads"] = report.threads;
    json["copied_bytes"] = report.copiedBytes;
    json["swapped_bytes"] = report.swappedBytes;
    json["is_whole_heap_known"] = report.isWholeHeapKnown;
    const Stacks stacks(*finding.heap);
    json["leaks"] = Json::array();
    for (const LeakGroup& group : report.groups) {
        if (!isListed(group, options)) {
            continue;
        }
        Json one = {{"kind", leakKindText(group.kind)},
                    {"blocks", group.sums.blocks},
                    {"bytes", group.sums.bytes},
                    {"indirect", jsonOf(group.indirect)},
                    {"address", group.address},
                    {"oldest_age_ns", report.timeNs - group.oldestNs},
                    {"newest_age_ns", report.timeNs - group.newestNs}};
        one["frames"] = Json::array();
        for (const NamedFrame& frame : stacks.framesOf(group.stack)) {
            one["frames"].push_back({{"function", frame.function}, {"place", frame.place}});
        }
        json["leaks"].push_back(std::move(one));
    }
    return json;
}

bool isFailure(const LeakReport& report, const std::string& failOn) {
    const auto has = [&report](LeakKind kind) {
        return std::any_of(report.groups.begin(), report.groups.end(), [kind](const auto& group) {
            return group.kind == kind && group.suppression.empty();
        });
    };
    return (!failOn.empty() && has(LeakKind::definite)) ||
           ((failOn == "possible" || failOn == "reachable") && has(LeakKind::possible)) ||
           (failOn == "reachable" && has(LeakKind::reachable));
}

Expected<std::vector<Finding>> findInProcess(const LeaksOptions& options) {
    auto tracked = trackedProcess(options.target);
    if (!tracked) {
        return tracked.error();
    }
    auto report = findLeaks(*tracked);
    if (!report) {
        return report.error();
    }
    const auto heap = runningHeap(*tracked);
    if (!heap) {
        return heap.error();
    }
    return std::vector<Finding>{{std::move(*report), *heap}};
}

int leaks(const LeaksOptions& options) {
    const auto findings = findInProcess(options);
    if (!findings) {
        return reportError(findings.error());
    }
    Json processes = Json::array();
    bool hasFailed = false;
    for (std::size_t i = 0; i < findings->size(); ++i) {
        const Finding& finding = (*findings)[i];
        hasFailed = hasFailed || isFailure(finding.report, options.failOn);
        if (options.isJson) {
            processes.push_back(jsonOf(finding, options));
        } else {
            std::cout << (i == 0 ? "" : "\n");
            print(finding, options);
        }
    }
    if (options.isJson) {
        std::cout << Json{{"processes", std::move(processes)}}.dump(2, ' ', false,
                                                                    Json::error_handler_t::replace)
                  << '\n';
    }
    return hasFailed ? kExitFailed : kExitDone;
}

} // namespace

void addLeaksCommand(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<LeaksOptions>();
    CLI::App* command = app.add_subcommand(
        "leaks", "Finds blocks that a program can no longer reach, by kind and call stack");
    command
        ->add_option("target", options->target,
                     "A process that is recorded with --heap exact, or a .ringscope file that was "
                     "recorded with --leaks")
        ->required()
        ->type_name("PID|FILE");
    command
        ->add_option("--kinds", options->kinds,
                     "Which to list: definite, possible, indirect, reachable (default "
                     "definite,possible); all are counted")
        ->delimiter(',')
        ->check(CLI::IsMember({"definite", "possible", "indirect", "reachable"}))
        ->type_name("KIND,...")
        ->allow_extra_args(false);
    command
        ->add_option("--fail-on", options->failOn,
                     "Exit status 1 if there are blocks of that kind or a worse one: definite, "
                     "possible or reachable")
        ->check(CLI::IsMember({"definite", "possible", "reachable"}))
        ->type_name("KIND");
    command->add_option("--top", options->top, "How many call stacks to list (default 10)")
        ->type_name("N");
    command
        ->add_option("--frames", options->frames,
                     "How many frames of each, from the innermost (default 16)")
        ->type_name("N");
    command->add_flag("--json", options->isJson,
                      "Prints one JSON document, with all call stacks and frames");
    command->footer("Examples:\n"
                    "  ringscope-cli leaks 4711\n"
                    "  ringscope-cli leaks 4711 --kinds definite,indirect --json");
    command->callback([options, &line] { line.command = [options] { return leaks(*options); }; });
}

} // namespace ringscope
