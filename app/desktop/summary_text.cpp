// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/summary_text.h"

#include <QLocale>
#include <QObject>

#include <cmath>

#include "core/base/units.h"

namespace ringscope {
namespace {

QString fromStd(const std::string& text) {
    return QString::fromStdString(text);
}

QString bytes(std::uint64_t number) {
    return fromStd(formatBytes(static_cast<double>(number)));
}

QString bytesOrUnknown(const std::optional<std::uint64_t>& number) {
    return number ? bytes(*number) : QObject::tr("unknown (not permitted, or never read)");
}

QString duration(std::uint64_t ns) {
    return fromStd(formatDuration(static_cast<std::int64_t>(ns)));
}

SummarySection messageSection(const RunSummary& summary) {
    const RunSummary::Messages& m = *summary.messages;
    SummarySection section{
        QObject::tr("Messages"),
        {{QObject::tr("Sent"), exactCount(m.sent)},
         {QObject::tr("Received"), exactCount(m.received)},
         {QObject::tr("Still in the ring"), exactCount(m.inRing)},
         {QObject::tr("Lost"), exactCount(m.lost), m.lost > m.lostWithHolder},
         {QObject::tr("Lost with a dead consumer"), exactCount(m.lostWithHolder)},
         {QObject::tr("Duplicated"), exactCount(m.duplicated), m.duplicated > 0},
         {QObject::tr("Reordered"), exactCount(m.reordered), m.reordered > 0},
         {QObject::tr("Corrupted"), exactCount(m.corrupted), m.corrupted > 0},
         {QObject::tr("Throughput"),
          fromStd(formatValue(summary.throughputPerSecond, Unit::countPerSec))}}};
    if (m.takenByOthers + m.foreign > 0) {
        section.lines.insert(section.lines.begin() + 3,
                             {{QObject::tr("Taken by others"), exactCount(m.takenByOthers)},
                              {QObject::tr("Received of others"), exactCount(m.foreign)}});
    }
    return section;
}

SummarySection latencySection(const RunSummary::LatencyNs& l) {
    return {QObject::tr("Latency"),
            {{QObject::tr("p50"), duration(l.p50)},
             {QObject::tr("p90"), duration(l.p90)},
             {QObject::tr("p99"), duration(l.p99)},
             {QObject::tr("p99.9"), duration(l.p999)},
             {QObject::tr("Largest"), duration(l.max)},
             {QObject::tr("Messages stamped"), exactCount(l.samples)}}};
}

SummarySection ringSection(const RunSummary::Ring& r) {
    return {QObject::tr("Ring"),
            {{QObject::tr("Name"), fromStd(r.name)},
             {QObject::tr("Channels"), exactCount(r.channels)},
             {QObject::tr("Slots a channel"), exactCount(r.capacity)},
             {QObject::tr("Slot stride"), bytes(r.slotStride)},
             {QObject::tr("Size"), bytes(r.bytes)},
             {QObject::tr("Fullest, as sampled"),
              fromStd(formatValue(r.fillMaxPercent, Unit::percent))},
             {QObject::tr("Waits for a free slot"), exactCount(r.fullWaits)},
             {QObject::tr("Waits for a message"), exactCount(r.emptyWaits)}}};
}

SummarySection heapSection(const RunSummary::Heap& h) {
    SummarySection section{QObject::tr("Heap"),
                           {{QObject::tr("Allocations"), exactCount(h.allocations)},
                            {QObject::tr("Frees"), exactCount(h.frees)},
                            {QObject::tr("Live at the end"), bytes(h.liveBytes)},
                            {QObject::tr("Peak, as sampled"), bytes(h.peakBytes)}}};
    if (h.allocationsPerMessage) {
        section.lines.push_back(
            {QObject::tr("Allocations a message"),
             fromStd(formatValue(*h.allocationsPerMessage, Unit::ratePerMessage))});
    }
    return section;
}

SummarySection memorySection(const RunSummary::Memory& m) {
    return {QObject::tr("Physical memory"),
            {{QObject::tr("RSS, peak"), bytes(m.rssPeak)},
             {QObject::tr("PSS, peak"), bytesOrUnknown(m.pssPeak)},
             {QObject::tr("Private, peak"), bytesOrUnknown(m.privatePeak)},
             {QObject::tr("Minor faults"), exactCount(m.minorFaults)},
             {QObject::tr("Major faults"), exactCount(m.majorFaults)}}};
}

QString outcomeWords(const std::string& outcome) {
    if (outcome == "completed") {
        return QObject::tr("completed");
    }
    if (outcome == "interrupted") {
        return QObject::tr("was stopped");
    }
    if (outcome == "worker_died") {
        return QObject::tr("lost a worker");
    }
    return outcome == "stalled" ? QObject::tr("stalled") : fromStd(outcome);
}

} // namespace

QString exactCount(std::uint64_t number) {
    QLocale locale = QLocale::c();
    locale.setNumberOptions(QLocale::DefaultNumberOptions);
    return locale.toString(static_cast<qulonglong>(number))
        .replace(QLatin1Char(','), QChar(0x202F));
}

QString summarySentence(const RunSummary& summary) {
    const auto durationNs = static_cast<std::int64_t>(std::llround(summary.durationSeconds * 1e9));
    QString sentence = durationNs == 0 // what it is counted from had not come yet
                           ? QObject::tr("%1 %2 while it warmed up")
                                 .arg(fromStd(summary.scenario), outcomeWords(summary.outcome))
                           : QObject::tr("%1 %2 after %3")
                                 .arg(fromStd(summary.scenario), outcomeWords(summary.outcome),
                                      fromStd(formatDuration(durationNs)));
    if (!summary.messages) {
        return sentence + QLatin1Char('.');
    }
    const RunSummary::Messages& m = *summary.messages;
    const std::uint64_t faults = m.lost + m.duplicated + m.reordered + m.corrupted;
    sentence += QObject::tr(": %1 messages sent, %2 received, %3 left in the ring")
                    .arg(exactCount(m.sent), exactCount(m.received), exactCount(m.inRing));
    if (m.takenByOthers > 0) {
        sentence += QObject::tr(", %1 taken by others").arg(exactCount(m.takenByOthers));
    }
    if (m.foreign > 0) {
        sentence += QObject::tr(", %1 received of others").arg(exactCount(m.foreign));
    }
    if (faults == 0) {
        return sentence + QObject::tr("; none lost, duplicated, reordered or corrupted.");
    }
    return sentence + QObject::tr("; %1 lost, %2 duplicated, %3 reordered, %4 corrupted.")
                          .arg(exactCount(m.lost), exactCount(m.duplicated),
                               exactCount(m.reordered), exactCount(m.corrupted));
}

std::vector<SummarySection> summarySections(const RunSummary& summary) {
    std::vector<SummarySection> sections;
    SummarySection run{
        QObject::tr("Run"),
        {{QObject::tr("Scenario"), fromStd(summary.scenario)},
         {QObject::tr("Outcome"), outcomeWords(summary.outcome), !summary.isAccountedFor},
         {QObject::tr("Duration"), fromStd(formatDuration(static_cast<std::int64_t>(
                                       std::llround(summary.durationSeconds * 1e9))))}}};
    if (summary.messages) {
        run.lines.push_back({QObject::tr("Seed"), exactCount(summary.seed)});
    }
    sections.push_back(std::move(run));
    if (summary.messages) {
        sections.push_back(messageSection(summary));
    }
    if (summary.latency && summary.latency->samples > 0) {
        sections.push_back(latencySection(*summary.latency));
    }
    if (summary.ring) {
        sections.push_back(ringSection(*summary.ring));
    }
    if (summary.heap) {
        sections.push_back(heapSection(*summary.heap));
    }
    if (summary.memory) {
        sections.push_back(memorySection(*summary.memory));
    }
    return sections;
}

} // namespace ringscope
