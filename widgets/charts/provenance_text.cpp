// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/provenance_text.h"

#include <QDateTime>
#include <QStringList>
#include <QTimeZone>

#include "core/base/units.h"

namespace ringscope {

namespace {

QString started(const Provenance& from) {
    return from.startWallNs == 0
               ? QString()
               : QDateTime::fromMSecsSinceEpoch(from.startWallNs / 1'000'000, QTimeZone::utc())
                     .toString(Qt::ISODate);
}

QString rateOf(const SourceStatus& source) {
    const double hertz = source.periodNs > 0 ? 1e9 / static_cast<double>(source.periodNs) : 0;
    return QStringLiteral("%1 Hz, %2 samples, %3 lost")
        .arg(QString::fromStdString(formatCount(hertz)))
        .arg(source.samples)
        .arg(source.lost);
}

} // namespace

std::vector<std::pair<QString, QString>> provenanceText(const SessionView& view) {
    std::vector<std::pair<QString, QString>> text;
    const auto add = [&text](const QString& name, const QString& value) {
        if (!value.isEmpty()) {
            text.emplace_back(name, value);
        }
    };
    if (view.provenance) {
        const Provenance& from = *view.provenance;
        add(QStringLiteral("Ringscope version"), QString::fromStdString(from.version));
        add(QStringLiteral("Machine"), QString::fromStdString(from.machine));
        add(QStringLiteral("Kernel"), QString::fromStdString(from.kernel));
        add(QStringLiteral("Scenario"), QString::fromStdString(from.scenario));
        add(QStringLiteral("Seed"), QString::number(from.seed));
        add(QStringLiteral("Started"), started(from));
    }
    std::uint64_t lost = 0;
    for (const SourceStatus& source : view.sources) {
        add(QStringLiteral("Rate of ") + QString::fromStdString(source.name), rateOf(source));
        lost += source.lost;
    }
    add(QStringLiteral("Samples lost"), QString::number(lost));
    add(QStringLiteral("Damage"), QString::fromStdString(view.damage));
    return text;
}

QString provenanceLine(const SessionView& view) {
    QStringList parts;
    std::uint64_t lost = 0;
    for (const SourceStatus& source : view.sources) {
        lost += source.lost;
    }
    if (view.provenance) {
        const Provenance& from = *view.provenance;
        if (!from.scenario.empty()) {
            parts.append(QString::fromStdString(from.scenario));
        }
        parts.append(QStringLiteral("seed %1").arg(from.seed));
        if (const QString at = started(from); !at.isEmpty()) {
            parts.append(at);
        }
        if (!from.machine.empty()) {
            parts.append(QString::fromStdString(from.machine));
        }
        if (!from.version.empty()) {
            parts.append(QStringLiteral("Ringscope ") + QString::fromStdString(from.version));
        }
    }
    if (lost > 0) {
        parts.append(QStringLiteral("%1 samples lost").arg(lost));
    }
    if (!view.damage.empty()) {
        parts.append(QStringLiteral("file damaged"));
    }
    return parts.join(QStringLiteral(" · "));
}

} // namespace ringscope
