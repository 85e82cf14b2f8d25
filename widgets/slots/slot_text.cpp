// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QTimeZone>

#include "core/base/clock.h"
#include "core/base/units.h"

namespace ringscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("SlotText", text);
}

QString duration(std::int64_t ns) {
    return QString::fromStdString(formatDuration(ns));
}

QString atLeast(const SlotFacts& facts) {
    return facts.isSinceFirstSeen ? tr("at least %1").arg(duration(facts.stateForNs))
                                  : duration(facts.stateForNs);
}

QString stateText(const SlotFacts& facts, std::uint64_t capacity) {
    if (!facts.position) {
        return tr("damaged: its sequence belongs to no position of this slot");
    }
    if (facts.state != SlotState::stuck) {
        return tr("%1 for %2").arg(slotStateName(facts.state), atLeast(facts));
    }
    const bool isWritten = capacity != 0 && facts.sequence % capacity == facts.slot;
    if (facts.stateForNs == 0) { // a picture without one before it
        return isWritten ? tr("stuck: being written") : tr("stuck: being read");
    }
    return (isWritten ? tr("stuck: being written for %1") : tr("stuck: being read for %1"))
        .arg(atLeast(facts));
}

QString holderText(const SlotFacts& facts) {
    if (!facts.holder) {
        return tr("held for %1, holder not registered").arg(atLeast(facts));
    }
    const SlotOwner& owner = *facts.holder;
    const QString role = owner.isProducer ? tr("producer") : tr("consumer");
    QString text = owner.worker.empty()
                       ? tr("%1, pid %2, thread %3").arg(role).arg(owner.pid).arg(owner.tid)
                       : tr("%1 (%2), pid %3, thread %4")
                             .arg(QString::fromStdString(owner.worker), role)
                             .arg(owner.pid)
                             .arg(owner.tid);
    if (!owner.isClaimed) {
        text += tr(" · its claim is not confirmed");
    }
    return text;
}

QString messageText(const SlotFacts& facts, const SlotSnapshot& snapshot) {
    const SlotMetadata& message = *facts.metadata;
    QString text = tr("id %1 · type %2 · %3 bytes")
                       .arg(groupedDigits(message.messageId))
                       .arg(message.messageType)
                       .arg(groupedDigits(message.payloadLength));
    if (snapshot.payloadCapacity != 0 && message.payloadLength > snapshot.payloadCapacity) {
        text += tr(" (damaged: a slot holds %1)").arg(groupedDigits(snapshot.payloadCapacity));
    }
    return text;
}

QString senderText(const SlotFacts& facts) {
    const std::uint32_t pid = facts.metadata->senderPid;
    return facts.sender.empty()
               ? tr("pid %1").arg(pid)
               : tr("%1, pid %2").arg(QString::fromStdString(facts.sender)).arg(pid);
}

} // namespace

QString groupedDigits(quint64 number) {
    QString digits = QString::number(number);
    for (qsizetype at = digits.size() - 3; at > 0; at -= 3) {
        digits.insert(at, QChar(0x202F));
    }
    return digits;
}

QString slotStateName(SlotState state) {
    switch (state) {
    case SlotState::free:
        return tr("free");
    case SlotState::ready:
        return tr("ready");
    case SlotState::reading:
        return tr("reading");
    case SlotState::writing:
        return tr("writing");
    case SlotState::stuck:
        return tr("stuck");
    }
    return tr("unknown");
}

QString slotTitle(const SlotFacts& facts) {
    return facts.position ? tr("Slot %1 · lap %2 · sequence %3")
                                .arg(groupedDigits(facts.slot), groupedDigits(facts.lap),
                                     groupedDigits(facts.sequence))
                          : tr("Slot %1 · sequence %2")
                                .arg(groupedDigits(facts.slot), groupedDigits(facts.sequence));
}

std::vector<SlotLine> slotLines(const SlotFacts& facts, const SlotSnapshot& snapshot) {
    std::vector<SlotLine> lines;
    lines.push_back({tr("State"), stateText(facts, snapshot.cursors.capacity)});
    if (facts.isHeld) {
        lines.push_back({tr("Holder"), holderText(facts)});
    }
    if (facts.metadata) {
        // While a slot is free or being written, what is in it is the message of the lap before.
        lines.push_back(
            {facts.hasMessage ? tr("Message") : tr("Last message"), messageText(facts, snapshot)});
        lines.push_back({facts.hasMessage ? tr("Sent by") : tr("Last sender"), senderText(facts)});
        if (facts.metadata->timestampNs != 0) {
            const auto ms = static_cast<qint64>(facts.metadata->timestampNs / 1'000'000);
            lines.push_back(
                {facts.hasMessage ? tr("Sent at") : tr("Last sent at"),
                 QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss.zzz"))});
        }
    }
    lines.push_back({tr("Picture"), facts.pictureAgeNs < kNsPerMs
                                        ? tr("read just now")
                                        : tr("read %1 ago").arg(duration(facts.pictureAgeNs))});
    return lines;
}

QString slotPlainText(const SlotFacts& facts, const SlotSnapshot& snapshot) {
    QString text = slotTitle(facts);
    for (const SlotLine& line : slotLines(facts, snapshot)) {
        text += u'\n' + line.name + QStringLiteral(": ") + line.value;
    }
    return text;
}

QString slotToolTip(const SlotFacts& facts, const SlotSnapshot& snapshot) {
    QString text =
        QStringLiteral("<b>%1</b><table cellspacing=\"0\">").arg(slotTitle(facts).toHtmlEscaped());
    for (const SlotLine& line : slotLines(facts, snapshot)) {
        text += QStringLiteral("<tr><td style=\"padding-right:8px\">%1</td>"
                               "<td style=\"white-space:nowrap\">%2</td></tr>")
                    .arg(line.name.toHtmlEscaped(), line.value.toHtmlEscaped());
    }
    return text + QStringLiteral("</table>");
}

} // namespace ringscope
