// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/base/printable_name.h"
#include "core/base/process_identity.h"
#include "core/heap/attach_linux.h"
#include "core/heap/ledger_receiver.h"

namespace ringscope {

namespace {

struct AttachOptions {
    std::int32_t pid = 0;
    std::string heap = "exact";
};

std::string nameOf(std::int32_t pid) {
    return "process " + std::to_string(pid) + " (" + printableName(processName(pid)) + ")";
}

void sayRemark(const HeapAttachment& attachment) {
    if (!attachment.remark.empty()) {
        remark(attachment.remark);
    }
}

int attach(const AttachOptions& options, const CommandLine& line) {
    const auto mode = parseHeapMode(options.heap);
    if (!mode) {
        return reportError(mode.error());
    }
    auto receiver = LedgerReceiver::create();
    if (!receiver) {
        return reportError(receiver.error());
    }
    if (!line.isQuiet) {
        remark(kAttachRisk);
    }
    const auto attached = attachHeap(options.pid, *receiver, *mode);
    if (!attached) {
        return reportError(attached.error());
    }
    // Nobody reads it so far: the process keeps it mapped.
    if (receiver->poll().empty()) {
        const auto detached = detachHeap(options.pid);
        return reportError(
            makeError(ErrorKind::damaged, receiver->lastRefusal() + (detached ? ""
                                                                              : " (and it is still "
                                                                                "attached to)")));
    }
    sayRemark(*attached);
    if (!line.isQuiet) {
        const std::string pid = std::to_string(options.pid);
        std::cout << "attached to " << nameOf(options.pid) << ": " << attached->patched
                  << " places of its code call the tracker now; ringscope-cli heap detach " << pid
                  << " ends it\n";
    }
    return kExitDone;
}

int detach(std::int32_t pid, const CommandLine& line) {
    const auto detached = detachHeap(pid);
    if (!detached) {
        return reportError(detached.error());
    }
    if (!line.isQuiet) {
        std::cout << "detached from " << nameOf(pid) << ": " << detached->patched
                  << " places of its code call its own allocator again; the tracker stays loaded "
                     "and does nothing\n";
    }
    return kExitDone;
}

void addPid(CLI::App& command, std::int32_t& pid) {
    command.add_option("pid", pid, "A running process")
        ->required()
        ->type_name("PID")
        ->check(CLI::Range(1, INT32_MAX));
}

} // namespace

void addHeapAttachCommands(CLI::App& heap, CommandLine& line) {
    auto options = std::make_shared<AttachOptions>();
    CLI::App* attachCommand = heap.add_subcommand(
        "attach", "Starts the tracker in a process that runs already. " + std::string(kAttachRisk));
    addPid(*attachCommand, options->pid);
    attachCommand
        ->add_option("--heap", options->heap,
                     "exact (default): each block with its call stack, at up to twice the time; "
                     "sampled: one in 512 KiB; counts: totals alone")
        ->type_name("MODE");
    attachCommand->footer("Example:\n"
                          "  ringscope-cli heap attach 4711\n"
                          "To record with charts, and detach at the end:\n"
                          "  ringscope-cli record --pid 4711 --heap exact -o it.ringscope");
    attachCommand->callback(
        [options, &line] { line.command = [options, &line] { return attach(*options, line); }; });

    auto pid = std::make_shared<std::int32_t>(0);
    CLI::App* detachCommand =
        heap.add_subcommand("detach", "Stops the tracker in a process that was attached to");
    addPid(*detachCommand, *pid);
    detachCommand->footer("Example:\n"
                          "  ringscope-cli heap detach 4711");
    detachCommand->callback(
        [pid, &line] { line.command = [pid, &line] { return detach(*pid, line); }; });
}

} // namespace ringscope
