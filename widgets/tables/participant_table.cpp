// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/participant_table.h"

#include <algorithm>
#include <tuple>

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include "core/base/clock.h"

namespace ringscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ParticipantTable", text);
}

TableCell withHelp(TableCell cell) {
    cell.help = cell.text;
    return cell;
}

TableCell stateCell(const ParticipantRow& row) {
    if (!row.isRegistered) {
        return textCell(tr("? not registered"), CellTone::warning);
    }
    switch (row.liveness) {
    case Liveness::alive:
        return textCell(tr("● alive"), CellTone::good);
    case Liveness::stopped:
        return textCell(tr("◫ stopped"), CellTone::warning);
    case Liveness::dead:
        return textCell(tr("✕ dead"), CellTone::error);
    case Liveness::unknown:
        break;
    }
    TableCell cell = textCell(tr("? unknown"), CellTone::secondary);
    cell.help = tr("It is in another PID namespace or another user's, so nobody here can tell.");
    return cell;
}

QString roleName(const ParticipantRow& row) {
    return row.isProducer ? tr("producer") : tr("consumer");
}

// As the workers are called, when it is one of them.
QString nameOf(const ParticipantRow& row, const SessionView& view) {
    if (view.workers) {
        for (const WorkerRow& worker : *view.workers) {
            const QString letter = worker.role == "producer"   ? QStringLiteral("P")
                                   : worker.role == "consumer" ? QStringLiteral("C")
                                                               : QString();
            if (worker.pid == row.pid && worker.tid == row.tid && !letter.isEmpty()) {
                return tr("%1 %2").arg(letter + QString::number(worker.index), roleName(row));
            }
        }
    }
    return roleName(row);
}

TableCell heldCell(const ParticipantRow& row) {
    if (row.heldCount == 0) {
        return textCell({});
    }
    TableCell cell = textCell(
        row.heldCount == 1
            ? tr("slot %1").arg(row.firstSlot)
            : tr("%1 slots from %2").arg(QString::number(row.heldCount)).arg(row.firstSlot),
        CellTone::error);
    const QString what = row.isProducer ? tr("writing") : tr("reading");
    cell.help =
        row.heldCount == 1
            ? tr("Position %1 of channel %2, %3.").arg(row.heldFirst).arg(row.channel).arg(what)
            : tr("Positions %1 to %2 of channel %3, %4.")
                  .arg(row.heldFirst)
                  .arg(row.heldFirst + row.heldCount - 1)
                  .arg(row.channel)
                  .arg(what);
    return cell;
}

TableCell blocksCell(const ParticipantRow& row) {
    if (row.heldCount == 0) {
        return textCell({});
    }
    const auto waiting = QString::number(row.distance);
    switch (row.blocked) {
    case Blocked::consumers:
        return withHelp(textCell(tr("consumers; %1 messages wait").arg(waiting), CellTone::error));
    case Blocked::producers:
        return withHelp(textCell(tr("producers; full for them"), CellTone::error));
    case Blocked::nothingYet:
        break;
    }
    return withHelp(textCell(row.isProducer ? tr("consumers in %1 messages").arg(waiting)
                                            : tr("producers in %1 messages").arg(waiting),
                             CellTone::warning));
}

TableCell joinedCell(const ParticipantRow& row) {
    if (row.joinedNs <= 0) {
        return textCell({});
    }
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(row.joinedNs / kNsPerMs);
    return textCell(time.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")));
}

// What needs attention first, then producers before consumers, each as they joined.
bool isBefore(const ParticipantRow& a, const ParticipantRow& b) {
    const auto rank = [](const ParticipantRow& row) {
        const bool isDead = row.isRegistered && row.liveness == Liveness::dead;
        return std::tuple(row.heldCount == 0, !isDead, !row.isProducer, row.channel, row.joinedNs);
    };
    return rank(a) < rank(b);
}

struct Tally {
    int registered = 0;
    int dead = 0;
    int stuckByDead = 0; // claims
    int stuckByOthers = 0;
};

Tally tallyOf(const SessionView& view) {
    Tally tally;
    if (!view.participants) {
        return tally;
    }
    for (const ParticipantRow& row : *view.participants) {
        const bool isDead = row.isRegistered && row.liveness == Liveness::dead;
        tally.registered += row.isRegistered ? 1 : 0;
        tally.dead += isDead ? 1 : 0;
        (isDead ? tally.stuckByDead : tally.stuckByOthers) += row.heldCount > 0 ? 1 : 0;
    }
    return tally;
}

} // namespace

std::vector<TableColumn> participantColumns() {
    return {
        tableColumn(tr("Who"), ColumnKind::text, Unit::none,
                    tr("Its name, if it is a worker of the run, and the role it took in the "
                       "ring's roster.")),
        tableColumn(tr("State"), ColumnKind::text, Unit::none,
                    tr("Of its thread, as the kernel has it.")),
        tableColumn(tr("Stuck"), ColumnKind::text, Unit::none,
                    tr("Slots that it claimed and has not passed on: it is dead or stopped, or has "
                       "taken longer than a second.")),
        tableColumn(tr("Held"), ColumnKind::quantity, Unit::nanoseconds,
                    tr("For how long at least.")),
        tableColumn(tr("Blocks"), ColumnKind::text, Unit::none,
                    tr("Who cannot pass, or will stand still soon.")),
        tableColumn(tr("Claims"), ColumnKind::quantity, Unit::count,
                    tr("How often it claimed slots so far; one that does not rise is idle.")),
        tableColumn(tr("PID"), ColumnKind::identifier),
        tableColumn(tr("Command"), ColumnKind::text),
        tableColumn(tr("Channel"), ColumnKind::identifier),
        hiddenAtFirst(tableColumn(tr("Thread"), ColumnKind::identifier)),
        hiddenAtFirst(tableColumn(tr("Joined"), ColumnKind::text, Unit::none,
                                  tr("When it took its place in the roster."))),
        hiddenAtFirst(
            tableColumn(tr("Started"), ColumnKind::exact, Unit::none,
                        tr("Its thread, in clock ticks since boot: tells it apart from a later one "
                           "with the same PID."))),
    };
}

std::vector<TableRow> participantRows(const SessionView& view) {
    std::vector<TableRow> rows;
    if (!view.participants) {
        return rows;
    }
    std::vector<ParticipantRow> sorted = *view.participants;
    std::stable_sort(sorted.begin(), sorted.end(), isBefore);
    for (const ParticipantRow& participant : sorted) {
        TableRow row;
        row.key =
            participant.isRegistered
                ? QStringLiteral("entry/%1").arg(participant.entry)
                : QStringLiteral("stuck/%1/%2").arg(participant.channel).arg(participant.heldFirst);
        row.value =
            participant.heldCount > 0 ? static_cast<std::int64_t>(participant.firstSlot) : -1;
        TableCell channel = numberCell(participant.channel);
        channel.text = QString::number(participant.channel); // also 0
        row.cells = {
            textCell(nameOf(participant, view)),
            stateCell(participant),
            heldCell(participant),
            numberCell(static_cast<double>(participant.heldNs)),
            blocksCell(participant),
            numberCell(static_cast<double>(participant.claims)),
            numberCell(participant.pid),
            withHelp(textCell(QString::fromStdString(participant.command))),
            channel,
            numberCell(participant.tid),
            joinedCell(participant),
            numberCell(static_cast<double>(participant.startTicks)),
        };
        rows.push_back(std::move(row));
    }
    return rows;
}

bool hasDeadParticipant(const SessionView& view) {
    return tallyOf(view).dead > 0;
}

bool hasRepairableSlots(const SessionView& view) {
    return tallyOf(view).stuckByDead > 0;
}

QString participantSentence(const SessionView& view) {
    if (!view.ring) {
        return {};
    }
    const Tally tally = tallyOf(view);
    if (tally.registered == 0) {
        return tally.stuckByOthers > 0
                   ? tr("A slot is stuck, and nobody is in the ring's roster (DMXP's layout has "
                        "none): who holds it cannot be told, and it cannot be repaired.")
                   : tr("Nobody is in the ring's roster. A ring that DMXP created has none.");
    }
    if (tally.dead == 0) {
        return tally.stuckByOthers > 0
                   ? tr("Slots are stuck, but nobody who holds them is dead: let them go on.")
                   : tr("Nobody is dead and nothing is stuck.");
    }
    const QString dead = tally.dead == 1 ? tr("1 participant is dead")
                                         : tr("%1 participants are dead").arg(tally.dead);
    if (tally.stuckByDead == 0) {
        return tr("%1 and held nothing. A repair frees the place in the roster.").arg(dead);
    }
    return tr("%1 and left slots stuck. A repair gives them back.").arg(dead);
}

} // namespace ringscope
