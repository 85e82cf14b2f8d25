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
constexpr int kEntriesPerRow = 3;

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
    , m_unread(new QLabel(this)) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(4);
    for (std::size_t state = 0; state < kSlotStateCount; ++state) {
        Entry& entry = m_entries[state];
        entry.swatch = new QLabel(this);
        entry.name = new QLabel(slotStateName(static_cast<SlotState>(state)), this);
        entry.count = new QLabel(this);
        entry.count->setForegroundRole(QPalette::PlaceholderText);
        entry.count->setAccessibleName(entry.name->text());
        const int row = static_cast<int>(state) / kEntriesPerRow;
        const int column = static_cast<int>(state) % kEntriesPerRow * 4;
        grid->addWidget(entry.swatch, row, column);
        grid->addWidget(entry.name, row, column + 1);
        grid->addWidget(new SteadyFrame(entry.count, this), row, column + 2);
        grid->setColumnStretch(column + 3, 1);
    }
    m_unread->setForegroundRole(QPalette::PlaceholderText);
    m_unread->setToolTip(tr("Large rings are read a part at a time; these slots were not yet."));
    grid->addWidget(new SteadyFrame(m_unread, this), 1, 2 * 4, 1, 3);
    connect(&theme, &Theme::changed, this, [this] { redrawSwatches(); });
    redrawSwatches();
    setCounts({});
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
