// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include <array>
#include <memory>

#include "core/base/units.h"
#include "core/heap/heap_sites.h"
#include "core/session/session_view.h"

class QLabel;
class QStackedLayout;

namespace ringscope {

class ChartView;
class Theme;
class TimeAxis;
class TimeLink;

// Which functions allocate most over time: a chart for each measure, on the window's time axis, so
// that a range that is selected here or there is the same. GUI thread only.
class HeapTimelineView : public QWidget {
    Q_OBJECT

public:
    HeapTimelineView(Theme& theme, TimeLink& link, QWidget* parent = nullptr);

    // heapTimeline()'s; null: there are no readings, which is said.
    void setTimeline(std::shared_ptr<const SessionView> timeline);
    // Of the peak what is live is shown.
    void setMeasure(HeapMeasure measure);
    void setByteScale(ByteScale scale);

    [[nodiscard]] const std::shared_ptr<const SessionView>& timeline() const { return m_timeline; }
    [[nodiscard]] ChartView& chart() const; // that is shown
    void tick();

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    std::array<ChartView*, 4> m_charts{};
    TimeAxis* m_axis;
    QLabel* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    QStackedLayout* m_pages; // the charts, or what is said instead
    std::shared_ptr<const SessionView> m_timeline;
    QTimer m_timer;
    std::size_t m_shown = 0;
};

} // namespace ringscope
