// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/leak_finding.h"

#include <QObject>
#include <QStringList>

#include <utility>

#include "core/base/file_descriptor.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/heap/leak_search.h"
#include "core/heap/tracked_process.h"
#include "core/session/sources/live_heap_reading.h"

namespace ringscope {

namespace {

QString bytesText(std::uint64_t bytes) {
    return QString::fromStdString(formatBytes(static_cast<double>(bytes)));
}

QString durationText(std::int64_t ns) {
    return QString::fromStdString(formatDuration(ns));
}

} // namespace

Expected<LeakFindingPtr> searchForLeaks(const HeapRecord& shown, HeapPictures& pictures) {
    auto tracked = openTrackedProcess(shown.process);
    if (!tracked) {
        return tracked.error();
    }
    auto report = findLeaks(*tracked);
    if (!report) {
        return report.error();
    }
    // Read after the search, so that it has every call stack that the report names. Without the
    // blocks themselves: of these the report tells.
    auto record = readHeap(heapReadingOf(*tracked, shown.label, shown.name), 0);
    const std::string process = "process " + std::to_string(shown.process.pid);
    if (!record) {
        return makeError(ErrorKind::target,
                         "the heap profile of " + process + " cannot be read: it has ended");
    }
    if (!isSameImage(*record, shown)) {
        return makeError(ErrorKind::target,
                         process + " runs another program by now: choose that one, and search it");
    }
    const auto named =
        pictures.make({std::make_shared<const HeapRecord>(std::move(*record)), {}, {}, {}, {}, {}})
            ->record;
    return std::make_shared<const LeakFinding>(LeakFinding{std::move(*report), named});
}

std::shared_ptr<const LeakRows> rowsOf(const LeakFinding& finding,
                                       const LeakSuppressions& suppressions) {
    const HeapRecord& record = *finding.record;
    LeakReport report = finding.report;
    suppressions.applyTo(report, record.profile, record.symbols);
    return std::make_shared<const LeakRows>(leakRows(report, record.profile, record.symbols));
}

QString leakSentence(const LeakFinding& finding) {
    const LeakReport& report = finding.report;
    QStringList sentences;
    const bool isAtExit = report.moment == LeakMoment::atExit;
    sentences << (isAtExit
                      ? QObject::tr("Searched as it exited.")
                      : QObject::tr("Searched %1 after the recording began.")
                            .arg(durationText(report.timeNs - finding.record->profile.startNs)));
    const QString copied = report.threads == 1
                               ? QObject::tr("%1 of its memory and 1 thread were copied")
                                     .arg(bytesText(report.copiedBytes))
                               : QObject::tr("%1 of its memory and %2 threads were copied")
                                     .arg(bytesText(report.copiedBytes))
                                     .arg(report.threads);
    sentences << (report.stops > 1
                      ? QObject::tr("The process stood still %1 times, for %2 at most, while %3.")
                            .arg(report.stops)
                            .arg(durationText(report.stoppedNs), copied)
                      : QObject::tr("The process stood still for %1 while %2.")
                            .arg(durationText(report.stoppedNs), copied));
    if (report.swappedBytes != 0) {
        sentences
            << QObject::tr("%1 of that came in from swap.").arg(bytesText(report.swappedBytes));
    }
    if (!report.isWholeHeapKnown) {
        sentences << QObject::tr("It has blocks from before it was recorded, which may hold "
                                 "others: all that they could hold was taken for used.");
    }
    return sentences.join(QLatin1Char(' '));
}

Expected<LeakSuppressions> readSuppressions(const std::string& path) {
    const auto text = readFile(path);
    if (!text) {
        return text.error();
    }
    LeakSuppressions suppressions;
    if (const auto added = suppressions.add(*text, path); !added) {
        return added.error();
    }
    return suppressions;
}

} // namespace ringscope
