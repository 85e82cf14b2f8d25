// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

#include <QWidget>

#include "widgets/slots/slot_counts.h"

class QLabel;

namespace ringscope {

class Theme;

// The states of the slot map: how each is drawn, its name, and how many slots are in it. GUI
// thread.
class SlotLegend final : public QWidget {
    Q_OBJECT
public:
    explicit SlotLegend(const Theme& theme, QWidget* parent = nullptr);
    void setCounts(const SlotCounts& counts);

private:
    void redrawSwatches();

    struct Entry {
        QLabel* swatch;
        QLabel* name;
        QLabel* count;
    };
    const Theme& m_theme; // Outlives this.
    std::array<Entry, kSlotStateCount> m_entries{};
    QLabel* m_unread;
    SlotCounts m_counts;
};

} // namespace ringscope
