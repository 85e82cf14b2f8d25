// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/status/status_strip.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QComboBox>
#include <QCoreApplication>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QStringList>

#include "widgets/status/elided_label.h"
#include "widgets/status/steady_frame.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

struct ScaleName {
    ByteScale scale;
    const char* name;
};
constexpr std::array<ScaleName, 5> kScales{{
    {ByteScale::automatic, QT_TRANSLATE_NOOP("StatusStrip", "B–TiB")},
    {ByteScale::mib, QT_TRANSLATE_NOOP("StatusStrip", "MiB")},
    {ByteScale::kib, QT_TRANSLATE_NOOP("StatusStrip", "KiB")},
    {ByteScale::bytes, QT_TRANSLATE_NOOP("StatusStrip", "bytes")},
    {ByteScale::pages4k, QT_TRANSLATE_NOOP("StatusStrip", "4 KiB pages")},
}};

QString tr(const char* text) {
    return QCoreApplication::translate("StatusStrip", text);
}

void setText(QLabel* label, const QString& text) {
    if (label->text() != text) {
        label->setText(text);
    }
}

std::size_t aliveWorkers(const SessionView& view) {
    const auto isAlive = [](const WorkerRow& worker) {
        return worker.state == WorkerState::running || worker.state == WorkerState::starting ||
               worker.state == WorkerState::stopped;
    };
    return view.workers ? static_cast<std::size_t>(
                              std::count_if(view.workers->begin(), view.workers->end(), isAlive))
                        : 0;
}

std::uint64_t lostSamples(const SessionView& view) {
    std::uint64_t lost = 0;
    for (const SourceStatus& source : view.sources) {
        lost += source.lost;
    }
    return lost;
}

QString lossesText(const SessionView& view) {
    QStringList lines;
    for (const SourceStatus& source : view.sources) {
        if (source.lost > 0) {
            lines << tr("%1: %2 of %3 samples")
                         .arg(QString::fromStdString(source.name))
                         .arg(source.lost)
                         .arg(source.samples + source.lost);
        }
    }
    if (!view.damage.empty()) {
        lines << QString::fromStdString(view.damage);
    }
    return lines.isEmpty() ? tr("Every sample that was due was taken and kept.")
                           : lines.join(u'\n');
}

} // namespace

QString frequencyText(std::int64_t periodNs) {
    if (periodNs <= 0) {
        return QStringLiteral("–");
    }
    const double hertz = 1e9 / static_cast<double>(periodNs);
    const auto number = [](double value) {
        const int decimals = value < 9.95 && std::abs(value - std::round(value)) > 0.05 ? 1 : 0;
        return QString::number(value, 'f', decimals);
    };
    if (hertz >= 999.5) {
        return tr("%1 kHz").arg(number(hertz / 1000));
    }
    return hertz >= 0.95 ? tr("%1 Hz").arg(number(hertz))
                         : tr("every %1").arg(QString::fromStdString(formatDuration(periodNs)));
}

QString targetText(const SessionView& view) {
    QStringList parts;
    if (view.provenance && !view.provenance->scenario.empty()) {
        parts << QString::fromStdString(view.provenance->scenario);
    }
    if (view.workers && !view.workers->empty()) {
        const std::size_t alive = aliveWorkers(view);
        const std::size_t all = view.workers->size();
        parts << (alive == all || !view.isLive
                      ? (all == 1 ? tr("1 worker") : tr("%1 workers").arg(all))
                      : tr("%1 of %2 workers").arg(alive).arg(all));
    }
    if (view.ring && !view.ring->name.empty()) {
        parts << QString::fromStdString(view.ring->name);
    }
    return parts.isEmpty() ? tr("Nothing is observed") : parts.join(QStringLiteral(" · "));
}

QString ratesText(const SessionView& view) {
    QStringList parts;
    for (const SourceStatus& source : view.sources) {
        parts << QString::fromStdString(source.name) + u' ' + frequencyText(source.periodNs);
    }
    return parts.join(QStringLiteral(" · "));
}

StatusStrip::StatusStrip(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_target(new QLabel(this))
    , m_rates(new ElidedLabel(this))
    , m_lost(new QLabel(this))
    , m_self(new QLabel(this))
    , m_scale(new QComboBox(this)) {
    m_target->setAccessibleName(tr("Observed"));
    m_rates->setAccessibleName(tr("Sampling rates"));
    m_lost->setAccessibleName(tr("Lost samples"));
    m_self->setAccessibleName(tr("Ringscope's own cost"));
    m_self->setToolTip(tr("Processor time (of one core) and physical memory of Ringscope itself"));
    m_scale->setAccessibleName(tr("Unit of bytes"));
    m_scale->setToolTip(tr("In which unit bytes are shown"));
    m_scale->setFrame(false);
    for (const ScaleName& scale : kScales) {
        m_scale->addItem(tr(scale.name), static_cast<int>(scale.scale));
    }
    connect(m_scale, &QComboBox::activated, this,
            [this] { Q_EMIT byteScaleSelected(byteScale()); });
    m_lost->setTextFormat(Qt::PlainText);
    // The names may be long; they give way before the numbers do.
    m_target->setMinimumWidth(80);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kSpaceRelated, 2, kSpaceRelated, 2);
    layout->setSpacing(kSpaceRelated);
    const auto addLine = [&] {
        auto* line = new QFrame(this);
        line->setFrameShape(QFrame::VLine);
        line->setFrameShadow(QFrame::Sunken); // plain would be in the colour of text
        layout->addWidget(line);
    };
    layout->addWidget(m_target);
    addLine();
    layout->addWidget(m_rates, 1);
    addLine();
    layout->addWidget(new SteadyFrame(m_lost, this));
    addLine();
    layout->addWidget(new SteadyFrame(m_self, this));
    addLine();
    layout->addWidget(m_scale);
    connect(&theme, &Theme::changed, this, [this] {
        m_lost->setPalette({});
        m_hasLosses = false; // the next view colours it anew
        m_told.reset();
    });
    setView({});
}

void StatusStrip::setView(const SessionView& view) {
    Told told;
    told.provenance = view.provenance;
    told.ring = view.ring;
    told.workers = view.workers ? view.workers->size() : 0;
    told.alive = aliveWorkers(view);
    told.cpuPercent = view.self.cpuPercent;
    told.rssBytes = view.self.rssBytes;
    told.isLive = view.isLive;
    told.scale = byteScale();
    told.damage = view.damage;
    for (const SourceStatus& source : view.sources) {
        told.sources.push_back(
            {source.name, source.periodNs, source.lost, source.lost > 0 ? source.samples : 0});
    }
    if (told == m_told) {
        return;
    }
    m_told = std::move(told);
    setText(m_target, targetText(view));
    setText(m_rates, ratesText(view));
    const std::uint64_t lost = lostSamples(view);
    const bool hasLosses = lost > 0 || !view.damage.empty();
    setText(m_lost, (hasLosses ? QStringLiteral("△ ") : QString()) + tr("lost %1").arg(lost));
    const QString losses = lossesText(view);
    if (m_lost->toolTip() != losses) {
        m_lost->setToolTip(losses);
    }
    if (hasLosses != m_hasLosses) {
        m_hasLosses = hasLosses;
        QPalette palette;
        if (hasLosses) {
            palette.setColor(QPalette::WindowText, m_theme.tokens().warning);
        }
        m_lost->setPalette(palette);
    }
    setText(m_self, tr("Ringscope %1 % · %2")
                        .arg(view.self.cpuPercent, 0, 'f', 1)
                        .arg(QString::fromStdString(
                            formatValue(static_cast<double>(view.self.rssBytes), Unit::bytes,
                                        byteScale(), Digits::steady))));
}

void StatusStrip::setByteScale(ByteScale scale) {
    const QSignalBlocker blocker(m_scale);
    m_scale->setCurrentIndex(m_scale->findData(static_cast<int>(scale)));
}

ByteScale StatusStrip::byteScale() const {
    return static_cast<ByteScale>(m_scale->currentData().toInt());
}

} // namespace ringscope
