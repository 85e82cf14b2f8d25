// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/base/clock.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/ring/segment_list.h"
#include "core/ring/shared_objects.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

struct SweepOptions {
    std::vector<std::string> names;
    bool isRemoving = false;
    bool isAll = false;
    bool isYes = false;
    bool isJson = false;
};

// Empty when no time is known.
std::optional<std::int64_t> ageNs(const SharedObject& object) {
    return object.sinceNs == 0
               ? std::nullopt
               : std::optional(std::max<std::int64_t>(0, wallClockNs() - object.sinceNs));
}

// "3 min 2 s", and "3 min 2 s, changed" where the kernel does not tell the creation.
std::string ageText(const SharedObject& object) {
    const auto age = ageNs(object);
    if (!age) {
        return "unknown";
    }
    return formatDuration(*age) + (object.isSinceCreation ? "" : ", changed");
}

std::string creatorText(const SharedObject& object) {
    if (object.creatorPid == 0) {
        return "unknown";
    }
    const std::string pid = std::to_string(object.creatorPid);
    return object.creator == Liveness::dead      ? pid + " (dead)"
           : object.creator == Liveness::unknown ? pid + " (cannot be judged)"
                                                 : pid;
}

Json objectJson(const SharedObject& object) {
    const auto age = ageNs(object);
    return {
        {"name", object.name},
        {"kind", sharedObjectKindName(object)},
        {"bytes", object.bytes},
        {"bytes_is_least", object.isSizeLeast},
        {"resident_bytes", object.residentBytes},
        {"age_s", age ? Json(static_cast<double>(*age) / 1e9) : Json()},
        {"age_since", object.isSinceCreation ? "creation" : "change"},
        {"uid", object.uid},
        {"creator_pid", object.creatorPid},
        {"creator_alive", object.creator == Liveness::alive || object.creator == Liveness::stopped},
        {"mapped_by", object.mappedBy},
        {"held_by", object.heldBy},
        {"attaches", object.attaches},
        {"orphaned", object.isOrphaned},
        {"swept", object.isSwept},
        {"state", object.state},
        {"kept_because", object.keptBecause}};
}

void printTable(const std::vector<SharedObject>& objects) {
    std::vector<std::vector<std::string>> rows{
        {"NAME", "KIND", "STATE", "CREATOR", "SIZE", "RESIDENT", "AGE"}};
    for (const SharedObject& object : objects) {
        rows.push_back({printableName(object.name), sharedObjectKindName(object), object.state,
                        creatorText(object),
                        (object.isSizeLeast ? "at least " : "") +
                            formatBytes(static_cast<double>(object.bytes)),
                        formatBytes(static_cast<double>(object.residentBytes)), ageText(object)});
    }
    std::cout << alignedTable(rows, 4);
}

// Naming an object is asking for it; on a terminal a second look is offered.
bool isConfirmed(const std::string& what, const SweepOptions& options) {
    if (options.isYes || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) {
        return true;
    }
    std::cerr << "Remove " << what << "? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

int removeObjects(const std::vector<SharedObject>& objects, const SweepOptions& options) {
    int status = kExitDone;
    for (const SharedObject& object : objects) {
        const std::string what = printableName(object.name) + ", " + sharedObjectKindName(object) +
                                 ", " + formatBytes(static_cast<double>(object.bytes)) +
                                 ", creator " + creatorText(object);
        if (!options.names.empty() && !isConfirmed(what, options)) {
            remark("left alone: " + what);
            continue;
        }
        const auto removed =
            options.names.empty() ? removeSegment(object.name) : removeSharedObject(object);
        if (!removed) {
            status = reportError(removed.error());
        } else if (!options.isJson) {
            std::cout << "removed " << what << '\n';
        }
    }
    return status;
}

// Empty: no such object.
std::optional<SharedObject> named(const std::string& name,
                                  const std::vector<SharedObject>& objects) {
    const auto found =
        std::find_if(objects.begin(), objects.end(), [&name](const SharedObject& object) {
            return object.name == name || printableName(object.name) == name;
        });
    return found == objects.end() ? std::nullopt : std::optional(*found);
}

int sweep(const SweepOptions& options) {
    std::vector<SharedObject> objects = listSharedObjects();
    if (!options.names.empty()) {
        std::vector<SharedObject> chosen;
        for (const std::string& name : options.names) {
            auto object = named(name, objects);
            if (!object) {
                return reportError(makeError(
                    ErrorKind::target, "shared object " + printableName(name) +
                                           ": does not exist; `ringscope-cli sweep --all` lists "
                                           "those that do"));
            }
            chosen.push_back(std::move(*object));
        }
        objects = std::move(chosen);
    } else if (options.isRemoving) {
        std::erase_if(objects, [](const SharedObject& object) { return !object.isSwept; });
    } else if (!options.isAll) {
        std::erase_if(objects, [](const SharedObject& object) { return !object.isOrphaned; });
    }
    if (options.isJson) {
        Json list = Json::array();
        for (const SharedObject& object : objects) {
            list.push_back(objectJson(object));
        }
        std::cout << list.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    } else if (objects.empty()) {
        std::cout << (options.isRemoving ? "Nothing to sweep: every ring segment has somebody "
                                           "alive.\n"
                                         : "Nothing to sweep: no shared object is known to be "
                                           "unused.\n");
    }
    if (options.isRemoving) {
        return removeObjects(objects, options);
    }
    if (!options.isJson && !objects.empty()) {
        printTable(objects);
        std::cout << "sweep --remove unlinks ring segments that nothing alive owns; any other "
                     "object only by its name: sweep --remove NAME.\n";
    }
    return kExitDone;
}

} // namespace

void addSweepCommand(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<SweepOptions>();
    CLI::App* command = app.add_subcommand(
        "sweep",
        "Lists shared objects that nobody maps or whose creator is dead, and removes them");
    command->add_option("NAME", options->names, "Only these: a name of /dev/shm, or shmid:N");
    command->add_flag("--remove", options->isRemoving,
                      "Removes ring segments that nothing alive owns, or the objects that are "
                      "named; never what a live process has");
    command->add_flag("--all", options->isAll, "Lists those in use too");
    command->add_flag("--yes", options->isYes, "Does not ask on a terminal");
    command->add_flag("--json", options->isJson, "Prints one JSON document");
    command->footer("Examples:\n  ringscope-cli sweep\n  ringscope-cli sweep --remove\n"
                    "  ringscope-cli sweep --remove shmid:5");
    command->callback([options, &line] { line.command = [options] { return sweep(*options); }; });
}

} // namespace ringscope
