// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/window_status.h"

#include <QLabel>
#include <QMainWindow>
#include <QMenu>
#include <QStatusBar>
#include <QStringList>
#include <QToolButton>

#include "app/desktop/window_actions.h"
#include "core/base/clock.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr int kPeriodMs = 500;

QString rateText(std::int64_t periodNs) {
    const double hz = static_cast<double>(kNsPerSecond) / static_cast<double>(periodNs);
    if (hz >= 1000) {
        return QStringLiteral("%1 kHz").arg(hz / 1000, 0, 'g', 3);
    }
    return QStringLiteral("%1 Hz").arg(hz, 0, 'g', hz >= 100 ? 3 : 2);
}

} // namespace

WindowStatus::WindowStatus(QMainWindow& window, Theme& theme, QMenu& unitsMenu)
    : QObject(&window)
    , m_theme(theme)
    , m_target(new QLabel(tr("No session")))
    , m_rates(new QLabel)
    , m_lost(new QLabel)
    , m_cost(new QLabel)
    , m_unit(new QToolButton) {
    QStatusBar* const bar = window.statusBar();
    bar->setSizeGripEnabled(false);
    m_target->setToolTip(tr("What is observed"));
    m_rates->setToolTip(tr("How often each source is sampled; one that would cost more than 1 % of "
                           "a core is sampled less often"));
    m_lost->setToolTip(tr("Samples that were due and not taken, or that the file could not take"));
    m_cost->setToolTip(tr("What Ringscope itself takes of one CPU and of memory"));
    m_unit->setAutoRaise(true);
    m_unit->setPopupMode(QToolButton::InstantPopup);
    m_unit->setMenu(&unitsMenu);
    m_unit->setToolTip(tr("Unit of memory sizes"));
    m_unit->setFocusPolicy(Qt::TabFocus);
    bar->addWidget(m_target);
    bar->addWidget(m_rates, 1);
    bar->addPermanentWidget(m_lost);
    bar->addPermanentWidget(m_cost);
    bar->addPermanentWidget(m_unit);
    setByteScale(ByteScale::automatic);
}

void WindowStatus::setByteScale(ByteScale scale) {
    m_scale = scale;
    m_unit->setText(byteScaleName(scale));
    m_unit->setAccessibleName(tr("Unit of memory sizes: %1").arg(byteScaleName(scale)));
    m_sinceShown.invalidate();
}

void WindowStatus::setView(const SessionView& view) {
    if (m_sinceShown.isValid() && m_sinceShown.elapsed() < kPeriodMs && view.isLive == m_wasLive) {
        return;
    }
    m_sinceShown.start();
    m_wasLive = view.isLive;
    const std::size_t workers = view.workers == nullptr ? 0 : view.workers->size();
    QString target = QString::fromStdString(view.provenance->scenario);
    if (workers > 1) {
        target += tr(" · %1 workers").arg(workers);
    }
    m_target->setText(target);
    QStringList rates;
    std::uint64_t lost = 0;
    for (const SourceStatus& source : view.sources) {
        if (source.periodNs > 0) {
            rates << QString::fromStdString(source.name) + QLatin1Char(' ') +
                         rateText(source.periodNs);
        }
        lost += source.lost;
    }
    m_rates->setText(rates.join(QStringLiteral(" · ")));
    m_lost->setText(tr("lost %1").arg(lost));
    m_lost->setStyleSheet(
        lost == 0 ? QString() : QStringLiteral("color: %1").arg(m_theme.tokens().warning.name()));
    m_cost->setVisible(view.isLive);
    m_cost->setText(
        tr("Ringscope %1 · %2")
            .arg(QString::fromStdString(formatValue(view.self.cpuPercent, Unit::percent)),
                 QString::fromStdString(
                     formatBytes(static_cast<double>(view.self.rssBytes), m_scale))));
}

} // namespace ringscope
