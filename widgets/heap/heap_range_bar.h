// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <cstdint>
#include <optional>

#include "core/heap/heap_profile.h"

class QLabel;

namespace ringscope {

// Says which part of the time a profile is shown of, and leads back to all of it. Hidden while all
// of it is shown.
class HeapRangeBar : public QWidget {
    Q_OBJECT

public:
    explicit HeapRangeBar(QWidget* parent = nullptr);

    // zeroNs: what times are counted from, CLOCK_MONOTONIC.
    void setRange(const std::optional<HeapRange>& range, std::int64_t zeroNs);

Q_SIGNALS:
    void allWanted();

private:
    QLabel* m_text;
};

} // namespace ringscope
