// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <map>
#include <memory>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/heap_choice.h"
#include "app/cli/output.h"
#include "core/base/units.h"
#include "core/export/csv.h"
#include "core/export/heap_export.h"
#include "core/export/json.h"
#include "core/session/session_file.h"

namespace ringscope {

namespace {

struct ExportOptions {
    std::string file;
    std::string format;
    std::vector<std::string> patterns;
    std::string from;
    std::string to;
    std::string process;
    std::string measure;
    std::string output;
};

// Ready to write: all that could be wrong has been looked at, so that a wrong word empties no file.
using Write = std::function<Expected<void>(std::ostream&)>;
using Prepare = std::function<Expected<Write>(const ExportOptions&, const SessionView&)>;

Expected<ExportSelection> selectionOf(const ExportOptions& options, const SessionView& view) {
    ExportSelection selection;
    selection.patterns = options.patterns;
    for (const auto& [text, bound] :
         {std::pair{&options.from, &selection.fromNs}, std::pair{&options.to, &selection.toNs}}) {
        if (text->empty()) {
            continue;
        }
        const auto sinceStart = parseDurationNs(*text);
        if (!sinceStart) {
            return sinceStart.error();
        }
        *bound = view.provenance->startMonotonicNs + *sinceStart;
    }
    if (selection.fromNs > selection.toNs) {
        return makeError(ErrorKind::usage,
                         "--from " + options.from + " is after --to " + options.to);
    }
    return selection;
}

// csv, json.
template <auto writer>
Expected<Write> prepareTracks(const ExportOptions& options, const SessionView& view) {
    if (!options.process.empty() || !options.measure.empty()) {
        return makeError(ErrorKind::usage, "--process and --measure choose of heap profiles: use "
                                           "them with --format dhat or folded");
    }
    const auto selection = selectionOf(options, view);
    if (!selection) {
        return selection.error();
    }
    if (const auto tracks = selectTracks(view, *selection); !tracks) {
        return tracks.error();
    }
    return Write([&view, selection = *selection](std::ostream& out) {
        return writer(view, selection, out);
    });
}

// What is chosen of a session's tracks is no choice of a heap profile.
Expected<std::shared_ptr<const HeapRecord>> heapFor(const ExportOptions& options,
                                                    const SessionView& view) {
    if (!options.patterns.empty() || !options.from.empty() || !options.to.empty()) {
        return makeError(ErrorKind::usage,
                         "--track, --from and --to choose of tracks, and a heap profile is of a "
                         "whole run: leave them out with --format " +
                             options.format);
    }
    return oneHeapOf(view, options.file, options.process);
}

Expected<Write> prepareDhat(const ExportOptions& options, const SessionView& view) {
    if (!options.measure.empty()) {
        return makeError(ErrorKind::usage,
                         "--measure is for --format folded: dhat has all measures");
    }
    auto heap = heapFor(options, view);
    if (!heap) {
        return heap.error();
    }
    return Write([record = *heap](std::ostream& out) -> Expected<void> {
        writeDhat(*record, out);
        return {};
    });
}

Expected<Write> prepareFolded(const ExportOptions& options, const SessionView& view) {
    const auto measure = heapMeasureOf(options.measure.empty() ? "peak" : options.measure);
    if (!measure) {
        return makeError(ErrorKind::usage,
                         "there is no measure '" + options.measure +
                             "': use --measure live, peak, total, count or temporary");
    }
    auto heap = heapFor(options, view);
    if (!heap) {
        return heap.error();
    }
    return Write([record = *heap, measure = *measure](std::ostream& out) -> Expected<void> {
        writeFolded(*record, measure, out);
        return {};
    });
}

// To add a format: its unit in core/export/, how it is prepared, and a line here.
const std::map<std::string, Prepare>& formats() {
    static const std::map<std::string, Prepare> kFormats{{"csv", prepareTracks<writeCsv>},
                                                         {"json", prepareTracks<writeJson>},
                                                         {"dhat", prepareDhat},
                                                         {"folded", prepareFolded}};
    return kFormats;
}

Expected<Prepare> preparationOf(const std::string& format) {
    const auto found = formats().find(format);
    if (found != formats().end()) {
        return found->second;
    }
    std::string names;
    for (const auto& [name, prepare] : formats()) {
        names += (names.empty() ? "" : ", ") + name;
    }
    return makeError(ErrorKind::usage, "there is no export format '" + format +
                                           "'; use --format with one of " + names);
}

int exportSession(const ExportOptions& options) {
    const auto prepare = preparationOf(options.format);
    if (!prepare) {
        return reportError(prepare.error());
    }
    if (isSameFile(options.file, options.output)) {
        return reportError(
            makeError(ErrorKind::usage, "the output " + options.output +
                                            " is the session itself, choose another path"));
    }
    const auto file = SessionFile::open(options.file);
    if (!file) {
        return reportError(file.error());
    }
    const auto write = (*prepare)(options, *file->view);
    if (!write) {
        return reportError(write.error());
    }
    if (const auto done = writeOutput(options.output, *write); !done) {
        return reportError(done.error());
    }
    if (!file->view->damage.empty()) {
        remark(options.file + ": " + file->view->damage);
        return kExitFailed;
    }
    return kExitDone;
}

} // namespace

void addExportCommand(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = app.add_subcommand(
        "export", "Writes a session's tracks or a heap profile for other programs");
    command->add_option("file", options->file, "A .ringscope file")->required()->type_name("FILE");
    command
        ->add_option(
            "--format", options->format,
            "csv or json: tracks; dhat or folded: a heap profile, for Valgrind's dh_view.html or "
            "flame graph programs")
        ->required()
        ->type_name("FORMAT");
    command
        ->add_option("--track", options->patterns,
                     "Only tracks with this name; * stands for anything; may be repeated")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    command->add_option("--from", options->from, "Not before this time since the start: 2s, 500ms")
        ->type_name("T");
    command->add_option("--to", options->to, "Not after this time since the start")->type_name("T");
    command
        ->add_option("--process", options->process,
                     "Whose heap profile, where there are several: P0, or its pid")
        ->type_name("LABEL");
    command
        ->add_option("--measure", options->measure,
                     "What folded stacks count: peak (default), live or total bytes, count or "
                     "temporary blocks")
        ->type_name("MEASURE");
    command->add_option("-o,--output", options->output, "The file to write; - is standard output")
        ->required()
        ->type_name("OUT");
    command->footer(
        "Examples:\n"
        "  ringscope-cli export steady.ringscope --format csv --track 'ring.*' -o ring.csv\n"
        "  ringscope-cli export steady.ringscope --format json --from 2s --to 4s -o - | jq .\n"
        "  ringscope-cli export it.ringscope --format dhat -o dhat.out.it");
    command->callback([options, &line] {
        line.onlyReads = true;
        line.command = [options] { return exportSession(*options); };
    });
}

} // namespace ringscope
