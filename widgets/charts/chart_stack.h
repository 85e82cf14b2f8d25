// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/session/session_view.h"
#include "widgets/charts/chart_spec.h"

class QLabel;
class QScrollArea;
class QSplitter;

namespace ringscope {

class ChartView;
class Theme;
class TimeAxis;
class TimeLink;

// The charts of a session, one above the other on one time axis: plot edges are aligned, the axis
// is labelled once, cursor and selection go through all. Which charts there are follows from the
// session's tracks.
//
// Mouse: wheel zooms at the pointer, drag selects a range, Shift-drag or the middle button pans,
// double click returns to now. Keys: Space pause, F fit, Home all, + and - zoom, arrows pan, Esc
// clears the selection.
//
// Owned by the window, which calls setView() and tick() from its one timer. GUI thread only.
class ChartStack : public QWidget {
    Q_OBJECT

public:
    ChartStack(Theme& theme, TimeLink& link, QWidget* parent = nullptr);
    ~ChartStack() override;

    // The newest view of a session, of this one or another; null for none. Paused by the link, it
    // keeps the picture it has.
    void setView(std::shared_ptr<const SessionView> view);
    // Draws what changed and is visible. Any clock that never falls.
    void tick(std::int64_t nowNs);
    void setByteScale(ByteScale scale);

    [[nodiscard]] std::vector<ChartSpec> charts() const; // shown or not, in order
    [[nodiscard]] bool isChartShown(const std::string& name) const;
    void setChartShown(const std::string& name, bool isShown);
    // The one last clicked or focused, for "export this chart"; empty when there is none.
    [[nodiscard]] std::string currentChart() const;
    // For tests and export; null when there is no chart of that name.
    [[nodiscard]] ChartView* chart(const std::string& name) const;

Q_SIGNALS:
    void chartsChanged(); // which there are, or which are shown
    void currentChartChanged();
    void exportRequested(const QString& chartName); // from a chart's menu
    void mapChosen(qint64 timeNs);                  // a memory map on the time axis

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void rebuild();
    void alignMargins(std::int64_t nowNs);
    void setCurrent(ChartView* view);
    void showMenu(ChartView* view, const QPoint& globalPosition);

    // Constant after construction.
    Theme& m_theme;
    TimeLink& m_link;
    QScrollArea* m_scroll;
    QSplitter* m_splitter;
    TimeAxis* m_axis;
    QLabel* m_empty;

    std::shared_ptr<const SessionView> m_view;
    std::vector<ChartView*> m_charts;
    std::string m_current;
    ByteScale m_byteScale = ByteScale::automatic;
    std::map<std::string, bool> m_shown; // as chosen, kept from session to session
    int m_leftMargin = 0;
    std::int64_t m_plotDueNs = 0; // 0: at the next tick
    std::int64_t m_readoutDueNs = 0;
};

} // namespace ringscope
