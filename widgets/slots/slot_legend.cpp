// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_legend.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include <QEvent>
#include <QGridLayout>
#include <QImage>
#include <QLabel>
#include <QPixmap>

#include "core/base/units.h"
#include "widgets/slots/slot_cell_tiles.h"
#include "widgets/slots/slot_map.h"
#include "widgets/slots/slot_text.h"
#include "widgets/status/steady_frame.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kSwatchPx = 14;
constexpr int kMostPerRow = 3;
constexpr int kLeastPerRow = 2;
constexpr int kColumns = 4; // of an entry: swatch, name, count, what is left over
constexpr int kGap = 6;

QString countText(std::uint64_t count, std::uint64_t total) {
    if (count == 0) {
        return QStringLiteral("0");
    }
    const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(total);
    const QString share =
        percent < 0.1
            ? SlotLegend::tr("< 0.1 %")
            : QString::fromStdString(formatValue(std::round(percent * 10) / 10, Unit::percent));
    return groupedDigits(count) + QStringLiteral(" · ") + share;
}

} // namespace

SlotLegend::SlotLegend(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_unread(new QLabel(this))
    , m_unreadFrame(new SteadyFrame(m_unread, this))
    , m_grid(new QGridLayout(this)) {
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(kGap);
    m_grid->setVerticalSpacing(4);
    for (std::size_t state = 0; state < kSlotStateCount; ++state) {
        Entry& entry = m_entries[state];
        entry.swatch = new QLabel(this);
        entry.name = new QLabel(slotStateName(static_cast<SlotState>(state)), this);
        entry.count = new QLabel(this);
        entry.count->setForegroundRole(QPalette::PlaceholderText);
        entry.count->setAccessibleName(entry.name->text());
        entry.countFrame = new SteadyFrame(entry.count, this);
    }
    m_unread->setForegroundRole(QPalette::PlaceholderText);
    m_unread->setToolTip(tr("Large rings are read a part at a time; these slots were not yet."));
    connect(&theme, &Theme::changed, this, [this] { redrawSwatches(); });
    redrawSwatches();
    setCounts({});
    arrange();
}

int SlotLegend::widthFor(int perRow) const {
    int width = 0;
    for (int column = 0; column < perRow; ++column) {
        int name = 0;
        int count = 0;
        for (std::size_t state = static_cast<std::size_t>(column); state < kSlotStateCount;
             state += static_cast<std::size_t>(perRow)) {
            name = std::max(name, m_entries[state].name->sizeHint().width());
            count = std::max(count, m_entries[state].countFrame->sizeHint().width());
        }
        width += kSwatchPx + name + count + 3 * kGap;
    }
    return width;
}

QSize SlotLegend::minimumSizeHint() const {
    return {widthFor(kLeastPerRow), m_grid->minimumSize().height()};
}

void SlotLegend::arrange() {
    const int perRow = widthFor(kMostPerRow) <= width() ? kMostPerRow : kLeastPerRow;
    if (perRow == m_perRow) {
        return;
    }
    m_perRow = perRow;
    for (std::size_t state = 0; state < kSlotStateCount; ++state) {
        const Entry& entry = m_entries[state];
        const int row = static_cast<int>(state) / perRow;
        const int column = static_cast<int>(state) % perRow * kColumns;
        m_grid->addWidget(entry.swatch, row, column);
        m_grid->addWidget(entry.name, row, column + 1);
        m_grid->addWidget(entry.countFrame, row, column + 2);
    }
    const int last = static_cast<int>(kSlotStateCount);
    m_grid->addWidget(m_unreadFrame, last / perRow, last % perRow * kColumns, 1, 3);
    for (int column = 0; column < kMostPerRow; ++column) {
        m_grid->setColumnStretch(column * kColumns + kColumns - 1, column < perRow ? 1 : 0);
    }
    updateGeometry();
}

void SlotLegend::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

bool SlotLegend::event(QEvent* event) {
    if (event->type() == QEvent::LayoutRequest) {
        arrange(); // a count has grown
    }
    return QWidget::event(event);
}

void SlotLegend::redrawSwatches() {
    const double ratio = devicePixelRatioF();
    const int side = static_cast<int>(std::lround(kSwatchPx * ratio));
    const SlotCellTiles tiles(slotColours(m_theme), side);
    for (std::size_t state = 0; state < kSlotStateCount; ++state) {
        QImage image(side, side, QImage::Format_RGB32);
        for (int y = 0; y < side; ++y) {
            std::memcpy(image.scanLine(y), tiles.row(cellCode(static_cast<SlotState>(state)), y),
                        static_cast<std::size_t>(side) * sizeof(QRgb));
        }
        image.setDevicePixelRatio(ratio);
        m_entries[state].swatch->setPixmap(QPixmap::fromImage(image));
    }
}

void SlotLegend::setCounts(const SlotCounts& counts) {
    m_counts = counts;
    const std::uint64_t total =
        std::accumulate(counts.byState.begin(), counts.byState.end(), counts.unread);
    for (std::size_t state = 0; state < kSlotStateCount; ++state) {
        const QString text = countText(counts.byState[state], std::max<std::uint64_t>(1, total));
        if (m_entries[state].count->text() != text) {
            m_entries[state].count->setText(text);
        }
    }
    const QString unread =
        counts.unread == 0 ? QString() : tr("%1 not read").arg(groupedDigits(counts.unread));
    if (m_unread->text() != unread) {
        m_unread->setText(unread);
    }
}

} // namespace ringscope
