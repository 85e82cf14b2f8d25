// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_bars.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStringList>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "core/memory/map_columns.h"
#include "widgets/map/map_ink.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr std::array<std::string_view, MapBars::kBars> kKeys = {"committed", "private", "rss"};

const MapColumn& columnOf(std::size_t bar) {
    return *findMapColumn(kKeys[bar]);
}

QString labelOf(std::size_t bar) {
    static const std::array<const char*, MapBars::kBars> kLabels = {
        QT_TRANSLATE_NOOP("MapBars", "Committed"), QT_TRANSLATE_NOOP("MapBars", "Private"),
        QT_TRANSLATE_NOOP("MapBars", "Resident")};
    return MapBars::tr(kLabels[bar]);
}

QString typeName(MemoryType type) {
    const std::string_view name = memoryTypeName(type);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

QString percentText(std::uint64_t part, std::uint64_t whole) {
    const double percent =
        whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
    return percent > 0 && percent < 0.1
               ? QStringLiteral("< 0.1 %")
               : QString::fromStdString(formatValue(std::round(percent * 10) / 10, Unit::percent));
}

std::uint64_t totalOf(const MemoryByType& sums, std::size_t bar) {
    return columnOf(bar).value(sums.regionTotal());
}

bool isEqual(const MemoryByType& a, const MemoryByType& b) {
    return a.types == b.types;
}

} // namespace

MapBars::MapBars(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme) {
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Memory by type"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    measure();
    refresh();
}

void MapBars::measure() {
    const QFontMetrics metrics(font());
    m_labelPx = 0;
    for (std::size_t bar = 0; bar < kBars; ++bar) {
        m_labelPx = std::max(m_labelPx, metrics.horizontalAdvance(labelOf(bar)));
    }
    // The longest that a plausible total takes, so that a changing one moves nothing.
    m_totalPx = metrics.horizontalAdvance(QStringLiteral("8 888.8 MiB"));
    for (std::size_t bar = 0; m_isShown && bar < kBars; ++bar) {
        m_totalPx = std::max(m_totalPx, metrics.horizontalAdvance(bytesText(totalOf(m_sums, bar))));
    }
}

void MapBars::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        measure();
        updateGeometry();
        update();
    }
}

void MapBars::setSnapshot(MapSnapshotPtr snapshot) {
    const MemoryByType sums = snapshot ? snapshot->sums() : MemoryByType();
    const bool hasResidency = snapshot && snapshot->hasResidency();
    const bool isShown = snapshot != nullptr;
    if (isShown == m_isShown && hasResidency == m_hasResidency && isEqual(sums, m_sums)) {
        return;
    }
    m_isShown = isShown;
    m_hasResidency = hasResidency;
    m_sums = sums;
    refresh();
}

void MapBars::setBaseline(MapSnapshotPtr baseline) {
    const auto sums = baseline ? std::optional(baseline->sums()) : std::nullopt;
    const bool hasResidency = baseline && baseline->hasResidency();
    if (sums.has_value() == m_baseline.has_value() && hasResidency == m_hasBaselineResidency &&
        (!sums || isEqual(*sums, *m_baseline))) {
        return;
    }
    m_hasBaselineResidency = hasResidency;
    m_baseline = sums;
    refresh();
}

void MapBars::setByteScale(ByteScale scale) {
    if (scale != m_byteScale) {
        m_byteScale = scale;
        refresh();
    }
}

void MapBars::setType(std::optional<MemoryType> type) {
    if (type != m_type) {
        m_type = type;
        refresh();
    }
}

void MapBars::refresh() {
    measure();
    const QString text = description();
    if (text != accessibleDescription()) {
        setAccessibleDescription(text);
    }
    update();
}

QString MapBars::bytesText(std::uint64_t bytes) const {
    return QString::fromStdString(formatBytes(static_cast<double>(bytes), m_byteScale));
}

bool MapBars::isKnown(std::size_t bar) const {
    return m_isShown && (m_hasResidency || !columnOf(bar).needsResidency);
}

bool MapBars::isBaselineKnown(std::size_t bar) const {
    return m_baseline && (m_hasBaselineResidency || !columnOf(bar).needsResidency);
}

QString MapBars::description() const {
    if (!m_isShown) {
        return tr("No memory map.");
    }
    QStringList lines;
    for (std::size_t bar = 0; bar < kBars; ++bar) {
        if (!isKnown(bar)) {
            lines += tr("%1: not in a core dump.").arg(labelOf(bar));
            continue;
        }
        QStringList parts;
        for (const MemoryType type : kMemoryTypes) {
            const std::uint64_t bytes = columnOf(bar).value(m_sums.of(type));
            if (bytes != 0 && type != MemoryType::pageTable && type != MemoryType::free) {
                parts += typeName(type) + u' ' + bytesText(bytes);
            }
        }
        lines += labelOf(bar) + u' ' + bytesText(totalOf(m_sums, bar)) +
                 (parts.isEmpty() ? QString() : QStringLiteral(": ") + parts.join(u", ")) + u'.';
    }
    if (m_type) {
        lines += tr("Selected: %1.").arg(typeName(*m_type));
    }
    return lines.join(u' ');
}

QSize MapBars::sizeHint() const {
    const int row = fontMetrics().height() + kSpaceRelated;
    return {700, static_cast<int>(kBars) * row};
}

QSize MapBars::minimumSizeHint() const {
    return {m_labelPx + m_totalPx + 3 * kSpaceRelated + 120, sizeHint().height()};
}

QRect MapBars::barRect(std::size_t bar) const {
    const int row = height() / static_cast<int>(kBars);
    const int left = m_labelPx + m_totalPx + 3 * kSpaceRelated;
    const int thickness = std::min(row - 4, fontMetrics().height() + 2);
    return {left, static_cast<int>(bar) * row + (row - thickness) / 2,
            std::max(1, width() - left - 2), thickness};
}

std::vector<MapBarSegment> MapBars::segmentsOf(std::size_t bar) const {
    if (!isKnown(bar)) {
        return {};
    }
    return mapBarSegments(m_sums, columnOf(bar), scaleMax(), barRect(bar).width());
}

std::uint64_t MapBars::scaleMax() const {
    std::uint64_t most = 0;
    for (std::size_t bar = 0; bar < kBars; ++bar) {
        most = std::max(most, isKnown(bar) ? totalOf(m_sums, bar) : 0);
        most = std::max(most, isBaselineKnown(bar) ? totalOf(*m_baseline, bar) : 0);
    }
    return most;
}

QString MapBars::toolTipAt(QPoint point) const {
    const int row = height() / static_cast<int>(kBars);
    if (!m_isShown || row <= 0 || !rect().contains(point)) {
        return {};
    }
    const auto bar = std::min(static_cast<std::size_t>(point.y() / row), kBars - 1);
    if (!isKnown(bar)) {
        return tr("%1: not in a core dump").arg(labelOf(bar));
    }
    const QRect area = barRect(bar);
    const std::uint64_t total = totalOf(m_sums, bar);
    QStringList lines;
    for (const MapBarSegment& segment : segmentsOf(bar)) {
        const int x = point.x() - area.left();
        if (x < segment.left || x >= segment.right) {
            continue;
        }
        for (const MemoryType type : segment.types) {
            const std::uint64_t bytes = columnOf(bar).value(m_sums.of(type));
            lines += tr("%1: %2, %3 of %4")
                         .arg(typeName(type), bytesText(bytes), percentText(bytes, total),
                              labelOf(bar).toLower());
        }
    }
    if (lines.isEmpty()) {
        const std::string_view meaning = columnOf(bar).meaning;
        lines += tr("%1: %2").arg(labelOf(bar), bytesText(total));
        lines += QString::fromUtf8(meaning.data(), static_cast<qsizetype>(meaning.size()));
    }
    if (m_baseline && !isBaselineKnown(bar)) {
        lines += tr("Earlier: not in a core dump");
    } else if (m_baseline) {
        const std::uint64_t before = totalOf(*m_baseline, bar);
        const QString sign = total < before ? QStringLiteral("−") : QStringLiteral("+");
        lines += tr("Earlier in all: %1 (%2%3)")
                     .arg(bytesText(before), total == before ? QString() : sign,
                          bytesText(total < before ? before - total : total - before));
    }
    return lines.join(u'\n');
}

void MapBars::choose(std::optional<MemoryType> type) {
    if (type != m_type) {
        setType(type);
        Q_EMIT typeSelected(type);
    }
}

void MapBars::chooseNeighbour(int step) {
    std::vector<MemoryType> present;
    for (const MemoryType type : kMemoryTypes) {
        bool isPresent = false;
        for (std::size_t bar = 0; bar < kBars; ++bar) {
            isPresent = isPresent || (isKnown(bar) && columnOf(bar).value(m_sums.of(type)) != 0);
        }
        if (isPresent && type != MemoryType::pageTable && type != MemoryType::free) {
            present.push_back(type);
        }
    }
    if (present.empty()) {
        return;
    }
    const auto at = m_type ? std::find(present.begin(), present.end(), *m_type) : present.end();
    if (at == present.end()) {
        choose(step > 0 ? present.front() : present.back());
        return;
    }
    const auto last = static_cast<std::ptrdiff_t>(present.size()) - 1;
    const auto next = std::clamp<std::ptrdiff_t>(at - present.begin() + step, 0, last);
    choose(present[static_cast<std::size_t>(next)]);
}

bool MapBars::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* const help = static_cast<QHelpEvent*>(event);
        const QString text = toolTipAt(help->pos());
        if (text.isEmpty()) {
            QToolTip::hideText();
            event->ignore();
        } else {
            QToolTip::showText(help->globalPos(), text, this);
        }
        return true;
    }
    return QWidget::event(event);
}

void MapBars::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        QWidget::mousePressEvent(event);
        return;
    }
    std::optional<MemoryType> hit;
    for (std::size_t bar = 0; bar < kBars; ++bar) {
        const QRect area = barRect(bar);
        const int x = event->pos().x() - area.left();
        for (const MapBarSegment& segment : segmentsOf(bar)) {
            if (area.contains(event->pos()) && x >= segment.left && x < segment.right) {
                hit = segment.type;
            }
        }
    }
    choose(hit == m_type ? std::nullopt : hit);
}

void MapBars::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Left:
        chooseNeighbour(-1);
        return;
    case Qt::Key_Right:
        chooseNeighbour(1);
        return;
    case Qt::Key_Escape:
        if (m_type) {
            choose(std::nullopt);
            return;
        }
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void MapBars::paintBar(QPainter& painter, std::size_t bar) const {
    const ThemeTokens& tokens = m_theme.tokens();
    const QRect area = barRect(bar);
    for (const MapBarSegment& segment : segmentsOf(bar)) {
        const bool isChosen = m_type && std::find(segment.types.begin(), segment.types.end(),
                                                  *m_type) != segment.types.end();
        const QColor color = tokens.memoryTypeColor(isChosen ? *m_type : segment.type);
        const int width = segment.right - segment.left;
        QRect part(area.left() + segment.left, area.top(), width, area.height());
        painter.fillRect(part, !m_type || isChosen ? color : pale(color, tokens.panel, kDimmed));
        if (width > 2) {
            // Neighbours are told apart without their colours.
            painter.fillRect(part.right(), part.top(), 1, part.height(), tokens.panel);
            part.setRight(part.right() - 1);
        }
        if (isChosen) {
            painter.fillRect(part.left(), part.bottom() - 1, part.width(), 2, tokens.text);
        }
    }
    if (isBaselineKnown(bar) && isKnown(bar)) {
        // As long as a bar of the earlier map, a little higher than the bar.
        const std::vector<MapBarSegment> before =
            mapBarSegments(*m_baseline, columnOf(bar), scaleMax(), area.width());
        if (!before.empty()) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(tokens.text);
            painter.drawRect(area.left() - 1, area.top() - 2, before.back().right + 1,
                             area.height() + 3);
        }
    }
}

void MapBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const ThemeTokens& tokens = m_theme.tokens();
    const int row = height() / static_cast<int>(kBars);
    for (std::size_t bar = 0; bar < kBars; ++bar) {
        const int top = static_cast<int>(bar) * row;
        painter.setPen(tokens.textSecondary);
        painter.drawText(QRect(kSpaceRelated, top, m_labelPx, row),
                         Qt::AlignLeft | Qt::AlignVCenter, labelOf(bar));
        if (isKnown(bar)) {
            painter.setPen(tokens.text);
            painter.drawText(QRect(m_labelPx + 2 * kSpaceRelated, top, m_totalPx, row),
                             Qt::AlignRight | Qt::AlignVCenter, bytesText(totalOf(m_sums, bar)));
            paintBar(painter, bar);
        } else if (m_isShown) {
            painter.setPen(tokens.textSecondary);
            painter.drawText(QRect(barRect(bar).left(), top, barRect(bar).width(), row),
                             Qt::AlignLeft | Qt::AlignVCenter, tr("not in a core dump"));
        }
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(tokens.accent);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

} // namespace ringscope
