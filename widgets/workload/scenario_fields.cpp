// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/scenario_fields.h"

#include <QCoreApplication>

#include "core/base/units.h"
#include "core/workload/scenario_check.h"

namespace ringscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ScenarioFields", text);
}

QString words(const std::string& text) {
    return QString::fromStdString(text);
}

QString number(double value) {
    return words(formatCount(value));
}

ScenarioField field(std::string key, FieldKind kind, const QString& label, const QString& help) {
    ScenarioField made;
    made.key = std::move(key);
    made.kind = kind;
    made.label = label;
    made.help = help;
    return made;
}

ScenarioField withZero(ScenarioField made, const QString& zeroText) {
    made.zeroText = zeroText;
    return made;
}

ScenarioField shownIf(ScenarioField made, std::function<bool(const Scenario&)> isShown) {
    made.isShown = std::move(isShown);
    return made;
}

using Choices = std::vector<std::pair<std::string, QString>>;

ScenarioField choice(std::string key, const QString& label, const QString& help, Choices choices) {
    ScenarioField made = field(std::move(key), FieldKind::choice, label, help);
    made.choices = std::move(choices);
    return made;
}

ScenarioSection aboutSection() {
    ScenarioSection section;
    section.title = tr("Scenario");
    section.digest = [](const Scenario& s) { return words(s.name); };
    section.fields = {
        field("name", FieldKind::text, tr("Name"),
              tr("What the scenario is called in lists and reports, 1 to 64 characters.")),
        field("summary", FieldKind::text, tr("Summary"), tr("One sentence: what it shows.")),
    };
    return section;
}

ScenarioSection workersSection() {
    ScenarioSection section;
    section.title = tr("Workers");
    section.digest = [](const Scenario& s) {
        return tr("%1 → %2 %3")
            .arg(s.workers.producers)
            .arg(s.workers.consumers)
            .arg(s.workers.kind == WorkerKind::processes ? tr("processes") : tr("threads"));
    };
    section.fields = {
        field("workers.producers", FieldKind::count, tr("Producers"),
              tr("How many workers send messages, 1 to 128; 0 if only others send, in a ring "
                 "that is used under its name.")),
        field("workers.consumers", FieldKind::count, tr("Consumers"),
              tr("How many workers receive messages, 1 to 128; 0 if only others receive, in a "
                 "ring that is used under its name.")),
        choice("workers.kind", tr("Run as"),
               tr("Processes each have their own memory; threads share one worker process."),
               {{"processes", tr("Processes")}, {"threads", tr("Threads of one process")}}),
        choice("workers.pattern", tr("Pattern"),
               tr("Stream: producers send, consumers receive. Ping-pong: each producer waits for "
                  "the answer before it sends again."),
               {{"stream", tr("Stream")}, {"ping-pong", tr("Ping-pong")}}),
        field("workers.batch", FieldKind::count, tr("Batch"),
              tr("Messages claimed at once, 1 to 64.")),
        choice("workers.waiting", tr("Waiting"),
               tr("What a worker does while the ring is full or empty: spin and yield the "
                  "processor, or sleep on a futex."),
               {{"spin-yield", tr("Spin and yield")}, {"futex", tr("Sleep (futex)")}}),
        field("workers.cpus", FieldKind::numberList, tr("Pinned to CPUs"),
              tr("Processor numbers such as 0, 2, 4. The workers are dealt out over them; empty: "
                 "not pinned.")),
    };
    return section;
}

bool isRated(const Scenario& s) {
    return s.rate.mode != RateMode::max;
}
bool isRamp(const Scenario& s) {
    return s.rate.mode == RateMode::ramp;
}
bool isBursts(const Scenario& s) {
    return s.rate.mode == RateMode::bursts;
}

ScenarioSection rateSection() {
    ScenarioSection section;
    section.title = tr("Rate");
    section.digest = [](const Scenario& s) {
        const QString rate = words(formatValue(s.rate.perSecond, Unit::countPerSec));
        switch (s.rate.mode) {
        case RateMode::max:
            return tr("as fast as possible");
        case RateMode::fixed:
            return rate;
        case RateMode::poisson:
            return tr("%1, Poisson").arg(rate);
        case RateMode::bursts:
            return tr("bursts of %1").arg(words(formatDuration(s.rate.onNs)));
        case RateMode::ramp:
            return tr("%1 to %2")
                .arg(rate, words(formatValue(s.rate.rampToPerSecond, Unit::countPerSec)));
        }
        return QString();
    };
    section.fields = {
        choice("rate.mode", tr("Mode"), tr("When messages are due, for all producers together."),
               {{"max", tr("As fast as possible")},
                {"fixed", tr("Evenly spaced")},
                {"poisson", tr("At random (Poisson)")},
                {"bursts", tr("Bursts")},
                {"ramp", tr("Rising (ramp)")}}),
        shownIf(withZero(field("rate.per_second", FieldKind::real, tr("Messages per second"),
                               tr("Of all producers together; in bursts, while they are on; of a "
                                  "ramp, where it starts.")),
                         tr("as fast as possible")),
                isRated),
        shownIf(field("rate.ramp_to", FieldKind::real, tr("Rising to, per second"),
                      tr("Messages per second at the end of the ramp.")),
                isRamp),
        shownIf(field("rate.ramp", FieldKind::duration, tr("Ramp takes"),
                      tr("Time from the first rate to the last.")),
                isRamp),
        shownIf(
            field("rate.on", FieldKind::duration, tr("On for"), tr("How long each burst lasts.")),
            isBursts),
        shownIf(field("rate.off", FieldKind::duration, tr("Off for"),
                      tr("How long the producers rest between bursts.")),
                isBursts),
    };
    return section;
}

ScenarioSection ringSection() {
    ScenarioSection section;
    section.title = tr("Ring");
    // The geometry of a ring that is there already is its own affair.
    const auto mayCreate = [](const Scenario& s) {
        return s.ring.attach.empty() || s.ring.isDmxpCompatible;
    };
    section.digest = [](const Scenario& s) {
        if (!s.ring.attach.empty()) {
            return words(s.ring.attach);
        }
        const QString bytes = words(formatBytes(static_cast<double>(ringBytes(s))));
        return s.channelCount() == 1
                   ? tr("%1 slots, %2").arg(s.ring.capacity).arg(bytes)
                   : tr("%1 × %2 slots, %3").arg(s.channelCount()).arg(s.ring.capacity).arg(bytes);
    };
    section.fields = {
        field("ring.attach", FieldKind::text, tr("Use the ring named"),
              tr("A ring that exists already, such as DMXP's dmxp_alloc; it is left in place, and "
                 "others' messages are counted apart. Empty: a fresh ring.")),
        field("ring.dmxp_compatible", FieldKind::flag, tr("DMXP clients can join"),
              tr("A stride of 1088 bytes, and DMXP's blocking consumers are woken. A named ring "
                 "that does not exist is then created for the run.")),
        field("ring.channels", FieldKind::count, tr("Channels"),
              tr("Independent queues in the segment, 1 to 256. Ping-pong always has two for each "
                 "producer.")),
        shownIf(field("ring.capacity", FieldKind::powerOfTwo, tr("Slots per channel"),
                      tr("A power of two from 2 to 16777216.")),
                mayCreate),
        field("ring.payload_capacity", FieldKind::bytes, tr("Payload per slot"),
              tr("The largest message a slot can hold.")),
        shownIf(withZero(field("ring.slot_stride", FieldKind::bytes, tr("Slot stride"),
                               tr("Distance from one slot to the next, a multiple of 64; computed "
                                  "from the payload when 0.")),
                         tr("computed")),
                mayCreate),
        choice("ring.spread", tr("Channels are used by"),
               tr("Every worker uses all channels in turn, or the workers are dealt out over "
                  "them."),
               {{"all", tr("Every worker")}, {"own", tr("Some workers each")}}),
        shownIf(field("ring.prefault", FieldKind::flag, tr("Touch every page first"),
                      tr("The ring's memory is all resident before the run, so that page faults "
                         "are not measured.")),
                mayCreate),
    };
    return section;
}

ScenarioSection payloadSection() {
    ScenarioSection section;
    section.title = tr("Messages");
    const auto is = [](SizeDistribution wanted) {
        return [wanted](const Scenario& s) { return s.payload.distribution == wanted; };
    };
    const auto hasBounds = [](const Scenario& s) {
        return s.payload.distribution == SizeDistribution::uniform ||
               s.payload.distribution == SizeDistribution::logNormal;
    };
    section.digest = [](const Scenario& s) {
        const auto bytes = [](std::uint32_t n) { return words(formatBytes(n)); };
        switch (s.payload.distribution) {
        case SizeDistribution::fixed:
            return bytes(s.payload.bytes);
        case SizeDistribution::uniform:
        case SizeDistribution::logNormal:
            return tr("%1 to %2").arg(bytes(s.payload.minBytes), bytes(s.payload.maxBytes));
        case SizeDistribution::list:
            break;
        }
        return tr("%1 sizes").arg(s.payload.sizes.size());
    };
    section.fields = {
        choice("payload.distribution", tr("Sizes"), tr("How the size of each message is chosen."),
               {{"fixed", tr("All the same")},
                {"uniform", tr("Evenly between two")},
                {"log-normal", tr("Log-normal")},
                {"list", tr("From a list")}}),
        shownIf(field("payload.bytes", FieldKind::bytes, tr("Size"),
                      tr("Bytes of each message, at least 24: its number, stamp and checksum are "
                         "part of it.")),
                is(SizeDistribution::fixed)),
        shownIf(
            field("payload.min", FieldKind::bytes, tr("Smallest"), tr("No message is smaller.")),
            hasBounds),
        shownIf(field("payload.max", FieldKind::bytes, tr("Largest"), tr("No message is larger.")),
                hasBounds),
        shownIf(field("payload.median", FieldKind::real, tr("Median, bytes"),
                      tr("Half of the messages are smaller.")),
                is(SizeDistribution::logNormal)),
        shownIf(field("payload.sigma", FieldKind::real, tr("Spread (sigma)"),
                      tr("Standard deviation of the logarithm: 0.5 is narrow, 1.5 is wide.")),
                is(SizeDistribution::logNormal)),
        shownIf(field("payload.sizes", FieldKind::numberList, tr("Sizes, bytes"),
                      tr("Up to 32 sizes such as 64, 256, 1024.")),
                is(SizeDistribution::list)),
        shownIf(field("payload.weights", FieldKind::numberList, tr("How often each"),
                      tr("One number for each size, such as 8, 3, 1.")),
                is(SizeDistribution::list)),
    };
    return section;
}

ScenarioSection workSection() {
    ScenarioSection section;
    section.title = tr("Work per message");
    const auto isTimed = [](const Scenario& s) { return s.work.time != WorkTime::none; };
    const auto isUniform = [](const Scenario& s) { return s.work.time == WorkTime::uniform; };
    section.digest = [](const Scenario& s) {
        switch (s.work.time) {
        case WorkTime::none:
            return tr("none");
        case WorkTime::fixed:
        case WorkTime::exponential:
            return words(formatDuration(s.work.ns));
        case WorkTime::uniform:
            break;
        }
        return tr("%1 to %2")
            .arg(words(formatDuration(s.work.minNs)), words(formatDuration(s.work.maxNs)));
    };
    section.fields = {
        choice("work.distribution", tr("Time"),
               tr("How long a consumer holds the slot of each message."),
               {{"none", tr("None")},
                {"fixed", tr("Always the same")},
                {"uniform", tr("Evenly between two")},
                {"exponential", tr("Exponential")}}),
        shownIf(choice("work.style", tr("Spent"), tr("On the processor or asleep."),
                       {{"spin", tr("On the processor")}, {"sleep", tr("Asleep")}}),
                isTimed),
        shownIf(field("work.time", FieldKind::duration, tr("Work takes"),
                      tr("The time, or the mean of an exponential one.")),
                [](const Scenario& s) {
                    return s.work.time == WorkTime::fixed || s.work.time == WorkTime::exponential;
                }),
        shownIf(field("work.min", FieldKind::duration, tr("At least"), tr("The shortest time.")),
                isUniform),
        shownIf(field("work.max", FieldKind::duration, tr("At most"), tr("The longest time.")),
                isUniform),
    };
    return section;
}

ScenarioSection stallSection() {
    ScenarioSection section;
    section.title = tr("Stalls");
    const auto isStalling = [](const Scenario& s) { return s.stall.everyNs != 0; };
    section.digest = [](const Scenario& s) {
        return s.stall.everyNs == 0 ? tr("never")
                                    : tr("%1 every %2")
                                          .arg(words(formatDuration(s.stall.forNs)),
                                               words(formatDuration(s.stall.everyNs)));
    };
    section.fields = {
        withZero(field("stall.every", FieldKind::duration, tr("A consumer stops every"),
                       tr("As a page fault, a collector or the scheduler would make it.")),
                 tr("never")),
        shownIf(field("stall.for", FieldKind::duration, tr("It stops for"),
                      tr("How long each stall lasts.")),
                isStalling),
        shownIf(withZero(field("stall.count", FieldKind::count, tr("Consumers that stall"),
                               tr("How many of the consumers do.")),
                         tr("all")),
                isStalling),
        shownIf(field("stall.holding", FieldKind::flag, tr("While holding a slot"),
                      tr("It stops in the middle of a message, so its slot stays taken.")),
                isStalling),
    };
    return section;
}

ScenarioSection heapSection() {
    ScenarioSection section;
    section.title = tr("Heap per message");
    const auto is = [](HeapBehaviour wanted) {
        return [wanted](const Scenario& s) { return s.heap.behaviour == wanted; };
    };
    const auto isUsed = [](const Scenario& s) { return s.heap.behaviour != HeapBehaviour::none; };
    section.digest = [](const Scenario& s) {
        const QString bytes = words(formatBytes(s.heap.bytes));
        switch (s.heap.behaviour) {
        case HeapBehaviour::none:
            return tr("none");
        case HeapBehaviour::allocateAndFree:
            return tr("%1, freed at once").arg(bytes);
        case HeapBehaviour::keep:
            return tr("%1, last %2 kept").arg(bytes, number(static_cast<double>(s.heap.keep)));
        case HeapBehaviour::leak:
            return tr("%1, 1 in %2 leaks").arg(bytes, number(static_cast<double>(s.heap.oneIn)));
        case HeapBehaviour::growThenDrop:
            break;
        }
        return tr("%1, dropped at %2").arg(bytes, number(static_cast<double>(s.heap.grow)));
    };
    section.fields = {
        choice("heap.behaviour", tr("Allocations"), tr("What a worker allocates for each message."),
               {{"none", tr("None")},
                {"allocate-and-free", tr("Allocate and free at once")},
                {"keep", tr("Keep the last ones")},
                {"leak", tr("Leak some")},
                {"grow-then-drop", tr("Grow, then drop all")}}),
        shownIf(choice("heap.user", tr("By"), tr("Which workers allocate."),
                       {{"producers", tr("Producers")},
                        {"consumers", tr("Consumers")},
                        {"both", tr("Both")}}),
                isUsed),
        shownIf(field("heap.bytes", FieldKind::bytes, tr("Block size"),
                      tr("Bytes of each allocation.")),
                isUsed),
        shownIf(field("heap.keep", FieldKind::count, tr("Blocks kept"),
                      tr("Blocks alive in each worker.")),
                is(HeapBehaviour::keep)),
        shownIf(field("heap.one_in", FieldKind::count, tr("Leaks one in"),
                      tr("One block in so many is never freed.")),
                is(HeapBehaviour::leak)),
        shownIf(field("heap.grow", FieldKind::count, tr("Drops all at"),
                      tr("Blocks in each worker before all of them are freed.")),
                is(HeapBehaviour::growThenDrop)),
    };
    return section;
}

ScenarioSection runSection() {
    ScenarioSection section;
    section.title = tr("Run");
    section.digest = [](const Scenario& s) {
        QString text =
            s.run.durationNs == 0 ? tr("until stopped") : words(formatDuration(s.run.durationNs));
        if (s.run.messages != 0) {
            text = tr("%1 messages").arg(number(static_cast<double>(s.run.messages)));
        }
        return text;
    };
    section.fields = {
        withZero(
            field("run.duration", FieldKind::duration, tr("Duration"), tr("Without the warm-up.")),
            tr("until stopped")),
        withZero(field("run.messages", FieldKind::count, tr("Messages"),
                       tr("The run ends when all producers together have sent so many; without "
                          "producers, when so many were received.")),
                 tr("no limit")),
        field("run.warm_up", FieldKind::duration, tr("Warm-up"),
              tr("Before the duration; in no rate and no latency.")),
        field("run.seed", FieldKind::count, tr("Seed"),
              tr("The same seed gives the same sizes and times.")),
        withZero(field("run.latency_one_in", FieldKind::count, tr("Latency of one in"),
                       tr("So many messages, one carries a time stamp.")),
                 tr("none")),
    };
    return section;
}

ScenarioSection killSection() {
    ScenarioSection section;
    section.title = tr("Killed worker");
    const auto isKilling = [](const Scenario& s) { return s.kill.has_value(); };
    section.digest = [](const Scenario& s) {
        return !s.kill ? tr("none")
                       : tr("%1 %2 after %3")
                             .arg(s.kill->role == WorkerRole::producer ? tr("producer")
                                                                       : tr("consumer"))
                             .arg(s.kill->index)
                             .arg(words(formatDuration(s.kill->afterNs)));
    };
    section.fields = {
        choice("kill.role", tr("Kills"), tr("A worker that the run itself kills."),
               {{"none", tr("Nobody")},
                {"producer", tr("A producer")},
                {"consumer", tr("A consumer")}}),
        shownIf(
            field("kill.index", FieldKind::count, tr("Number"), tr("Which one, counted from 0.")),
            isKilling),
        shownIf(
            field("kill.holding", FieldKind::flag, tr("While holding a slot"),
                  tr("It is killed in the middle of a message, not wherever it happens to be.")),
            isKilling),
        shownIf(field("kill.after", FieldKind::duration, tr("After"),
                      tr("Time from the end of the warm-up.")),
                isKilling),
        shownIf(choice("kill.signal", tr("By"), tr("The signal it gets."),
                       {{"SIGKILL", tr("SIGKILL (killed)")},
                        {"SIGSEGV", tr("SIGSEGV (crash)")},
                        {"SIGABRT", tr("SIGABRT (abort)")},
                        {"SIGBUS", tr("SIGBUS (bus error)")},
                        {"SIGTERM", tr("SIGTERM (asked to end)")},
                        {"SIGSTOP", tr("SIGSTOP (stopped)")}}),
                isKilling),
    };
    return section;
}

ScenarioSection recoverySection() {
    ScenarioSection section;
    section.title = tr("Faults and recovery");
    const auto isChurning = [](const Scenario& s) { return s.churn.everyNs > 0; };
    section.digest = [](const Scenario& s) {
        QStringList parts;
        if (!s.faults.empty()) {
            parts << tr("kinds of fault: %1").arg(s.faults.size());
        }
        if (s.recovery.repairs) {
            parts << tr("repaired");
        }
        if (s.recovery.restartAfterNs > 0) {
            parts << tr("replaced after %1").arg(words(formatDuration(s.recovery.restartAfterNs)));
        }
        return parts.isEmpty() ? tr("none") : parts.join(QStringLiteral(", "));
    };
    section.fields = {
        field("recovery.repair", FieldKind::flag, tr("Repair the ring"),
              tr("The run gives back what dead workers held.")),
        withZero(field("recovery.restart_after", FieldKind::duration, tr("Replace the dead after"),
                       tr("Another worker takes the place of one that died.")),
                 tr("never")),
        withZero(field("churn.every", FieldKind::duration, tr("Leave and join every"),
                       tr("Workers leave the ring and join it again, all at once.")),
                 tr("never")),
        shownIf(withZero(field("churn.count", FieldKind::count, tr("Workers that leave"),
                               tr("How many of them at a time; they take turns.")),
                         tr("all")),
                isChurning),
        withZero(field("workers.start_within", FieldKind::duration, tr("Slow start within"),
                       tr("Each worker joins at a random time within it.")),
                 tr("at once")),
        withZero(field("ring.roster_entries", FieldKind::count, tr("Places in the roster"),
                       tr("Who finds it full waits until somebody leaves.")),
                 tr("enough for all")),
    };
    return section;
}

} // namespace

std::vector<ScenarioSection> scenarioSections() {
    return {workersSection(), rateSection(),     ringSection(), payloadSection(),
            workSection(),    stallSection(),    heapSection(), runSection(),
            killSection(),    recoverySection(), aboutSection()};
}

} // namespace ringscope
