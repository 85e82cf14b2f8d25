// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/summary_text.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/heap/attach_linux.h"
#include "core/heap/tracker_environment.h"
#include "core/ring/ring_description.h"
#include "core/session/live_session.h"
#include "core/session/series.h"
#include "core/session/track_names.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"

namespace ringscope {

namespace {

struct RecordingOptions {
    std::string output;
    std::string duration;
    std::string heap = "counts";
    std::string heapFrom;
    std::string mapEvery;
    std::vector<std::string> mapOn;
    bool isJson = false;
    bool isFailingOnExpectations = false;
    bool isSearchingLeaks = false;
};

struct RunOptions : RecordingOptions {
    std::string scenario;
    std::vector<std::string> settings;
    std::string seed; // empty: the scenario's
};

struct RecordOptions : RecordingOptions {
    std::int32_t pid = 0;
    std::string ring;
    std::string layout; // of a ring that is not ours
    std::vector<std::string> argv;
    bool isHeapAskedFor = false;
};

Expected<LiveOptions> liveOptions(const RecordingOptions& options) {
    LiveOptions live;
    live.outputFile = options.output;
    const auto mode = parseHeapMode(options.heap);
    if (!mode) {
        return mode.error();
    }
    live.heapMode = options.isSearchingLeaks ? HeapMode::exact : *mode;
    live.isSearchingLeaks = options.isSearchingLeaks;
    if (!options.duration.empty()) {
        const auto ns = parseDurationNs(options.duration);
        if (!ns) {
            return ns.error();
        }
        if (*ns <= 0) {
            return makeError(ErrorKind::usage,
                             "--duration must be longer than 0; write for example 10s");
        }
        live.durationNs = *ns;
    }
    if (!options.heapFrom.empty()) {
        const auto ns = parseDurationNs(options.heapFrom);
        if (!ns) {
            return ns.error();
        }
        if (*mode != HeapMode::sampled && *mode != HeapMode::exact) {
            return makeError(ErrorKind::usage,
                             "--heap-from says when call stacks begin to be recorded: it needs "
                             "--heap exact or --heap sampled");
        }
        live.heapFromNs = *ns;
    }
    if (!options.mapEvery.empty()) {
        const auto ns = parseDurationNs(options.mapEvery);
        if (!ns) {
            return ns.error();
        }
        if (*ns < 10 * kNsPerMs) {
            return makeError(ErrorKind::usage,
                             "--map-every must be 10ms or longer; write for example 5s");
        }
        live.maps.periodNs = *ns;
    }
    for (const std::string& text : options.mapOn) {
        auto trigger = parseMapTrigger(text);
        if (!trigger) {
            return trigger.error();
        }
        if (trigger->kind != MapTrigger::Kind::marker && !canBeTrackName(trigger->track)) {
            return makeError(ErrorKind::usage, "'" + text + "': no session has a track " +
                                                   trigger->track +
                                                   "; docs/tracks.md lists those there are, and "
                                                   "ringscope-cli info those of a session");
        }
        live.maps.triggers.push_back(std::move(*trigger));
    }
    return live;
}

// "12.3 s · 3.20 M/s · p99 41 µs · fill 63 % · RSS 34 MiB", whatever of it there is.
std::string progressText(const SessionView& view) {
    struct Part {
        const char* track;
        const char* label;
    };
    static constexpr Part kParts[] = {{"messages.received", ""},
                                      {"latency.p99", "p99 "},
                                      {"ring.fill", "fill "},
                                      {"heap.allocations", "allocs "},
                                      {"memory.rss", "RSS "}};
    std::string text = formatDuration((view.endNs - view.startNs) / kNsPerMs * kNsPerMs);
    for (const Part& part : kParts) {
        const auto track = view.find(part.track);
        if (!track) {
            continue;
        }
        // A second's mean: steadier to read than the newest sample.
        const SeriesStatistics last =
            seriesStatistics(view, *track, view.endNs - kNsPerSecond, view.endNs);
        if (last.samples > 0) {
            text += std::string(" · ") + part.label +
                    formatValue(last.mean, shownUnit(view.description(*track)));
        }
    }
    return text;
}

void followUntilFinished(LiveSession& session, const CommandLine& line,
                         std::optional<std::int64_t> durationNs) {
    ProgressLine progress(line.isQuiet);
    bool isStopping = false;
    std::size_t errorsShown = 0;
    const auto showErrors = [&] {
        const std::vector<Error> errors = session.errors();
        for (; errorsShown < errors.size(); ++errorsShown) {
            progress.show(-1, "");
            reportError(errors[errorsShown]);
        }
    };
    while (!session.waitFor(100 * kNsPerMs)) {
        if (isInterrupted() && !isStopping) {
            session.requestStop();
            isStopping = true;
        }
        const auto view = session.view();
        const double share = durationNs ? static_cast<double>(view->endNs - view->startNs) /
                                              static_cast<double>(*durationNs)
                                        : -1;
        progress.show(share, progressText(*view));
        showErrors();
    }
    showErrors(); // of the end itself
}

int finish(LiveSession& session, const RecordingOptions& options, const CommandLine& line,
           std::optional<std::int64_t> durationNs) {
    outliveReaders();
    followUntilFinished(session, line, durationNs);
    const std::optional<RunSummary> summary = session.summary();
    const std::vector<Error> errors = session.errors();
    if (summary) {
        std::cout << (options.isJson ? toJson(*summary) + "\n" : summaryText(*summary));
    }
    if (!options.output.empty() && errors.empty() && !line.isQuiet) {
        remark("recorded to " + options.output);
    }
    if (isInterrupted()) {
        return kExitInterrupted;
    }
    if (!errors.empty()) {
        return exitStatusOf(errors.front().kind);
    }
    if (options.isFailingOnExpectations && summary && summary->heap &&
        violationsOf(summary->heap->annotations) > 0) {
        return kExitFailed;
    }
    return summary && summary->isAccountedFor ? kExitDone : kExitFailed;
}

int run(const RunOptions& options, const CommandLine& line) {
    auto scenario = findScenario(options.scenario);
    if (!scenario) {
        return reportError(scenario.error());
    }
    for (const std::string& setting : options.settings) {
        if (const auto applied = applySettings(*scenario, setting); !applied) {
            return reportError(applied.error());
        }
    }
    auto live = liveOptions(options);
    if (!live) {
        return reportError(live.error());
    }
    if (!options.seed.empty()) {
        live->seed = std::stoull(options.seed);
    }
    auto session = LiveSession::runScenario(*scenario, *live);
    if (!session) {
        return reportError(session.error());
    }
    const std::int64_t planned = live->durationNs.value_or(scenario->run.durationNs);
    return finish(**session, options, line,
                  planned > 0 ? std::optional<std::int64_t>(planned) : std::nullopt);
}

Expected<std::unique_ptr<LiveSession>> recordForeignRing(const RecordOptions& options,
                                                         const LiveOptions& live) {
    const auto description = loadRingDescription(options.layout);
    if (!description) {
        return description.error();
    }
    return LiveSession::attachForeignRing(options.ring, *description, live);
}

int record(const RecordOptions& options, const CommandLine& line) {
    const bool isForeign = !options.layout.empty();
    const int targets = (options.pid != 0 ? 1 : 0) + (options.ring.empty() && !isForeign ? 0 : 1) +
                        (options.argv.empty() ? 0 : 1);
    if (targets != 1) {
        return reportError(makeError(
            ErrorKind::usage, "record takes one target: --pid PID, --ring NAME, or -- COMMAND"));
    }
    auto live = liveOptions(options);
    if (!live) {
        return reportError(live.error());
    }
    if (options.isHeapAskedFor && live->heapMode != HeapMode::off && options.argv.empty()) {
        if (options.pid == 0) {
            remark("the heaps of a ring's processes are not counted: start one with ringscope-cli "
                   "record -- COMMAND, or attach to it with record --pid");
        } else {
            live->attachedHeapMode = live->heapMode;
            if (!line.isQuiet) {
                remark(kAttachRisk);
            }
        }
    }
    auto session = options.pid != 0        ? LiveSession::attachProcess({options.pid, 0, 0}, *live)
                   : isForeign             ? recordForeignRing(options, *live)
                   : !options.ring.empty() ? LiveSession::attachRing(options.ring, *live)
                                           : LiveSession::runCommand(options.argv, *live);
    if (!session) {
        return reportError(session.error());
    }
    return finish(**session, options, line, live->durationNs);
}

CLI::Validator wholeNumber(std::uint64_t least, std::uint64_t most) {
    const auto check = [least, most](const std::string& text) -> std::string {
        std::uint64_t number = 0;
        const char* const end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, number);
        return read.ec == std::errc() && read.ptr == end && number >= least && number <= most
                   ? std::string()
                   : "'" + text + "' is not a whole number from " + std::to_string(least) + " to " +
                         std::to_string(most);
    };
    return CLI::Validator(check, "");
}

void addRecordingOptions(CLI::App& command, RecordingOptions& options) {
    command
        .add_option("-o,--output", options.output, "Records the session to this file while it runs")
        ->type_name("FILE");
    command.add_option("--duration", options.duration, "How long, for example 10s or 5min")
        ->type_name("D");
    command
        .add_option("--heap", options.heap,
                    "off; counts: counts heap allocations of what is started (default); sampled: "
                    "also records one in 512 KiB with its call stack, at about the same speed; "
                    "exact: records each, at up to twice the time (ringscope-cli heap shows them). "
                    "With --pid only when it is given: the tracker is loaded into the process and "
                    "detached at the end, at some risk to it")
        ->type_name("MODE");
    command
        .add_option("--heap-from", options.heapFrom,
                    "Begins with call stacks so long after the start, and counts until then: "
                    "leaves out what a program does first")
        ->type_name("D");
    command
        .add_option("--map-every", options.mapEvery,
                    "Keeps the memory map of each process this often, or less often where that "
                    "would take more than 1 % of a core")
        ->type_name("D");
    command
        .add_option("--map-on", options.mapOn,
                    "Keeps them too at each marker (marker), or when a track rises above, falls "
                    "below or has grown by a value: memory.rss>500MiB, ring.fill<5, "
                    "memory.rss+64MiB; once a second at most; may be given several times")
        ->type_name("WHEN")
        ->allow_extra_args(false);
    command.add_flag("--leaks", options.isSearchingLeaks,
                     "Searches each process that is started for leaks when it exits, which "
                     "ringscope-cli leaks shows; implies --heap exact");
    command.add_flag("--json", options.isJson, "Prints the summary as one JSON document");
    command.add_flag("--fail-on-expectations", options.isFailingOnExpectations,
                     "Exit status 1 when the program violated one of its expectations "
                     "(ringscope/heap.h)");
}

} // namespace

void addRunCommands(CLI::App& app, CommandLine& line) {
    auto runOptions = std::make_shared<RunOptions>();
    CLI::App* runCommand =
        app.add_subcommand("run", "Runs a workload, checks delivery, shows and records it");
    runCommand->add_option("scenario", runOptions->scenario, "A built-in scenario or a TOML file")
        ->required()
        ->type_name("SCENARIO");
    addRecordingOptions(*runCommand, *runOptions);
    runCommand
        ->add_option("--set", runOptions->settings,
                     "Changes settings of the scenario: producers=4,consumers=2")
        ->type_name("KEY=VALUE,...")
        ->allow_extra_args(false);
    runCommand->add_option("--seed", runOptions->seed, "In place of the scenario's seed")
        ->type_name("N")
        ->check(wholeNumber(0, INT64_MAX));
    runCommand->footer(
        "Examples:\n"
        "  ringscope-cli run steady --duration 10s\n"
        "  ringscope-cli run my.toml --set producers=4,consumers=4 --json -o my.ringscope");
    runCommand->callback([runOptions, &line] {
        line.command = [runOptions, &line] { return run(*runOptions, line); };
    });

    auto recordOptions = std::make_shared<RecordOptions>();
    CLI::App* recordCommand = app.add_subcommand(
        "record", "Records a running process, a ring, or a command that it starts");
    addRecordingOptions(*recordCommand, *recordOptions);
    recordCommand->get_option("--heap")->each(
        [recordOptions](const std::string&) { recordOptions->isHeapAskedFor = true; });
    recordCommand->add_option("--pid", recordOptions->pid, "A running process")
        ->type_name("PID")
        ->check(wholeNumber(1, INT32_MAX));
    recordCommand
        ->add_option("--ring", recordOptions->ring,
                     "A ring segment (ringscope-cli rings lists them)")
        ->type_name("NAME");
    recordCommand
        ->add_option("--layout", recordOptions->layout,
                     "The ring is not Ringscope's, and this file describes it "
                     "(docs/other-rings.md)")
        ->type_name("FILE.toml");
    recordCommand
        ->add_option("command", recordOptions->argv, "A command and its arguments, behind --")
        ->type_name("COMMAND...");
    recordCommand->footer("Examples:\n"
                          "  ringscope-cli record --pid 4711 --duration 1min -o it.ringscope\n"
                          "  ringscope-cli record --pid 4711 --heap exact -o it.ringscope\n"
                          "  ringscope-cli record --heap exact -o sort.ringscope -- sort big.txt");
    recordCommand->callback([recordOptions, &line] {
        line.command = [recordOptions, &line] { return record(*recordOptions, line); };
    });
}

} // namespace ringscope
