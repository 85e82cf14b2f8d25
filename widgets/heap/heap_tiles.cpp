// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_tiles.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

#include "core/base/clock.h"
#include "widgets/heap/heap_text.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

QString number(std::uint64_t count) {
    return QString::fromStdString(formatCount(static_cast<double>(count)));
}

QString duration(std::int64_t ns) {
    return QString::fromStdString(formatDuration(std::max<std::int64_t>(ns, 0)));
}

} // namespace

HeapTiles::HeapTiles(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme) {
    auto* const row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2 * kSpaceGroups);
    for (Tile& tile : m_tiles) {
        auto* const column = new QVBoxLayout;
        column->setSpacing(0);
        tile = {new QLabel, new QLabel, new QLabel};
        tile.value->setFont(titleFont());
        for (QLabel* const label : {tile.title, tile.value, tile.detail}) {
            column->addWidget(label);
        }
        row->addLayout(column);
    }
    row->addStretch(1);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, &HeapTiles::showColors);
    showColors();
    showTexts();
}

void HeapTiles::showColors() {
    for (const Tile& tile : m_tiles) {
        for (QLabel* const label : {tile.title, tile.detail}) {
            QPalette palette = label->palette();
            palette.setColor(QPalette::WindowText, m_theme.tokens().textSecondary);
            label->setPalette(palette);
        }
    }
}

void HeapTiles::setProfile(const HeapProfile* profile, bool isLive) {
    m_isShown = profile != nullptr;
    m_isLive = isLive;
    if (m_isShown) {
        m_sums = profile->total;
        m_peakBytes = profile->peakBytes;
        m_isPart = profile->range.has_value();
        m_durationNs = m_isPart ? profile->range->toNs - profile->range->fromNs
                                : profile->timeNs - profile->startNs;
        m_peakAfterNs = profile->peakNs - profile->startNs;
        m_stacks = profile->stacks.size();
        m_hasTimes = profile->hasTimes;
        m_isOfTracker = profile->origin == HeapOrigin::tracker;
    }
    showTexts();
}

void HeapTiles::setByteScale(ByteScale scale) {
    m_scale = scale;
    showTexts();
}

void HeapTiles::showTexts() {
    const auto bytes = [this](std::uint64_t count) {
        return QString::fromStdString(formatBytes(static_cast<double>(count), m_scale));
    };
    const auto blocks = [](std::uint64_t count) {
        return count == 1 ? tr("1 block") : tr("%1 blocks").arg(number(count));
    };
    const double seconds = std::max(static_cast<double>(m_durationNs) / 1e9, 1e-9);
    const std::uint64_t freed = m_sums.freedBlocks();
    struct Texts {
        QString title;
        QString value;
        QString detail;
    };
    const std::array<Texts, kTiles> texts = {{
        {m_isPart   ? tr("Live at its end")
         : m_isLive ? tr("Live now")
                    : tr("Live at the end"),
         bytes(m_sums.liveBytes), blocks(m_sums.liveBlocks)},
        {tr("Peak"), bytes(m_peakBytes),
         m_hasTimes ? tr("after %1").arg(duration(m_peakAfterNs)) : QString()},
        {m_isPart ? tr("Allocated in it") : tr("Allocated in all"), bytes(m_sums.bytes),
         blocks(m_sums.blocks)},
        {tr("Temporary"), m_isOfTracker ? number(m_sums.temporaryBlocks) : tr("–"),
         !m_isOfTracker ? tr("not recorded")
         : shareText(m_sums.temporaryBlocks, m_sums.blocks).isEmpty()
             ? tr("of all blocks")
             : tr("%1 of all blocks").arg(shareText(m_sums.temporaryBlocks, m_sums.blocks))},
        {tr("Rate"),
         m_hasTimes ? tr("%1/s").arg(QString::fromStdString(
                          formatCount(static_cast<double>(m_sums.blocks) / seconds)))
                    : tr("–"),
         m_hasTimes ? (m_isPart ? tr("over these %1") : tr("over %1")).arg(duration(m_durationNs))
                    : tr("not recorded")},
        {tr("Mean lifetime"),
         freed == 0 || !m_isOfTracker
             ? tr("–")
             : duration(static_cast<std::int64_t>(m_sums.lifetimeNs / static_cast<double>(freed))),
         m_stacks == 1 ? tr("1 call stack") : tr("%1 call stacks").arg(number(m_stacks))},
    }};
    for (std::size_t i = 0; i < kTiles; ++i) {
        m_tiles[i].title->setText(texts[i].title);
        m_tiles[i].value->setText(m_isShown ? texts[i].value : QString());
        m_tiles[i].detail->setText(m_isShown ? texts[i].detail : QString());
    }
}

QString HeapTiles::valueOf(std::size_t tile) const {
    return m_tiles.at(tile).value->text();
}

} // namespace ringscope
