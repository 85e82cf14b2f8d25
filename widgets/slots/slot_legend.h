// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

#include <QWidget>

#include "widgets/slots/slot_counts.h"

class QGridLayout;
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
    // Counts of many digits ask for another row, not for a wider pane.
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

private:
    void redrawSwatches();
    [[nodiscard]] int widthFor(int perRow) const;
    void arrange();

    struct Entry {
        QLabel* swatch;
        QLabel* name;
        QLabel* count;
        QWidget* countFrame;
    };
    const Theme& m_theme; // Outlives this.
    std::array<Entry, kSlotStateCount> m_entries{};
    QLabel* m_unread;
    QWidget* m_unreadFrame;
    QGridLayout* m_grid;
    int m_perRow = 0;
    SlotCounts m_counts;
};

} // namespace ringscope
