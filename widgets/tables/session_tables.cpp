// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/session_tables.h"

#include <array>

#include <QCoreApplication>

#include "core/base/clock.h"
#include "core/session/series.h"

namespace ringscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("SessionTables", text);
}

double real(std::uint64_t number) {
    return static_cast<double>(number);
}

QString workerName(const WorkerRow& worker) {
    if (worker.role == "producer") {
        return tr("P%1").arg(worker.index);
    }
    if (worker.role == "consumer") {
        return tr("C%1").arg(worker.index);
    }
    return tr("%1 %2").arg(QString::fromStdString(worker.role)).arg(worker.index);
}

TableCell stateCell(WorkerState state) {
    switch (state) {
    case WorkerState::starting:
        return textCell(tr("◌ starting"), CellTone::secondary);
    case WorkerState::running:
        return textCell(tr("● running"), CellTone::good);
    case WorkerState::stopped:
        return textCell(tr("◫ stopped"), CellTone::warning);
    case WorkerState::finished:
        return textCell(tr("✓ finished"), CellTone::secondary);
    case WorkerState::died:
        return textCell(tr("✕ died"), CellTone::error);
    }
    return textCell({});
}

struct MarkerLook {
    const char* name;
    CellTone tone;
};

MarkerLook markerLook(MarkerKind kind) {
    switch (kind) {
    case MarkerKind::user:
        return {QT_TRANSLATE_NOOP("SessionTables", "⚑ marker"), CellTone::normal};
    case MarkerKind::phase:
        return {QT_TRANSLATE_NOOP("SessionTables", "▸ phase"), CellTone::secondary};
    case MarkerKind::workerDied:
        return {QT_TRANSLATE_NOOP("SessionTables", "✕ worker died"), CellTone::error};
    case MarkerKind::stall:
        return {QT_TRANSLATE_NOOP("SessionTables", "◫ stall"), CellTone::warning};
    case MarkerKind::loss:
        return {QT_TRANSLATE_NOOP("SessionTables", "△ loss"), CellTone::warning};
    case MarkerKind::finding:
        return {QT_TRANSLATE_NOOP("SessionTables", "◆ finding"), CellTone::warning};
    }
    return {"", CellTone::normal};
}

std::int64_t sessionZero(const SessionView& view) {
    return view.provenance && view.provenance->startMonotonicNs != 0
               ? view.provenance->startMonotonicNs
               : view.startNs;
}

} // namespace

namespace {

// Of a worker that has ended there is no rate; that one which still runs does nothing is news.
TableCell rateCell(const WorkerRow& worker) {
    TableCell cell = numberCell(worker.messagesPerSecond);
    if (worker.state == WorkerState::finished || worker.state == WorkerState::died) {
        cell = numberCell(0);
        cell.text = QStringLiteral("–");
    } else if (worker.messages > 0) {
        cell.text = QString::fromStdString(formatValue(0, Unit::countPerSec));
    }
    return cell;
}

} // namespace

std::vector<TableColumn> workerColumns() {
    return {
        tableColumn(tr("Worker"), ColumnKind::text, Unit::none,
                    tr("P0 is the first producer, C0 the first consumer.")),
        tableColumn(tr("State"), ColumnKind::text),
        tableColumn(tr("Rate"), ColumnKind::quantity, Unit::countPerSec,
                    tr("Messages per second.")),
        tableColumn(tr("Messages"), ColumnKind::quantity, Unit::count,
                    tr("Sent or received so far.")),
        tableColumn(tr("Full"), ColumnKind::quantity, Unit::count,
                    tr("How often a producer found the ring full.")),
        tableColumn(tr("Empty"), ColumnKind::quantity, Unit::count,
                    tr("How often a consumer found the ring empty.")),
        tableColumn(tr("RSS"), ColumnKind::quantity, Unit::bytes,
                    tr("Physical memory of the worker's process, shared pages included.")),
        tableColumn(tr("PID"), ColumnKind::identifier),
        hiddenAtFirst(tableColumn(tr("Thread"), ColumnKind::identifier)),
        hiddenAtFirst(tableColumn(tr("Last position"), ColumnKind::exact, Unit::none,
                                  tr("The position in its channel it was at last."))),
        tableColumn(tr("Outcome"), ColumnKind::text, Unit::none, tr("How the worker ended.")),
    };
}

std::vector<TableRow> workerRows(const SessionView& view) {
    std::vector<TableRow> rows;
    if (!view.workers) {
        return rows;
    }
    for (const WorkerRow& worker : *view.workers) {
        TableRow row;
        row.key =
            QStringLiteral("%1/%2").arg(QString::fromStdString(worker.role)).arg(worker.index);
        row.value = worker.pid;
        TableCell outcome =
            textCell(QString::fromStdString(worker.outcome),
                     worker.state == WorkerState::died ? CellTone::error : CellTone::secondary);
        outcome.help = outcome.text;
        row.cells = {
            textCell(workerName(worker)),
            stateCell(worker.state),
            rateCell(worker),
            numberCell(real(worker.messages)),
            numberCell(real(worker.fullWaits)),
            numberCell(real(worker.emptyWaits)),
            numberCell(real(worker.rssBytes)),
            numberCell(worker.pid),
            numberCell(worker.tid),
            numberCell(real(worker.lastPosition)),
            outcome,
        };
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<TableColumn> memoryTypeColumns() {
    return {
        tableColumn(tr("Type"), ColumnKind::text),
        tableColumn(tr("Resident"), ColumnKind::quantity, Unit::bytes,
                    tr("Physical memory of this type, shared pages by their share (PSS).")),
        tableColumn(tr("Share"), ColumnKind::share),
    };
}

std::vector<TableRow> memoryTypeRows(const SessionView& view, std::int64_t timeNs) {
    struct Amount {
        MemoryType type;
        double bytes;
    };
    std::vector<Amount> amounts;
    double total = 0;
    for (const MemoryType type : kMemoryTypes) {
        const auto track = view.find("memory.type." + std::string(memoryTypeName(type)));
        const double bytes = track ? valueAt(view, *track, timeNs) : 0;
        if (bytes > 0) { // not NaN either
            amounts.push_back({type, bytes});
            total += bytes;
        }
    }
    std::vector<TableRow> rows;
    for (const Amount& amount : amounts) {
        const std::string_view name = memoryTypeName(amount.type);
        TableRow row;
        row.key = QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
        TableCell type = textCell(row.key);
        type.chip = amount.type;
        TableCell share = numberCell(amount.bytes / total);
        share.chip = amount.type;
        row.cells = {type, numberCell(amount.bytes), share};
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<TableColumn> sourceColumns() {
    return {
        tableColumn(tr("Source"), ColumnKind::text),
        tableColumn(tr("Rate"), ColumnKind::quantity, Unit::countPerSec,
                    tr("Samples per second; a source that costs too much stretches its period.")),
        tableColumn(tr("Cost"), ColumnKind::quantity, Unit::nanoseconds,
                    tr("Of one sample, median.")),
        tableColumn(tr("Load"), ColumnKind::quantity, Unit::percent,
                    tr("Cost times rate, of one core.")),
        tableColumn(tr("Samples"), ColumnKind::exact),
        tableColumn(tr("Lost"), ColumnKind::exact, Unit::none,
                    tr("Samples that were due and not taken, or that the file could not take.")),
    };
}

std::vector<TableRow> sourceRows(const SessionView& view) {
    std::vector<TableRow> rows;
    for (const SourceStatus& source : view.sources) {
        const auto period = static_cast<double>(source.periodNs);
        const auto cost = static_cast<double>(source.costNs);
        TableRow row;
        row.key = QString::fromStdString(source.name);
        row.cells = {
            textCell(row.key),
            numberCell(period > 0 ? 1e9 / period : 0),
            numberCell(cost),
            numberCell(period > 0 ? 100 * cost / period : 0),
            numberCell(real(source.samples)),
            numberCell(real(source.lost), CellTone::warning),
        };
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<TableColumn> statisticsColumns() {
    return {
        tableColumn(tr("Track"), ColumnKind::text),
        tableColumn(tr("Min"), ColumnKind::quantity),
        tableColumn(tr("Mean"), ColumnKind::quantity),
        tableColumn(tr("Max"), ColumnKind::quantity),
        tableColumn(tr("Total"), ColumnKind::quantity, Unit::none,
                    tr("How much a counter rose in the range, exactly.")),
        tableColumn(tr("Samples"), ColumnKind::exact),
        hiddenAtFirst(tableColumn(tr("Unit"), ColumnKind::text)),
    };
}

std::vector<TableRow> statisticsRows(const SessionView& view, std::int64_t fromNs,
                                     std::int64_t toNs) {
    std::vector<TableRow> rows;
    for (const TrackRef track : view.match("*")) {
        const SeriesStatistics statistics = seriesStatistics(view, track, fromNs, toNs);
        if (statistics.samples == 0) {
            continue;
        }
        const TrackDescription& description = view.description(track);
        const Unit shown = shownUnit(description);
        const std::string_view unit = unitName(shown);
        TableRow row;
        row.key = QString::fromStdString(description.name);
        TableCell name = textCell(row.key);
        name.help = QString::fromStdString(description.help);
        row.cells = {
            name,
            numberCell(statistics.min, shown),
            numberCell(statistics.mean, shown),
            numberCell(statistics.max, shown),
            numberCell(statistics.total, description.unit),
            numberCell(real(statistics.samples)),
            textCell(QString::fromUtf8(unit.data(), static_cast<qsizetype>(unit.size()))),
        };
        rows.push_back(std::move(row));
    }
    return rows;
}

QString sessionTime(const SessionView& view, std::int64_t timeNs) {
    const std::int64_t sinceStartNs = timeNs - sessionZero(view);
    return QString::fromStdString(formatClockTime(sinceStartNs)) +
           QStringLiteral(".%1").arg(std::abs(sinceStartNs / kNsPerMs % 1000), 3, 10, QChar(u'0'));
}

std::vector<TableColumn> markerColumns() {
    return {
        tableColumn(tr("Time"), ColumnKind::text, Unit::none, tr("Since the session began.")),
        tableColumn(tr("Kind"), ColumnKind::text),
        tableColumn(tr("Text"), ColumnKind::text),
    };
}

std::vector<TableRow> markerRows(const SessionView& view) {
    std::vector<TableRow> rows;
    if (!view.markers) {
        return rows;
    }
    const std::int64_t zero = sessionZero(view);
    for (std::size_t index = 0; index < view.markers->size(); ++index) {
        const Marker& marker = (*view.markers)[index];
        const MarkerLook look = markerLook(marker.kind);
        TableRow row;
        row.key = QString::number(index);
        row.value = marker.timeNs;
        TableCell time = textCell(sessionTime(view, marker.timeNs));
        time.number = static_cast<double>(marker.timeNs - zero);
        TableCell text = textCell(QString::fromStdString(marker.text));
        text.help = text.text;
        row.cells = {time, textCell(tr(look.name), look.tone), text};
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace ringscope
