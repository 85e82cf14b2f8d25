// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/sizing_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QCoreApplication>
#include <QStringList>

namespace ringscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("SizingTable", text);
}

double real(std::uint64_t number) {
    return static_cast<double>(number);
}

TableCell adviceCell(const ChannelSizing& sizing) {
    const QString slotCount = QString::number(sizing.recommendedCapacity);
    TableCell cell;
    switch (sizing.advice) {
    case SizingAdvice::suffices:
        cell = textCell(tr("✓ %1").arg(slotCount), CellTone::good);
        break;
    case SizingAdvice::grow:
        cell = textCell(tr("△ %1").arg(slotCount), CellTone::warning);
        break;
    case SizingAdvice::growAtLeast:
        cell = textCell(tr("△ ≥ %1").arg(slotCount), CellTone::warning);
        break;
    case SizingAdvice::noCapacityHelps:
    case SizingAdvice::unpaced:
        cell = textCell(tr("✕ none"), CellTone::error);
        break;
    }
    cell.help = QString::fromStdString(sizingSentence(sizing));
    return cell;
}

// As the tables call him. A worker that was replaced has another pid than the one that sent.
QString senderName(const SessionView& view, const QueuedBy& sender) {
    static const std::vector<WorkerRow> none;
    const std::vector<WorkerRow>& workers = view.workers ? *view.workers : none;
    const auto isHe = [&sender](const WorkerRow& row) {
        return row.role == "producer" && row.pid == sender.pid;
    };
    auto found = workers.end();
    if (sender.worker && *sender.worker < workers.size() && isHe(workers[*sender.worker])) {
        found = workers.begin() + *sender.worker;
    } else if (std::count_if(workers.begin(), workers.end(), isHe) == 1) {
        found = std::find_if(workers.begin(), workers.end(), isHe);
    }
    if (found == workers.end() && sender.pid == 0) {
        return tr("senders that give no pid");
    }
    return found == workers.end() ? tr("pid %1").arg(sender.pid)
                                  : QStringLiteral("P%1").arg(found->index);
}

// Nobody waited, then what is estimated, then what no ring can hold.
int urgency(const ChannelSizing& sizing) {
    return static_cast<int>(sizing.advice);
}

} // namespace

std::vector<TableColumn> sizingColumns() {
    return {
        tableColumn(tr("Channel"), ColumnKind::text),
        tableColumn(tr("Advised"), ColumnKind::text, Unit::none,
                    tr("The capacity at which no producer waits under this load.")),
        tableColumn(tr("Capacity"), ColumnKind::exact, Unit::none, tr("Slots the channel has.")),
        tableColumn(tr("Max fill"), ColumnKind::exact, Unit::none,
                    tr("Most slots between head and tail, as sampled.")),
        tableColumn(tr("Min free"), ColumnKind::exact, Unit::none,
                    tr("Fewest slots that producers could have, as sampled.")),
        tableColumn(tr("At full"), ColumnKind::quantity, Unit::percent,
                    tr("Share of the time in which producers found no room.")),
        tableColumn(tr("At empty"), ColumnKind::quantity, Unit::percent,
                    tr("Share of the time in which consumers found nothing.")),
        tableColumn(tr("Stall"), ColumnKind::quantity, Unit::nanoseconds,
                    tr("Longest time in which nothing was received though messages were there.")),
        tableColumn(tr("Oldest"), ColumnKind::quantity, Unit::nanoseconds,
                    tr("How long the oldest message that is still in the ring has waited.")),
        hiddenAtFirst(tableColumn(tr("Send stall"), ColumnKind::quantity, Unit::nanoseconds,
                                  tr("Longest time in which nothing was sent though the ring was "
                                     "full."))),
        hiddenAtFirst(tableColumn(tr("Needed"), ColumnKind::exact, Unit::none,
                                  tr("Slots, before rounding to a power of two."))),
        hiddenAtFirst(tableColumn(tr("Max between"), ColumnKind::exact, Unit::none,
                                  tr("There were at most so many between two samples."))),
    };
}

std::vector<TableRow> sizingRows(const SessionView& view, const std::vector<ChannelSizing>& sizing,
                                 std::int64_t toNs) {
    std::vector<TableRow> rows;
    for (const ChannelSizing& channel : sizing) {
        const auto oldest = oldestMessageAgeNs(view, channel.channel, toNs);
        TableRow row;
        row.key = QString::number(channel.channel);
        row.value = channel.channel;
        row.cells = {
            textCell(QString::fromStdString(channel.label)),
            adviceCell(channel),
            numberCell(real(channel.capacity)),
            numberCell(real(channel.maxFill)),
            numberCell(real(channel.minFree)),
            numberCell(channel.atFullPercent()),
            numberCell(channel.atEmptyPercent()),
            numberCell(static_cast<double>(channel.longestReceiveStallNs)),
            numberCell(static_cast<double>(oldest.value_or(0))),
            numberCell(static_cast<double>(channel.longestSendStallNs)),
            numberCell(real(channel.needed)),
            numberCell(real(channel.maxFillBound)),
        };
        rows.push_back(std::move(row));
    }
    return rows;
}

QString backlogText(const SessionView& view) {
    if (!view.backlogs) {
        return {};
    }
    const auto most = std::max_element(
        view.backlogs->begin(), view.backlogs->end(),
        [](const ChannelBacklog& a, const ChannelBacklog& b) { return a.lookedAt < b.lookedAt; });
    if (most == view.backlogs->end() || most->lookedAt == 0) {
        return {};
    }
    constexpr std::size_t kMostNamed = 4;
    QStringList shares;
    for (const QueuedBy& sender : most->senders) {
        if (static_cast<std::size_t>(shares.size()) == kMostNamed) {
            shares << tr("%1 more").arg(most->senders.size() - kMostNamed);
            break;
        }
        const double percent = 100 * real(sender.messages) / real(most->lookedAt);
        shares << tr("%1 %2").arg(
            senderName(view, sender),
            QString::fromStdString(formatValue(std::round(percent), Unit::percent)));
    }
    const auto oldest = oldestMessageAgeNs(view, most->channel, view.endNs);
    QString text = tr("Last seen in channel %1: messages of %2")
                       .arg(most->channel)
                       .arg(shares.join(QStringLiteral(", ")));
    if (oldest) {
        text +=
            tr("; the oldest waits for %1").arg(QString::fromStdString(formatDuration(*oldest)));
    }
    return text + QLatin1Char('.');
}

QString sizingAdviceText(const std::vector<ChannelSizing>& sizing) {
    if (sizing.empty()) {
        return {};
    }
    const auto most = std::max_element(
        sizing.begin(), sizing.end(), [](const ChannelSizing& a, const ChannelSizing& b) {
            return std::pair(urgency(a), a.needed) < std::pair(urgency(b), b.needed);
        });
    const QString sentence = QString::fromStdString(sizingSentence(*most));
    if (sizing.size() == 1) {
        return sentence;
    }
    const auto others = std::count_if(sizing.begin(), sizing.end(),
                                      [](const ChannelSizing& one) {
                                          return one.advice != SizingAdvice::suffices;
                                      }) -
                        (most->advice != SizingAdvice::suffices ? 1 : 0);
    const QString named = tr("%1: %2").arg(QString::fromStdString(most->label), sentence);
    return others == 0 ? named
                       : tr("%1 Channels that lack room besides: %2.").arg(named).arg(others);
}

} // namespace ringscope
