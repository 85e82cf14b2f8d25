// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/heap_picture.h"

#include <QObject>
#include <QStringList>

#include <utility>

#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/session/heap_timeline.h"

namespace ringscope {
namespace {

QString countText(std::uint64_t count) {
    return QString::fromStdString(formatCount(static_cast<double>(count)));
}

} // namespace

bool isSameImage(const HeapRecord& a, const HeapRecord& b) {
    return a.process.pid == b.process.pid && a.process.startTicks == b.process.startTicks &&
           a.profile.startNs == b.profile.startNs;
}

std::shared_ptr<const HeapPicture> HeapPictures::make(HeapQuestion question) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    auto picture = std::make_shared<HeapPicture>();
    HeapRecordPtr record = question.record;
    if (record->symbols.locationOfNode.size() != record->profile.nodes.size()) {
        auto named = std::make_shared<HeapRecord>(*record);
        named->symbols = m_symbolizer.namesOf(named->profile);
        record = std::move(named);
    }
    if (!question.moments.empty()) {
        SessionView session;
        session.provenance = question.provenance;
        session.markers = question.markers;
        picture->timeline = heapTimeline(*record, question.moments, session);
    }
    picture->whole = record;
    if (question.range && !question.moments.empty()) {
        auto part = std::make_shared<HeapRecord>(*record);
        part->profile = profileBetween(record->profile, question.moments, question.range->fromNs,
                                       question.range->toNs);
        record = std::move(part);
    }
    picture->range = question.range;
    const std::shared_ptr<const CallFunction> around = std::move(question.around);
    picture->fromMain =
        std::make_shared<const CallTree>(record->profile, record->symbols, CallDirection::fromMain);
    picture->fromAllocation = std::make_shared<const CallTree>(record->profile, record->symbols,
                                                               CallDirection::fromAllocation);
    picture->blocks = std::make_shared<const HeapBlocks>(record->profile, record->symbols);
    if (around != nullptr) {
        picture->callees = std::make_shared<const CallTree>(record->profile, record->symbols,
                                                            CallDirection::fromMain, *around);
        picture->callers = std::make_shared<const CallTree>(record->profile, record->symbols,
                                                            CallDirection::fromAllocation, *around);
        picture->around = around;
    }
    picture->record = std::move(record);
    return picture;
}

QString heapRemarks(const HeapRecord& record) {
    const HeapProfile& profile = record.profile;
    QStringList remarks;
    if (profile.samplePeriodBytes != 0) {
        remarks << QObject::tr("Estimated from samples, one block in %1 that were asked for; the "
                               "live blocks are the sampled ones.")
                       .arg(QString::fromStdString(
                           formatBytes(static_cast<double>(profile.samplePeriodBytes))));
    }
    if (const std::int64_t delay = recordingDelayNs(profile); delay > 0) {
        remarks << QObject::tr("Recorded from %1 after the start on: what is older is not in it.")
                       .arg(QString::fromStdString(formatDuration(delay)));
    }
    if (profile.lost != 0) {
        remarks << QObject::tr(
                       "%1 allocations and frees could not be recorded: the numbers are too "
                       "small by these.")
                       .arg(countText(profile.lost));
    }
    if (profile.peakErrorBytes != 0) {
        remarks << QObject::tr("Several threads: the peak is right within %1 a thread.")
                       .arg(QString::fromStdString(
                           formatBytes(static_cast<double>(profile.peakErrorBytes))));
    }
    if (profile.unknownFrees != 0) {
        remarks << QObject::tr("%1 blocks were freed that are older than the recording.")
                       .arg(countText(profile.unknownFrees));
    }
    if (profile.blocksLeftOut != 0) {
        remarks << QObject::tr("Of the live blocks the %1 largest are listed, %2 smaller ones not.")
                       .arg(countText(profile.blocks.size()), countText(profile.blocksLeftOut));
    }
    QStringList nameless;
    for (std::size_t i = 0; i < record.symbols.sources.size(); ++i) {
        const SymbolSource source = record.symbols.sources[i];
        if (source == SymbolSource::none || source == SymbolSource::missing ||
            source == SymbolSource::otherBuild) {
            const std::string& path = profile.modules[i].path;
            nameless << QString::fromStdString(
                printableName(path.substr(path.find_last_of('/') + 1)));
        }
    }
    nameless.removeDuplicates();
    if (!nameless.isEmpty()) {
        const qsizetype more = nameless.size() - 4;
        QString names = nameless.mid(0, 4).join(QStringLiteral(", "));
        if (more > 0) {
            names = QObject::tr("%1 and %2 more").arg(names).arg(more);
        }
        remarks << QObject::tr("No names for code of %1: install its debug symbols, or set "
                               "DEBUGINFOD_URLS.")
                       .arg(names);
    }
    return remarks.join(QLatin1Char(' '));
}

} // namespace ringscope
