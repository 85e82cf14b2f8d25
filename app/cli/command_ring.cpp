// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/ring/layout_check.h"
#include "core/ring/ring_observer.h"
#include "core/ring/segment_list.h"
#include "core/ring/stuck_watch.h"
#include "core/session/ring_backlog.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

// Of waiting messages, a channel: some 50 ms of reading.
constexpr std::uint64_t kMostHeaders = 65'536;

struct RingOptions {
    std::string name;
    std::optional<std::uint32_t> channel;
    std::string layout; // of a ring that is not ours
    bool showsSlots = false;
    bool isWatching = false;
    bool isJson = false;
};

constexpr std::array<const char*, kSlotStateCount> kStateNames{"free", "ready", "reading",
                                                               "writing", "stuck"};

const char* nameOf(SlotState state) {
    return kStateNames[static_cast<std::size_t>(state)];
}

std::array<std::uint64_t, kSlotStateCount> statesOf(const SlotSnapshot& snapshot) {
    std::array<std::uint64_t, kSlotStateCount> counts{};
    for (const auto& block : snapshot.blocks) {
        for (std::uint32_t i = 0; block && i < block->count; ++i) {
            ++counts[static_cast<std::size_t>(block->states[i])];
        }
    }
    return counts;
}

// Calls visit(first, last, state) for each run of slots in one state.
template <typename Visit>
void forEachRun(const SlotSnapshot& snapshot, Visit visit) {
    std::uint64_t slot = 0;
    std::uint64_t first = 0;
    std::optional<SlotState> state;
    for (const auto& block : snapshot.blocks) {
        for (std::uint32_t i = 0; block && i < block->count; ++i, ++slot) {
            if (state && *state != block->states[i]) {
                visit(first, slot - 1, *state);
                first = slot;
            }
            state = block->states[i];
        }
    }
    if (state) {
        visit(first, slot - 1, *state);
    }
}

// One look at a segment: every channel's slots and the participants.
struct RingPicture {
    std::vector<std::shared_ptr<const SlotSnapshot>> channels;
    std::vector<ChannelBacklog> backlogs; // of each of them
    std::vector<Participant> participants;
    std::vector<StuckSlots> stuck;
    LayoutCheck layout;
};

// What is held by somebody who lives is stuck only when a second look finds it unchanged.
Expected<std::vector<StuckSlots>> findStuck(StuckWatch& watch, bool isWatching) {
    auto found = watch.look(monotonicNs());
    for (const std::int64_t pauseMs : {std::int64_t{20}, std::int64_t{1100}}) {
        if (isWatching || !found || !watch.hasCandidates() || isInterrupted()) {
            break;
        }
        waitMs(pauseMs);
        found = watch.look(monotonicNs());
    }
    return found;
}

Expected<RingPicture> look(RingObserver& ring, StuckWatch& watch, const RingOptions& options) {
    RingPicture picture;
    const auto cursors = ring.cursors();
    if (!cursors) {
        return cursors.error();
    }
    const std::vector<ChannelCursors> inUse(cursors->begin(), cursors->end());
    for (const ChannelCursors& channel : inUse) {
        if (options.channel && *options.channel != channel.channel) {
            continue;
        }
        auto snapshot = ring.scan(channel.channel, channel.capacity, monotonicNs());
        if (!snapshot) {
            return snapshot.error();
        }
        picture.backlogs.push_back(
            readBacklog(ring, (*snapshot)->cursors, kMostHeaders, wallClockNs()));
        picture.channels.push_back(std::move(*snapshot));
    }
    if (picture.channels.empty() && !options.channel && !ring.geometry().leftOut.empty()) {
        return makeError(ErrorKind::damaged, ring.geometry().leftOut.front());
    }
    if (picture.channels.empty()) {
        return makeError(ErrorKind::usage,
                         options.channel ? "ring " + ring.name() + " has no channel " +
                                               std::to_string(*options.channel)
                                         : "ring " + ring.name() + " has no channel in use yet");
    }
    auto participants = ring.participants();
    if (!participants) {
        return participants.error();
    }
    picture.participants = std::move(*participants);
    auto checked = checkLayout(ring);
    if (!checked) {
        return checked.error();
    }
    picture.layout = std::move(*checked);
    auto stuck = findStuck(watch, options.isWatching);
    if (!stuck) {
        return stuck.error();
    }
    for (StuckSlots& one : *stuck) {
        if (!options.channel || *options.channel == one.channel) {
            picture.stuck.push_back(std::move(one));
        }
    }
    return picture;
}

Json channelJson(const SlotSnapshot& snapshot, bool showsSlots) {
    const auto counts = statesOf(snapshot);
    Json states;
    for (std::size_t i = 0; i < kSlotStateCount; ++i) {
        states[kStateNames[i]] = counts[i];
    }
    Json json{{"channel", snapshot.cursors.channel},
              {"name", snapshot.channelName},
              {"capacity", snapshot.cursors.capacity},
              {"slot_stride", snapshot.slotStride},
              {"payload_capacity", snapshot.payloadCapacity},
              {"head", snapshot.cursors.head},
              {"tail", snapshot.cursors.tail},
              {"used", snapshot.cursors.used()},
              {"states", std::move(states)}};
    if (showsSlots) {
        Json slots = Json::array();
        for (std::size_t b = 0; b < snapshot.blocks.size(); ++b) {
            const auto& block = snapshot.blocks[b];
            for (std::uint32_t i = 0; block && i < block->count; ++i) {
                slots.push_back({{"slot", b * kSlotsPerBlock + i},
                                 {"sequence", block->sequences[i]},
                                 {"state", nameOf(block->states[i])}});
            }
        }
        json["slots"] = std::move(slots);
    }
    return json;
}

Json backlogJson(const ChannelBacklog& backlog) {
    Json senders = Json::array();
    for (const QueuedBy& sender : backlog.senders) {
        senders.push_back({{"pid", sender.pid},
                           {"worker", sender.worker ? Json(*sender.worker) : Json(nullptr)},
                           {"messages", sender.messages}});
    }
    return {{"waiting", backlog.waiting},
            {"looked_at", backlog.lookedAt},
            {"senders", std::move(senders)},
            {"oldest_age_ns_at_least",
             backlog.stampedAgeNs ? Json(*backlog.stampedAgeNs) : Json(nullptr)}};
}

void printBacklogs(const RingPicture& picture) {
    for (const ChannelBacklog& backlog : picture.backlogs) {
        if (backlog.lookedAt == 0) {
            continue;
        }
        std::cout << "Channel " << backlog.channel << " holds " << backlog.waiting
                  << " messages: " << backlogShares(backlog)
                  << (backlog.stampedAgeNs ? "; the oldest waits for " +
                                                 formatDuration(*backlog.stampedAgeNs) + " or more"
                                           : "; none is stamped with a time")
                  << ".\n";
    }
}

Json participantJson(const Participant& participant) {
    return {{"role", participant.role == layout::Role::producer ? "producer" : "consumer"},
            {"channel", participant.channel},
            {"pid", participant.process.pid},
            {"tid", participant.thread.tid},
            {"state", nameOf(livenessOf(participant))},
            {"claims", participant.activity},
            {"holds_first", participant.intentFirst},
            {"holds_count", participant.intentCount},
            {"claimed", participant.isClaimed}};
}

Json stuckJson(const StuckSlots& stuck) {
    constexpr std::array<const char*, 3> kBlocked{"nothing yet", "consumers", "producers"};
    Json json{{"channel", stuck.channel},
              {"first_position", stuck.firstPosition},
              {"count", stuck.count},
              {"first_slot", stuck.firstSlot()},
              {"state", stuck.isWriting ? "writing" : "reading"},
              {"held_ns_at_least", stuck.heldNs},
              {"blocks", kBlocked[static_cast<std::size_t>(stuck.blocked)]},
              {"distance", stuck.distance},
              {"holder", nullptr}};
    if (stuck.holder) {
        json["holder"] = {{"pid", stuck.holder->process.pid},
                          {"tid", stuck.holder->thread.tid},
                          {"start_ticks", stuck.holder->process.startTicks},
                          {"command", processName(stuck.holder->process.pid)},
                          {"state", nameOf(stuck.holderLiveness)},
                          {"claimed", stuck.holder->isClaimed}};
    }
    return json;
}

void printStuck(const RingObserver& ring, const RingPicture& picture) {
    bool isRepairable = false;
    for (const StuckSlots& stuck : picture.stuck) {
        std::cout << "STUCK " << describe(stuck) << '\n';
        isRepairable = isRepairable || (stuck.holder && stuck.holderLiveness == Liveness::dead);
    }
    if (isRepairable) {
        std::cout << "What the dead hold is given back by: ringscope-cli ring repair "
                  << ring.name() << '\n';
    }
}

void printJson(const RingObserver& ring, const RingPicture& picture, const RingOptions& options) {
    Json channels = Json::array();
    for (std::size_t i = 0; i < picture.channels.size(); ++i) {
        channels.push_back(channelJson(*picture.channels[i], options.showsSlots));
        channels.back()["backlog"] = backlogJson(picture.backlogs[i]);
    }
    Json participants = Json::array();
    for (const Participant& participant : picture.participants) {
        participants.push_back(participantJson(participant));
    }
    Json stuck = Json::array();
    for (const StuckSlots& one : picture.stuck) {
        stuck.push_back(stuckJson(one));
    }
    const Json json{{"name", ring.name()},
                    {"bytes", ring.geometry().bytes},
                    {"dmxp", ring.geometry().isDmxpCompatible},
                    {"creator_pid", ring.geometry().creator.pid},
                    {"layout",
                     {{"checks", picture.layout.checks},
                      {"slots_checked", picture.layout.slots},
                      {"off", picture.layout.off},
                      {"notes", picture.layout.notes}}},
                    {"channels", std::move(channels)},
                    {"participants", std::move(participants)},
                    {"stuck", std::move(stuck)}};
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void printLayout(const LayoutCheck& layout) {
    std::cout << "Layout: " << layout.checks << " checks and " << layout.slots << " slots, "
              << (layout.isSound() ? "nothing is off." : "off is:") << '\n';
    for (const std::string& sentence : layout.off) {
        std::cout << "OFF " << sentence << '\n';
    }
    for (const std::string& sentence : layout.notes) {
        std::cout << "Note: " << sentence << ".\n";
    }
}

void printText(const RingObserver& ring, const RingPicture& picture, const RingOptions& options) {
    std::cout << ring.name() << ": " << formatBytes(static_cast<double>(ring.geometry().bytes))
              << ", "
              << (!ring.geometry().hasExtension      ? "created by DMXP"
                  : ring.geometry().isDmxpCompatible ? "DMXP-compatible"
                                                     : "Ringscope's own layout")
              << '\n';
    std::vector<std::vector<std::string>> rows{{"CHANNEL", "CAPACITY", "STRIDE", "HEAD", "TAIL",
                                                "USED", "FREE", "READY", "READING", "WRITING",
                                                "STUCK"}};
    for (const auto& channel : picture.channels) {
        const auto counts = statesOf(*channel);
        std::vector<std::string> row{
            std::to_string(channel->cursors.channel) +
                (channel->channelName.empty() ? "" : " " + channel->channelName),
            std::to_string(channel->cursors.capacity),
            std::to_string(channel->slotStride),
            std::to_string(channel->cursors.head),
            std::to_string(channel->cursors.tail),
            std::to_string(channel->cursors.used())};
        for (const std::uint64_t count : counts) {
            row.push_back(count == 0 ? "" : std::to_string(count));
        }
        rows.push_back(std::move(row));
    }
    std::cout << alignedTable(rows, 1);
    printBacklogs(picture);
    printLayout(picture.layout);
    if (options.showsSlots) {
        for (const auto& channel : picture.channels) {
            std::cout << "slots of channel " << channel->cursors.channel << ":\n";
            forEachRun(*channel, [](std::uint64_t first, std::uint64_t last, SlotState state) {
                std::cout << "  " << first;
                if (last != first) {
                    std::cout << "-" << last;
                }
                std::cout << "  " << nameOf(state) << '\n';
            });
        }
    }
    printStuck(ring, picture);
    if (picture.participants.empty()) {
        std::cout << "No participant is registered.\n";
        return;
    }
    rows = {{"PARTICIPANT", "STATE", "PID", "TID", "CHANNEL", "CLAIMS", "HOLDS"}};
    for (const Participant& p : picture.participants) {
        rows.push_back(
            {p.role == layout::Role::producer ? "producer" : "consumer", nameOf(livenessOf(p)),
             std::to_string(p.process.pid), std::to_string(p.thread.tid), std::to_string(p.channel),
             std::to_string(p.activity),
             p.intentCount == 0
                 ? ""
                 : std::to_string(p.intentCount) + " from " + std::to_string(p.intentFirst)});
    }
    std::cout << alignedTable(rows, 2);
}

int showRing(const RingOptions& options) {
    auto opened = RingObserver::open(options.name, kSegmentCreationTime);
    if (!opened) {
        return reportError(opened.error());
    }
    const auto ring = std::make_shared<RingObserver>(std::move(*opened));
    StuckWatch watch(ring);
    for (;;) {
        const auto picture = look(*ring, watch, options);
        if (!picture) {
            return reportError(picture.error());
        }
        if (options.isWatching && !options.isJson && ::isatty(STDOUT_FILENO) == 1) {
            std::cout << "\033[H\033[2J"; // home and clear: a picture that stays in place
        }
        options.isJson ? printJson(*ring, *picture, options) : printText(*ring, *picture, options);
        std::cout.flush();
        if (!options.isWatching || !std::cout) {
            return kExitDone;
        }
        waitMs(500);
        if (isInterrupted()) {
            return kExitInterrupted;
        }
        const auto changes = ring->refresh(); // created anew in its file, it may be smaller
        for (std::size_t i = 0; changes && i < changes->size(); ++i) {
            remark((*changes)[i]);
        }
        if (ring->presence() != SegmentPresence::present) {
            remark("ring " + options.name + " was removed, replaced or cut short");
            return kExitTarget;
        }
    }
}

} // namespace

void addRingCommand(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<RingOptions>();
    CLI::App* ring =
        app.add_subcommand("ring", "Shows one ring segment: channels, slots, participants");
    ring->add_option("name", options->name, "Its name under /dev/shm")->type_name("NAME");
    ring->add_option("--channel", options->channel, "Only this channel")->type_name("N");
    ring->add_option("--layout", options->layout,
                     "It is not Ringscope's, and this file describes it (docs/other-rings.md)")
        ->type_name("FILE.toml");
    ring->add_flag("--slots", options->showsSlots, "Also every slot's state");
    ring->add_flag("--watch", options->isWatching, "Again twice a second, until interrupted");
    ring->add_flag("--json", options->isJson, "Prints one JSON document");
    ring->footer("Examples:\n"
                 "  ringscope-cli ring ringscope-steady-4711-1a2b --slots\n"
                 "  ringscope-cli ring dmxp_alloc --watch\n"
                 "  ringscope-cli ring my_queue --layout my_queue.toml --watch\n"
                 "  ringscope-cli ring repair ringscope-steady-4711-1a2b --dry-run\n"
                 "  ringscope-cli ring remove ringscope-steady-4711-1a2b");

    auto isForced = std::make_shared<bool>(false);
    CLI::App* remove = ring->add_subcommand("remove", "Unlinks a segment that nobody alive uses");
    auto removed = std::make_shared<std::string>();
    remove->add_option("name", *removed, "Its name under /dev/shm")->required()->type_name("NAME");
    remove->add_flag("--force", *isForced,
                     "Also while somebody uses it: they keep what they have mapped");
    remove->footer("Example:\n"
                   "  ringscope-cli ring remove ringscope-steady-4711-1a2b");
    remove->callback([removed, isForced, &line] {
        line.command = [removed, isForced] {
            const auto done = removeSegment(*removed, *isForced ? RemovePolicy::force
                                                                : RemovePolicy::refuseWhileInUse);
            return done ? kExitDone : reportError(done.error());
        };
    });
    addRingRepairCommand(*ring, line);
    ring->callback([options, &line] {
        if (!line.command) {
            if (!options->layout.empty()) {
                if (options->showsSlots || options->channel) {
                    throw CLI::ValidationError("--slots and --channel are for Ringscope's rings");
                }
                line.command = [options] {
                    return showForeignRing(
                        {options->name, options->layout, options->isWatching, options->isJson});
                };
                return;
            }
            if (options->name.empty()) {
                throw CLI::RequiredError("the NAME of a ring (ringscope-cli rings lists them)");
            }
            line.command = [options] { return showRing(*options); };
        }
    });
}

} // namespace ringscope
