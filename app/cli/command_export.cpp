// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <map>
#include <memory>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/output.h"
#include "core/base/units.h"
#include "core/export/csv.h"
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
    std::string output;
};

using Writer =
    std::function<Expected<void>(const SessionView&, const ExportSelection&, std::ostream&)>;

// To add a format: its unit in core/export/ and a line here.
const std::map<std::string, Writer>& writers() {
    static const std::map<std::string, Writer> kWriters{{"csv", writeCsv}, {"json", writeJson}};
    return kWriters;
}

Expected<Writer> writerFor(const std::string& format) {
    const auto found = writers().find(format);
    if (found != writers().end()) {
        return found->second;
    }
    std::string names;
    for (const auto& [name, writer] : writers()) {
        names += (names.empty() ? "" : " or ") + name;
    }
    return makeError(ErrorKind::usage,
                     "there is no export format '" + format + "'; use --format " + names);
}

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

int exportSession(const ExportOptions& options) {
    const auto writer = writerFor(options.format);
    if (!writer) {
        return reportError(writer.error());
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
    const auto selection = selectionOf(options, *file->view);
    if (!selection) {
        return reportError(selection.error());
    }
    // Before the output is opened: a wrong pattern must not empty a file that is there.
    if (const auto tracks = selectTracks(*file->view, *selection); !tracks) {
        return reportError(tracks.error());
    }
    const auto write = [&](std::ostream& out) { return (*writer)(*file->view, *selection, out); };
    if (const auto done = writeOutput(options.output, write); !done) {
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
    CLI::App* command =
        app.add_subcommand("export", "Writes a session's tracks as a table or document");
    command->add_option("file", options->file, "A .ringscope file")->required()->type_name("FILE");
    command->add_option("--format", options->format, "csv or json")
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
    command->add_option("-o,--output", options->output, "The file to write; - is standard output")
        ->required()
        ->type_name("OUT");
    command->footer(
        "Examples:\n"
        "  ringscope-cli export steady.ringscope --format csv --track 'ring.*' -o ring.csv\n"
        "  ringscope-cli export steady.ringscope --format json --from 2s --to 4s -o - | jq .");
    command->callback(
        [options, &line] { line.command = [options] { return exportSession(*options); }; });
}

} // namespace ringscope
