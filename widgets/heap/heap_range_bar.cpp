// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_range_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "core/base/units.h"
#include "widgets/theme/theme.h"

namespace ringscope {

HeapRangeBar::HeapRangeBar(QWidget* parent)
    : QWidget(parent)
    , m_text(new QLabel) {
    auto* const layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kSpaceRelated);
    layout->addWidget(m_text, 1);
    auto* const all = new QPushButton(tr("Show all of the time"));
    connect(all, &QPushButton::clicked, this, &HeapRangeBar::allWanted);
    layout->addWidget(all);
    hide();
}

void HeapRangeBar::setRange(const std::optional<HeapRange>& range, std::int64_t zeroNs) {
    setVisible(range.has_value());
    if (range) {
        const auto text = [zeroNs](std::int64_t timeNs) {
            return QString::fromStdString(formatDuration(timeNs - zeroNs));
        };
        m_text->setText(tr("Only of %1 to %2: what was allocated between these two readings of "
                           "the profile, and is alive at the second.")
                            .arg(text(range->fromNs), text(range->toNs)));
    }
}

} // namespace ringscope
