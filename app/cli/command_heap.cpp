// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/annotation_text.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/heap_choice.h"
#include "app/cli/heap_range.h"
#include "core/base/clock.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/heap/call_tree.h"
#include "core/heap/function_name.h"
#include "core/heap/heap_blocks.h"
#include "core/heap/heap_sites.h"
#include "core/session/annotation_json.h"
#include "core/session/heap_record.h"
#include "core/session/session_file.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

struct HeapOptions {
    std::string file;
    std::string process;
    std::string sort = "peak";
    std::string by = "stack";
    std::string from;
    std::string to;
    std::size_t top = 10;
    std::size_t frames = 16;
    bool isJson = false;
};

std::vector<NamedFrame> framesOf(const HeapRecord& record, const HeapSite& site) {
    std::vector<NamedFrame> frames;
    for (const std::uint32_t location : site.locations) {
        addNamedFrames(record.profile, record.symbols, location, frames);
    }
    return frames;
}

std::vector<HeapSite> sortedSites(const HeapRecord& record, HeapMeasure measure) {
    std::vector<HeapSite> sites = heapSites(record.profile, record.symbols);
    std::stable_sort(sites.begin(), sites.end(), [measure](const HeapSite& a, const HeapSite& b) {
        return valueOf(a.sums, measure) > valueOf(b.sums, measure);
    });
    return sites;
}

std::string bytesText(std::uint64_t bytes) {
    return formatBytes(static_cast<double>(bytes));
}

std::string countText(std::uint64_t count) {
    return formatCount(static_cast<double>(count));
}

std::string blocksText(std::uint64_t blocks) {
    return countText(blocks) + (blocks == 1 ? " block" : " blocks");
}

std::string shareText(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) {
        return {};
    }
    char text[16];
    std::snprintf(text, sizeof(text), " (%.1f %%)",
                  100.0 * static_cast<double>(part) / static_cast<double>(whole));
    return text;
}

std::string sumsText(const HeapSums& sums, const HeapSums& total, bool isTemporaryKnown) {
    const std::string temporary =
        isTemporaryKnown ? ", " + countText(sums.temporaryBlocks) + " temporary" : "";
    return "live " + bytesText(sums.liveBytes) + shareText(sums.liveBytes, total.liveBytes) +
           " in " + blocksText(sums.liveBlocks) + " · at the peak " + bytesText(sums.peakBytes) +
           shareText(sums.peakBytes, total.peakBytes) + " · in all " + bytesText(sums.bytes) +
           shareText(sums.bytes, total.bytes) + " in " + blocksText(sums.blocks) + temporary;
}

void printNotes(const HeapRecord& record) {
    const HeapProfile& profile = record.profile;
    if (profile.range) {
        std::cout << "  Only of " << formatDuration(profile.range->fromNs - profile.startNs)
                  << " to " << formatDuration(profile.range->toNs - profile.startNs)
                  << " after the recording began, two readings of it: allocated between them, and "
                     "alive at the second.\n";
    }
    if (profile.samplePeriodBytes != 0) {
        std::cout << "  Estimated from samples, one block in "
                  << bytesText(profile.samplePeriodBytes)
                  << " that were asked for: of few samples it may be far off.\n";
    }
    if (const std::int64_t delay = recordingDelayNs(profile); delay > 0) {
        std::cout << "  Recorded from " << formatDuration(delay)
                  << " after the start on: what is older is not in it.\n";
    }
    if (profile.peakErrorBytes != 0) {
        std::cout << "  Several threads: the peak, and what was alive at it, is within "
                  << bytesText(profile.peakErrorBytes) << " a thread.\n";
    }
    if (profile.unknownFrees != 0) {
        std::cout << "  Freed, but older than the recording: " << blocksText(profile.unknownFrees)
                  << ".\n";
    }
    if (profile.lost != 0) {
        std::cout << "  " << countText(profile.lost)
                  << " allocations and frees could not be recorded: the numbers are too small by "
                     "these.\n";
    }
    for (std::size_t i = 0; i < record.symbols.sources.size(); ++i) {
        const SymbolSource source = record.symbols.sources[i];
        if (source == SymbolSource::otherBuild || source == SymbolSource::none ||
            source == SymbolSource::missing) {
            std::cout << "  " << printableName(profile.modules[i].path) << " "
                      << symbolSourceText(source) << ".\n";
        }
    }
}

std::string placeOf(const CallFunction& function) {
    if (function.file.empty()) {
        return function.module;
    }
    return function.file + (function.line != 0 ? ":" + std::to_string(function.line) : "");
}

// Those that the measure has something of, largest first, at most so many.
std::vector<CallFunction> largestFunctions(const HeapRecord& record, HeapMeasure measure,
                                           std::size_t most) {
    const CallTree tree(record.profile, record.symbols, CallDirection::fromMain);
    std::vector<CallFunction> functions(tree.functions().begin() + 1, tree.functions().end());
    std::erase_if(functions,
                  [measure](const CallFunction& function) { return function.total[measure] == 0; });
    std::stable_sort(functions.begin(), functions.end(),
                     [measure](const CallFunction& a, const CallFunction& b) {
                         return a.total[measure] > b.total[measure];
                     });
    functions.resize(std::min(functions.size(), most));
    return functions;
}

void printFunctions(const HeapRecord& record, const HeapOptions& options, HeapMeasure measure) {
    const bool isBytes = measure != HeapMeasure::count && measure != HeapMeasure::temporary;
    const auto text = [isBytes](std::uint64_t value) {
        return value == 0 ? std::string() : isBytes ? bytesText(value) : countText(value);
    };
    const std::uint64_t whole = valueOf(record.profile.total, measure);
    std::vector<std::vector<std::string>> rows = {{"FUNCTION", "WHERE", "TOTAL", "SHARE", "SELF"}};
    for (const CallFunction& function : largestFunctions(record, measure, options.top)) {
        std::string share = shareText(function.total[measure], whole);
        if (!share.empty()) {
            share = share.substr(2, share.size() - 3); // its parentheses
        }
        rows.push_back({printableName(shortFunctionName(function.name)),
                        printableName(placeOf(function)), text(function.total[measure]), share,
                        text(function.self[measure])});
    }
    std::cout << '\n' << alignedTable(rows, 2);
}

std::string threadName(const HeapThreadCounters& thread) {
    if (thread.tid == 0) {
        return "[earlier ones]";
    }
    return printableName(thread.name) + (thread.isRunning ? "" : " (ended)");
}

void printThreads(const HeapProfile& profile, const HeapOptions& options) {
    std::vector<HeapThreadCounters> threads = profile.threads;
    std::stable_sort(threads.begin(), threads.end(),
                     [](const auto& a, const auto& b) { return a.allocations > b.allocations; });
    threads.resize(std::min(threads.size(), options.top));
    std::vector<std::vector<std::string>> rows = {
        {"THREAD", "TID", "ALLOCATED", "FREED", "REALLOCATED", "ALLOCATED BYTES", "FREED BYTES"}};
    for (const HeapThreadCounters& thread : threads) {
        rows.push_back({threadName(thread), thread.tid == 0 ? "" : std::to_string(thread.tid),
                        countText(thread.allocations), countText(thread.frees),
                        countText(thread.reallocations), bytesText(thread.allocatedBytes),
                        bytesText(thread.freedBytes)});
    }
    std::cout << '\n' << alignedTable(rows, 1);
}

void print(const HeapRecord& record, const HeapOptions& options, HeapMeasure measure) {
    const HeapProfile& profile = record.profile;
    const bool isOurs = profile.origin == HeapOrigin::tracker;
    std::cout << record.label << ' ' << printableName(record.name) << " (pid " << record.process.pid
              << "), ";
    if (profile.hasTimes) {
        std::cout << formatDuration(profile.timeNs - profile.startNs) << ", ";
    }
    std::cout << countText(profile.stacks.size())
              << (profile.stacks.size() == 1 ? " call stack" : " call stacks")
              << (isOurs ? "" : ", recorded by DHAT") << "\n  "
              << sumsText(profile.total, HeapSums(), isOurs) << "\n  peak "
              << bytesText(profile.peakBytes);
    if (profile.hasTimes) {
        std::cout << " after "
                  << formatDuration(std::max<std::int64_t>(profile.peakNs - profile.startNs, 0));
    }
    if (const std::int64_t median = medianLifetimeNs(profile); median > 0) {
        std::cout << "; half of the freed blocks lived less than " << formatDuration(median);
    }
    std::cout << '\n';
    printNotes(record);
    if (options.by == "function") {
        printFunctions(record, options, measure);
        return;
    }
    if (options.by == "thread") {
        printThreads(profile, options);
        return;
    }
    const std::vector<HeapSite> sites = sortedSites(record, measure);
    for (std::size_t i = 0; i < sites.size() && i < options.top; ++i) {
        if (valueOf(sites[i].sums, measure) == 0) {
            break;
        }
        std::cout << "\n#" << i + 1 << "  " << sumsText(sites[i].sums, profile.total, isOurs)
                  << '\n';
        const std::vector<NamedFrame> frames = framesOf(record, sites[i]);
        const std::size_t shown = std::min(frames.size(), options.frames);
        for (std::size_t frame = 0; frame < shown; ++frame) {
            std::cout << "    " << printableName(shortFunctionName(frames[frame].function));
            if (!frames[frame].place.empty()) {
                std::cout << "  " << printableName(frames[frame].place);
            }
            std::cout << '\n';
        }
        if (shown < frames.size()) {
            std::cout << "    ... " << frames.size() - shown << " more\n";
        } else if (sites[i].end != HeapStackEnd::complete) {
            std::cout << "    [outer frames could not be found]\n";
        }
    }
}

using Records = std::vector<std::shared_ptr<const HeapRecord>>;

void printProcesses(const Records& records) {
    std::vector<std::vector<std::string>> rows = {
        {"PROCESS", "PID", "PROGRAM", "LIVE", "PEAK", "TOTAL", "BLOCKS", "TEMPORARY"}};
    for (const auto& record : records) {
        const HeapSums& total = record->profile.total;
        rows.push_back({record->label, std::to_string(record->process.pid),
                        printableName(record->name), bytesText(total.liveBytes),
                        bytesText(record->profile.peakBytes), bytesText(total.bytes),
                        countText(total.blocks), countText(total.temporaryBlocks)});
    }
    std::cout << alignedTable(rows, 3);
}

// Of a build or a script there are dozens: a table of all, and the largest with their places.
void printAll(Records records, const HeapOptions& options, HeapMeasure measure) {
    constexpr std::size_t kMostInDetail = 3;
    const std::size_t all = records.size();
    if (all > kMostInDetail) {
        std::stable_sort(records.begin(), records.end(), [measure](const auto& a, const auto& b) {
            return valueOf(a->profile.total, measure) > valueOf(b->profile.total, measure);
        });
        printProcesses(records);
        std::cout << "\nThe " << kMostInDetail << " largest of " << all
                  << "; --process LABEL shows another:\n\n";
        records.resize(kMostInDetail);
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        std::cout << (i == 0 ? "" : "\n");
        print(*records[i], options, measure);
    }
}

Json jsonOf(const HeapSums& sums) {
    return {{"blocks", sums.blocks},
            {"bytes", sums.bytes},
            {"live_blocks", sums.liveBlocks},
            {"live_bytes", sums.liveBytes},
            {"peak_blocks", sums.peakBlocks},
            {"peak_bytes", sums.peakBytes},
            {"max_blocks", sums.maxBlocks},
            {"max_bytes", sums.maxBytes},
            {"temporary_blocks", sums.temporaryBlocks},
            {"lifetime_ns", sums.lifetimeNs},
            {"age_ns", sums.ageNs}};
}

Json jsonOf(const HeapValues& values) {
    return {{"live_bytes", values[HeapMeasure::live]},
            {"peak_bytes", values[HeapMeasure::peak]},
            {"bytes", values[HeapMeasure::total]},
            {"blocks", values[HeapMeasure::count]},
            {"temporary_blocks", values[HeapMeasure::temporary]}};
}

Json functionsJson(const HeapRecord& record, const HeapOptions& options, HeapMeasure measure) {
    Json functions = Json::array();
    for (const CallFunction& function : largestFunctions(record, measure, options.top)) {
        functions.push_back({{"function", function.name},
                             {"place", placeOf(function)},
                             {"total", jsonOf(function.total)},
                             {"self", jsonOf(function.self)}});
    }
    return functions;
}

Json sitesJson(const HeapRecord& record, const HeapOptions& options, HeapMeasure measure) {
    Json sites = Json::array();
    for (const HeapSite& site : sortedSites(record, measure)) {
        if (sites.size() == options.top || valueOf(site.sums, measure) == 0) {
            break;
        }
        Json one = jsonOf(site.sums);
        one["is_max_exact"] = site.isMaxExact;
        one["is_complete"] = site.end == HeapStackEnd::complete;
        Json frames = Json::array();
        for (const NamedFrame& frame : framesOf(record, site)) {
            frames.push_back({{"function", frame.function}, {"place", frame.place}});
        }
        one["frames"] = std::move(frames);
        sites.push_back(std::move(one));
    }
    return sites;
}

Json jsonOf(const HeapRecord& record, const HeapOptions& options, HeapMeasure measure) {
    const HeapProfile& profile = record.profile;
    Json json = {{"process", record.label},
                 {"pid", record.process.pid},
                 {"name", record.name},
                 {"duration_ns", profile.timeNs - profile.startNs},
                 {"peak_bytes", profile.peakBytes},
                 {"peak_ns", profile.peakNs - profile.startNs},
                 {"peak_error_bytes", profile.peakErrorBytes},
                 {"unknown_frees", profile.unknownFrees},
                 {"lost", profile.lost},
                 {"stacks", profile.stacks.size()},
                 {"total", jsonOf(profile.total)}};
    if (profile.range) {
        json["range"] = {{"from_ns", profile.range->fromNs - profile.startNs},
                         {"to_ns", profile.range->toNs - profile.startNs},
                         {"older_blocks", profile.total.olderBlocks},
                         {"older_bytes", profile.total.olderBytes}};
    }
    json["sizes"] = Json::array();
    for (const HeapSizeClass& size : profile.sizes) {
        json["sizes"].push_back({{"from_bytes", size.fromBytes},
                                 {"blocks", size.allocations},
                                 {"live_blocks", size.liveBlocks}});
    }
    json["lifetimes"] = Json::array();
    for (const HeapLifetime& lifetime : profile.lifetimes) {
        json["lifetimes"].push_back({{"below_ns", lifetime.belowNs}, {"blocks", lifetime.blocks}});
    }
    json["sample_period_bytes"] = profile.samplePeriodBytes;
    json["recorded_after_ns"] = recordingDelayNs(profile);
    json["threads"] = Json::array();
    for (const HeapThreadCounters& thread : profile.threads) {
        json["threads"].push_back({{"tid", thread.tid},
                                   {"name", thread.name},
                                   {"is_running", thread.isRunning},
                                   {"blocks", thread.allocations},
                                   {"freed_blocks", thread.frees},
                                   {"reallocations", thread.reallocations},
                                   {"usable_bytes", thread.allocatedBytes},
                                   {"freed_usable_bytes", thread.freedBytes}});
    }
    if (options.by == "thread") {
        return json;
    }
    if (options.by == "function") {
        json["functions"] = functionsJson(record, options, measure);
    } else {
        json["sites"] = sitesJson(record, options, measure);
    }
    return json;
}

bool isAnnotation(const std::string& by) {
    return by == "region" || by == "pool" || by == "expectation";
}

// What programs say of themselves is there without call stacks too.
int annotations(const HeapOptions& options, const SessionView& view) {
    std::vector<HeapAnnotationRecord> records;
    if (view.heapAnnotations) {
        std::copy_if(view.heapAnnotations->begin(), view.heapAnnotations->end(),
                     std::back_inserter(records), [&options](const HeapAnnotationRecord& record) {
                         return options.process.empty() || record.label == options.process ||
                                std::to_string(record.process.pid) == options.process;
                     });
    }
    if (records.empty()) {
        return reportError(makeError(
            ErrorKind::usage,
            options.file + " has no regions, pools or expectations" +
                (options.process.empty() ? "" : " of a process " + options.process) +
                ": programs name them by the header ringscope/heap.h (docs/heap-api.md)"));
    }
    if (options.isJson) {
        std::cout << Json{{"annotations", Json::parse(annotationsToJson(records))}}.dump(2) << '\n';
    } else {
        std::cout << (options.by == "region" ? regionTable(records, options.top)
                      : options.by == "pool" ? poolTable(records, options.top)
                                             : expectationTable(records, options.top));
    }
    return kExitDone;
}

int show(const Records& records, const HeapOptions& options, HeapMeasure measure) {
    if (options.isJson) {
        Json profiles = Json::array();
        for (const auto& record : records) {
            profiles.push_back(jsonOf(*record, options, measure));
        }
        std::cout << Json{{"profiles", std::move(profiles)}}.dump(2, ' ', false,
                                                                  Json::error_handler_t::replace)
                  << '\n';
    } else {
        printAll(records, options, measure);
    }
    return kExitDone;
}

Expected<Records> runningHeaps(const HeapOptions& options) {
    auto tracked = trackedProcess(options.file);
    if (!tracked) {
        return tracked.error();
    }
    const auto heap = runningHeap(*tracked);
    return heap ? Expected<Records>(Records{*heap}) : heap.error();
}

int heap(const HeapOptions& options) {
    const auto measure = heapMeasureOf(options.sort);
    if (!measure) {
        return reportError(
            makeError(ErrorKind::usage, "cannot sort by '" + options.sort +
                                            "': use live, peak, total, count or temporary"));
    }
    if (options.by != "stack" && options.by != "function" && options.by != "thread" &&
        !isAnnotation(options.by)) {
        return reportError(
            makeError(ErrorKind::usage, "cannot list by '" + options.by +
                                            "': use stack, function, thread, region, pool or "
                                            "expectation"));
    }
    if (isPid(options.file)) {
        if (!options.from.empty() || !options.to.empty()) {
            return reportError(makeError(
                ErrorKind::usage, "--from and --to are of a session's time: record process " +
                                      options.file + ", and then choose of the file"));
        }
        const auto running = runningHeaps(options);
        return running ? show(*running, options, *measure) : reportError(running.error());
    }
    const auto file = SessionFile::open(options.file);
    if (!file) {
        return reportError(file.error());
    }
    if (isAnnotation(options.by)) {
        if (!options.from.empty() || !options.to.empty()) {
            return reportError(makeError(ErrorKind::usage,
                                         "--from and --to choose of call stacks: a " + options.by +
                                             " is known of the whole run, leave them out"));
        }
        return annotations(options, *file->view);
    }
    const auto chosen = heapsOf(*file->view, options.file, options.process);
    if (!chosen) {
        return reportError(chosen.error());
    }
    const auto parts = heapsBetween(*chosen, *file->view, options.file, options.from, options.to);
    if (!parts) {
        return reportError(parts.error());
    }
    show(*parts, options, *measure);
    if (!file->view->damage.empty()) {
        remark(options.file + ": " + file->view->damage);
        return kExitFailed;
    }
    return kExitDone;
}

} // namespace

void addHeapCommand(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<HeapOptions>();
    CLI::App* command =
        app.add_subcommand("heap", "Shows where a program allocated, by call stack");
    command
        ->add_option("file", options->file,
                     "A .ringscope file that was recorded with --heap exact, a file of DHAT, or a "
                     "process that is being recorded so")
        ->type_name("FILE|PID");
    command
        ->add_option("--sort", options->sort,
                     "peak (default), live and total sort by bytes, count and temporary by blocks")
        ->type_name("MEASURE");
    command
        ->add_option(
            "--by", options->by,
            "stack (default): each call stack; function: each function, with all that "
            "it calls; thread: what each thread allocated and freed; region, pool, expectation: "
            "what the program names by the header ringscope/heap.h, also without call "
            "stacks")
        ->type_name("WHAT");
    command->add_option("--top", options->top, "How many places of each process (default 10)")
        ->type_name("N");
    command
        ->add_option("--frames", options->frames,
                     "How many frames of each, from the innermost (default 16)")
        ->type_name("N");
    command->add_option("--process", options->process, "Only this one: P0, or its pid")
        ->type_name("LABEL");
    command
        ->add_option("--from", options->from,
                     "Only what was allocated after this time since the session's start: 2s, "
                     "500ms; from the reading before it on")
        ->type_name("TIME");
    command
        ->add_option("--to", options->to,
                     "Only until this time: what is live is what was alive then, at the next "
                     "reading")
        ->type_name("TIME");
    command->add_flag("--json", options->isJson, "Prints one JSON document, with all frames");
    command->footer("Examples:\n"
                    "  ringscope-cli record --heap exact -o it.ringscope -- ./program\n"
                    "  ringscope-cli heap it.ringscope --sort peak --top 5\n"
                    "  ringscope-cli heap it.ringscope --by function --sort temporary\n"
                    "  ringscope-cli heap it.ringscope --from 2s --to 5s --sort total\n"
                    "  ringscope-cli heap dhat.out.4711\n"
                    "  ringscope-cli heap 4711 --sort live\n"
                    "  ringscope-cli heap attach 4711\n"
                    "  ringscope-cli heap detach 4711");
    addHeapAttachCommands(*command, line);
    command->callback([options, &line] {
        if (!line.command) {
            if (options->file.empty()) {
                throw CLI::RequiredError("a FILE or PID");
            }
            line.command = [options] { return heap(*options); };
        }
    });
}

} // namespace ringscope
