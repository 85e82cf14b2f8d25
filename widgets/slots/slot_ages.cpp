// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_ages.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLabel>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "core/base/clock.h"
#include "core/base/units.h"
#include "widgets/slots/slot_text.h"
#include "widgets/status/steady_frame.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kStripPx = 8;
// Apart, so that a ring between the two does not come and go.
constexpr std::int64_t kShownFromNs = 1'500 * kNsPerMs;
constexpr std::int64_t kHiddenUpToNs = kNsPerSecond;
constexpr std::int64_t kOldNs = 60 * kNsPerSecond;
constexpr std::int64_t kShownForNs = 500 * kNsPerMs;
constexpr std::int64_t kUnread = -1;

std::int64_t ageOf(const SlotSnapshot& snapshot, std::size_t block) {
    const auto& read = snapshot.blocks[block];
    return read ? std::max<std::int64_t>(0, snapshot.timeNs - read->readAtNs) : kUnread;
}

// Shades that can be told apart for a tenth of a second, a second, ten and more.
QColor shadeOf(std::int64_t ageNs, const ThemeTokens& tokens) {
    if (ageNs == kUnread) {
        return tokens.panel;
    }
    const double decades = std::log10(static_cast<double>(std::max<std::int64_t>(ageNs, 1)) /
                                      static_cast<double>(kOldNs));
    const double freshness = std::clamp(-decades / 3, 0.0, 1.0);
    const auto mix = [freshness](int fresh, int old) {
        return static_cast<int>(std::lround(old + freshness * (fresh - old)));
    };
    return {mix(tokens.accent.red(), tokens.line.red()),
            mix(tokens.accent.green(), tokens.line.green()),
            mix(tokens.accent.blue(), tokens.line.blue())};
}

QString ageText(std::int64_t ageNs) {
    return QString::fromStdString(formatDuration(ageNs));
}

} // namespace

std::vector<std::int64_t> slotAges(const SlotSnapshot& snapshot, std::size_t parts) {
    const std::size_t blocks = snapshot.blocks.size();
    std::vector<std::int64_t> ages(blocks == 0 ? 0 : parts, 0);
    for (std::size_t part = 0; part < ages.size(); ++part) {
        const std::size_t first = part * blocks / parts;
        const std::size_t end = std::max(first + 1, (part + 1) * blocks / parts);
        for (std::size_t block = first; block < end && ages[part] != kUnread; ++block) {
            const std::int64_t age = ageOf(snapshot, block);
            ages[part] = age == kUnread ? kUnread : std::max(ages[part], age);
        }
    }
    return ages;
}

SlotAges::SlotAges(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_strip(new QWidget(this))
    , m_text(new QLabel(this)) {
    m_strip->setFixedHeight(kStripPx);
    m_strip->setAccessibleName(tr("How old each part of the picture is"));
    m_strip->installEventFilter(this);
    m_text->setForegroundRole(QPalette::PlaceholderText);
    m_text->setToolTip(tr("Large rings are read a part at a time; point at the strip to see when "
                          "each part was."));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_strip, 1);
    layout->addWidget(new SteadyFrame(m_text, this));
    connect(&theme, &Theme::changed, m_strip, qOverload<>(&QWidget::update));
    hide();
}

void SlotAges::setSnapshot(std::shared_ptr<const SlotSnapshot> snapshot) {
    const bool isSoon = m_snapshot && snapshot && snapshot->timeNs >= m_snapshot->timeNs &&
                        snapshot->timeNs < m_snapshot->timeNs + kShownForNs &&
                        snapshot->cursors.channel == m_snapshot->cursors.channel &&
                        snapshot->blocks.size() == m_snapshot->blocks.size();
    if (isSoon) {
        return;
    }
    m_snapshot = std::move(snapshot);
    std::int64_t oldestNs = 0;
    std::size_t unread = 0;
    for (std::size_t block = 0; m_snapshot && block < m_snapshot->blocks.size(); ++block) {
        const std::int64_t age = ageOf(*m_snapshot, block);
        oldestNs = std::max(oldestNs, age);
        unread += age == kUnread ? 1U : 0U;
    }
    const bool isShown = unread > 0 || oldestNs > (isHidden() ? kShownFromNs : kHiddenUpToNs);
    if (isShown) {
        const auto percent =
            static_cast<double>(unread) * 100 / static_cast<double>(m_snapshot->blocks.size());
        m_text->setText(unread > 0 ? tr("%1 not read yet")
                                         .arg(QString::fromStdString(
                                             formatValue(std::ceil(percent), Unit::percent)))
                                   : tr("oldest part: %1").arg(ageText(oldestNs)));
        m_strip->update();
    }
    setVisible(isShown);
}

QString SlotAges::text() const {
    return m_text->text();
}

QString SlotAges::partText(int x) const {
    if (!m_snapshot || m_snapshot->blocks.empty() || m_strip->width() <= 0) {
        return {};
    }
    const std::size_t blocks = m_snapshot->blocks.size();
    const auto at = static_cast<std::size_t>(std::clamp(x, 0, m_strip->width() - 1));
    const std::size_t block = at * blocks / static_cast<std::size_t>(m_strip->width());
    const std::uint64_t first = std::uint64_t{block} * kSlotsPerBlock;
    const std::uint64_t last =
        std::min<std::uint64_t>(first + kSlotsPerBlock, m_snapshot->cursors.capacity) - 1;
    const std::int64_t age = ageOf(*m_snapshot, block);
    const QString which = tr("Slots %1 to %2").arg(groupedDigits(first), groupedDigits(last));
    return age == kUnread ? tr("%1: not read yet").arg(which)
                          : tr("%1: read %2 before this picture").arg(which, ageText(age));
}

void SlotAges::paintStrip() {
    QPainter painter(m_strip);
    const ThemeTokens& tokens = m_theme.tokens();
    const auto parts = static_cast<std::size_t>(m_strip->width());
    const std::vector<std::int64_t> ages =
        m_snapshot ? slotAges(*m_snapshot, parts) : std::vector<std::int64_t>();
    for (std::size_t x = 0; x < ages.size();) {
        std::size_t end = x + 1;
        const QColor shade = shadeOf(ages[x], tokens);
        while (end < ages.size() && shadeOf(ages[end], tokens) == shade) {
            ++end;
        }
        painter.fillRect(static_cast<int>(x), 0, static_cast<int>(end - x), kStripPx, shade);
        x = end;
    }
    painter.setPen(tokens.line);
    painter.drawRect(0, 0, m_strip->width() - 1, kStripPx - 1);
}

bool SlotAges::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Paint) {
        paintStrip();
        return true;
    }
    if (event->type() == QEvent::ToolTip) {
        const auto* const help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), partText(help->pos().x()), m_strip);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ringscope
