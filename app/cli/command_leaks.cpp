// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/heap_choice.h"
#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/heap/function_name.h"
#include "core/heap/heap_blocks.h"
#include "core/heap/heap_growth.h"
#include "core/heap/leak_search.h"
#include "core/heap/leak_suppressions.h"
#include "core/session/leak_record.h"
#include "core/session/session_file.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

struct LeaksOptions {
    std::string target;
    std::vector<std::string> kinds = {"definite", "possible"};
    std::string failOn;
    std::vector<std::string> suppressionFiles;
    std::string growth; // how long to watch; empty: not
    std::string process;
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
    std::string unsearched{}; // why it was not searched; empty: it was
    std::optional<HeapGrowth> growth{};
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

// What of the definite, possible and indirect blocks each pattern has left out.
std::map<std::string, LeakSums> suppressedOf(const LeakReport& report) {
    std::map<std::string, LeakSums> sums;
    for (const LeakGroup& group : report.groups) {
        if (!group.suppression.empty()) {
            LeakSums& sum = sums[group.suppression];
            sum.blocks += group.sums.blocks;
            sum.bytes += group.sums.bytes;
        }
    }
    return sums;
}

// Rises of a site that only rises, over so many readings.
constexpr std::uint32_t kReadings = 6;
constexpr std::uint32_t kLeastRises = 3;

void printGrowth(const Finding& finding, const Stacks& stacks, const LeaksOptions& options) {
    if (!finding.growth) {
        return;
    }
    const auto growing = finding.growth->growing(kLeastRises);
    std::cout << "\nCall stacks whose live bytes only rose in " << options.growth << ": "
              << growing.size()
              << ". A second opinion, no proof: a cache that fills does so too.\n";
    for (std::size_t i = 0; i < growing.size() && i < options.top; ++i) {
        const GrowingStack& each = growing[i];
        std::cout << "\n+" << bytesText(each.toBytes - each.fromBytes) << ", to "
                  << sumsText({each.toBlocks, each.toBytes}) << '\n';
        printFrames(stacks.framesOf(each.stack), options.frames);
    }
}

void print(const Finding& finding, const LeaksOptions& options) {
    const LeakReport& report = finding.report;
    std::cout << printableName(finding.heap->name) << " (pid " << finding.heap->process.pid
              << ")\n";
    if (!finding.unsearched.empty()) {
        std::cout << "  " << finding.unsearched << '\n';
        return;
    }
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
    for (const auto& [pattern, sums] : suppressedOf(report)) {
        std::cout << "  suppressed by " << pattern << ": " << sumsText(sums) << '\n';
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
    printGrowth(finding, stacks, options);
}

Json jsonOf(const LeakSums& sums) {
    return {{"blocks", sums.blocks}, {"bytes", sums.bytes}};
}

Json framesJson(const std::vector<NamedFrame>& frames) {
    Json json = Json::array();
    for (const NamedFrame& frame : frames) {
        json.push_back({{"function", frame.function}, {"place", frame.place}});
    }
    return json;
}

Json growthJson(const HeapGrowth& growth, const Stacks& stacks) {
    Json json = Json::array();
    for (const GrowingStack& each : growth.growing(kLeastRises)) {
        json.push_back({{"from_bytes", each.fromBytes},
                        {"to_bytes", each.toBytes},
                        {"from_blocks", each.fromBlocks},
                        {"to_blocks", each.toBlocks},
                        {"rises", each.rises},
                        {"frames", framesJson(stacks.framesOf(each.stack))}});
    }
    return json;
}

Json jsonOf(const Finding& finding, const LeaksOptions& options) {
    const LeakReport& report = finding.report;
    Json json = {{"process", finding.heap->label},
                 {"pid", finding.heap->process.pid},
                 {"name", finding.heap->name},
                 {"when", report.moment == LeakMoment::atExit ? "at exit" : "on demand"}};
    if (!finding.unsearched.empty()) {
        json["unsearched"] = finding.unsearched;
        return json;
    }
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
        one["frames"] = framesJson(stacks.framesOf(group.stack));
        json["leaks"].push_back(std::move(one));
    }
    json["suppressed"] = Json::array();
    for (const auto& [pattern, sums] : suppressedOf(report)) {
        json["suppressed"].push_back(
            {{"pattern", pattern}, {"blocks", sums.blocks}, {"bytes", sums.bytes}});
    }
    if (finding.growth) {
        json["growth"] = growthJson(*finding.growth, stacks);
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

// Reads the profile again and again. Empty where growth was not asked for.
Expected<std::optional<HeapGrowth>> watchGrowth(const LedgerReader& tracked,
                                                const LeaksOptions& options) {
    if (options.growth.empty() || tracked.profile() == nullptr) {
        return std::optional<HeapGrowth>();
    }
    const auto duration = parseDurationNs(options.growth);
    if (!duration) {
        return duration.error();
    }
    HeapGrowth growth;
    for (std::uint32_t i = 0; i < kReadings && !isInterrupted(); ++i) {
        if (i > 0) {
            waitMs(*duration / (kReadings - 1) / kNsPerMs);
        }
        const auto profile = tracked.profile()->read();
        if (!profile) {
            return profile.error();
        }
        growth.add(*profile);
    }
    return std::optional(std::move(growth));
}

Expected<std::vector<Finding>> findInProcess(const LeaksOptions& options) {
    auto tracked = trackedProcess(options.target);
    if (!tracked) {
        return tracked.error();
    }
    auto growth = watchGrowth(*tracked, options);
    if (!growth) {
        return growth.error();
    }
    auto report = findLeaks(*tracked);
    if (!report) {
        return report.error();
    }
    const auto heap = runningHeap(*tracked);
    if (!heap) {
        return heap.error();
    }
    return std::vector<Finding>{{std::move(*report), *heap, {}, std::move(*growth)}};
}

Expected<std::vector<Finding>> findInFile(const LeaksOptions& options) {
    const auto file = SessionFile::open(options.target);
    if (!file) {
        return file.error();
    }
    const SessionView& view = *file->view;
    if (!view.leaks || view.leaks->empty()) {
        return makeError(ErrorKind::usage, options.target +
                                               " has no search for leaks: record it with "
                                               "ringscope-cli record --leaks -- COMMAND");
    }
    if (!options.growth.empty()) {
        return makeError(ErrorKind::usage, "--growth watches a process that runs, and " +
                                               options.target + " is a file: give a pid");
    }
    if (!view.damage.empty()) {
        remark(options.target + ": " + view.damage);
    }
    std::vector<Finding> findings;
    for (const auto& record : *view.leaks) {
        if (!options.process.empty() && record->label != options.process &&
            std::to_string(record->process.pid) != options.process) {
            continue;
        }
        Finding finding;
        finding.report = record->report.value_or(LeakReport());
        finding.unsearched = record->report ? std::string() : record->reason;
        HeapRecord none;
        none.label = record->label;
        none.process = record->process;
        none.name = record->name;
        finding.heap = std::make_shared<const HeapRecord>(std::move(none));
        for (const auto& heap : *view.heaps) { // of its programs, the last is the one that ended
            if (heap->process == record->process) {
                finding.heap = heap;
            }
        }
        findings.push_back(std::move(finding));
    }
    if (findings.empty()) {
        return makeError(ErrorKind::usage, options.target + " has no process " + options.process +
                                               " that was searched for leaks");
    }
    return findings;
}

Expected<LeakSuppressions> readSuppressions(const std::vector<std::string>& files) {
    LeakSuppressions suppressions;
    for (const std::string& path : files) {
        const auto text = readFile(path);
        if (!text) {
            return text.error();
        }
        if (const auto added = suppressions.add(*text, path); !added) {
            return added.error();
        }
    }
    return suppressions;
}

int leaks(const LeaksOptions& options) {
    const auto suppressions = readSuppressions(options.suppressionFiles);
    if (!suppressions) {
        return reportError(suppressions.error());
    }
    auto findings = isPid(options.target) ? findInProcess(options) : findInFile(options);
    if (!findings) {
        return reportError(findings.error());
    }
    Json processes = Json::array();
    bool hasFailed = false;
    for (std::size_t i = 0; i < findings->size(); ++i) {
        Finding& finding = (*findings)[i];
        suppressions->applyTo(finding.report, finding.heap->profile, finding.heap->symbols);
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
    command
        ->add_option("--suppressions", options->suppressionFiles,
                     "Known leaks that are not listed and fail nothing, as LeakSanitizer takes "
                     "them: lines leak:PATTERN; may be given several times")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command
        ->add_option("--growth", options->growth,
                     "Watches a process first, and lists the call stacks whose live bytes only "
                     "rise: 10s")
        ->type_name("D");
    command->add_option("--process", options->process, "Of a file, only this one: P0, or its pid")
        ->type_name("LABEL");
    command->add_option("--top", options->top, "How many call stacks to list (default 10)")
        ->type_name("N");
    command
        ->add_option("--frames", options->frames,
                     "How many frames of each, from the innermost (default 16)")
        ->type_name("N");
    command->add_flag("--json", options->isJson,
                      "Prints one JSON document, with all call stacks and frames");
    command->footer(
        "Examples:\n"
        "  ringscope-cli leaks 4711\n"
        "  ringscope-cli leaks 4711 --growth 10s\n"
        "  ringscope-cli record --leaks -o it.ringscope -- ./program\n"
        "  ringscope-cli leaks it.ringscope --fail-on definite --suppressions known.supp\n"
        "  ringscope-cli leaks 4711 --kinds definite,indirect --json");
    command->callback([options, &line] { line.command = [options] { return leaks(*options); }; });
}

} // namespace ringscope
