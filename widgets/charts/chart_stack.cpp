// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_stack.h"

#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

#include "widgets/charts/chart_view.h"
#include "widgets/charts/time_axis.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr std::int64_t kPlotPeriodNs = 1'000'000'000 / 30;
constexpr std::int64_t kReadoutPeriodNs = 1'000'000'000 / 8;
// A tick of 30 Hz that comes a little early still counts.
constexpr std::int64_t kSlackNs = 8'000'000;

bool haveSameTracks(const SessionView& a, const SessionView& b) {
    return a.startNs == b.startNs &&
           std::equal(
               a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(),
               [](const TrackGroup& x, const TrackGroup& y) { return x.tracks == y.tracks; });
}

} // namespace

ChartStack::ChartStack(Theme& theme, TimeLink& link, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_link(link)
    , m_scroll(new QScrollArea(this))
    , m_splitter(new QSplitter(Qt::Vertical))
    , m_axis(new TimeAxis(theme, link, this))
    , m_empty(new QLabel(this)) {
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(kSpaceRelated / 2);
    m_splitter->setStyleSheet(QStringLiteral("QSplitter::handle { background: transparent; }"));
    m_scroll->setWidget(m_splitter);
    m_scroll->setWidgetResizable(true);
    // A widget with a style sheet keeps the palette it was made with: it must not fill what shows
    // between the charts, or that stays light in the dark theme.
    m_splitter->setAutoFillBackground(false);
    m_scroll->viewport()->setAutoFillBackground(false);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_empty->setText(
        tr("Charts of the ring, the heap and memory appear here. Run a workload, attach "
           "to a process, or open a session."));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_empty, 1);
    layout->addWidget(m_scroll, 1);
    layout->addWidget(m_axis);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Charts"));
    connect(m_axis, &TimeAxis::mapChosen, this, &ChartStack::mapChosen);
    const auto redraw = [this] { m_readoutDueNs = m_plotDueNs = 0; };
    connect(&m_link, &TimeLink::modeChanged, this, redraw);
    connect(&m_link, &TimeLink::cursorChanged, this, [this] { m_readoutDueNs = 0; });
    connect(&m_link, &TimeLink::selectionChanged, this, [this] { m_readoutDueNs = 0; });
    connect(&m_theme, &Theme::changed, this, redraw);
    rebuild();
}

ChartStack::~ChartStack() = default;

void ChartStack::setView(std::shared_ptr<const SessionView> view) {
    if (view) {
        m_link.setSession(view->startNs, view->endNs, view->isLive);
    }
    if (view && m_view && view->startNs == m_view->startNs && m_link.isPaused()) {
        return;
    }
    const bool isSame = view && m_view && haveSameTracks(*view, *m_view);
    m_view = std::move(view);
    if (!isSame) {
        rebuild();
    }
    for (ChartView* chart : m_charts) {
        chart->setView(m_view, isSame);
    }
    m_axis->setView(m_view);
}

void ChartStack::rebuild() {
    const std::vector<ChartSpec> specs = m_view ? defaultCharts(*m_view) : std::vector<ChartSpec>{};
    const auto isSameSpec = [](const ChartView* chart, const ChartSpec& spec) {
        return chart->spec().name == spec.name;
    };
    if (!std::equal(m_charts.begin(), m_charts.end(), specs.begin(), specs.end(), isSameSpec)) {
        qDeleteAll(m_charts);
        m_charts.clear();
        for (const ChartSpec& spec : specs) {
            auto* chart = new ChartView(spec, m_theme, m_link, m_splitter);
            m_splitter->addWidget(chart);
            const auto shown = m_shown.find(spec.name);
            chart->setVisible(shown == m_shown.end() ? spec.isShownAtFirst : shown->second);
            chart->setByteScale(m_byteScale);
            connect(chart, &ChartView::activated, this, [this, chart] { setCurrent(chart); });
            connect(chart, &ChartView::menuRequested, this,
                    [this, chart](const QPoint& at) { showMenu(chart, at); });
            m_charts.push_back(chart);
        }
        m_leftMargin = 0;
        if (!chart(m_current)) {
            m_current.clear();
        }
        Q_EMIT chartsChanged();
    }
    const bool isEmpty = m_charts.empty();
    m_empty->setVisible(isEmpty);
    m_scroll->setVisible(!isEmpty);
    m_axis->setVisible(!isEmpty);
    m_plotDueNs = m_readoutDueNs = 0;
}

void ChartStack::tick(std::int64_t nowNs) {
    if (!m_view || m_charts.empty()) {
        return;
    }
    // Only the steady flow of a live session is slowed down; what a hand does is drawn at once.
    const bool isFlow = m_link.isFollowing() && !m_link.isPaused();
    if (!isFlow || nowNs >= m_plotDueNs || m_plotDueNs == 0) {
        for (ChartView* chart : m_charts) {
            chart->tickPlot(nowNs);
        }
        alignMargins(nowNs);
        m_plotDueNs = nowNs + kPlotPeriodNs - kSlackNs;
    }
    if (nowNs >= m_readoutDueNs || m_readoutDueNs == 0) {
        for (ChartView* chart : m_charts) {
            chart->tickReadout();
        }
        m_readoutDueNs = nowNs + kReadoutPeriodNs - kSlackNs;
    }
}

// All plots get the margin of the widest labels; it never shrinks, so that the plots stand still.
void ChartStack::alignMargins(std::int64_t nowNs) {
    int wanted = m_leftMargin;
    const ChartView* first = nullptr;
    for (const ChartView* chart : m_charts) {
        if (chart->isVisible()) {
            wanted = std::max(wanted, chart->leftMarginWanted());
            first = first == nullptr ? chart : first;
        }
    }
    if (wanted != m_leftMargin) {
        m_leftMargin = wanted;
        for (ChartView* chart : m_charts) {
            chart->setLeftMargin(wanted);
            chart->tickPlot(nowNs);
        }
    }
    if (first != nullptr) {
        const QRect plot = first->plotRect();
        const int left = first->mapTo(this, plot.topLeft()).x() - m_axis->x();
        m_axis->setPlot(left, plot.width(), first->geometryOfStrip());
    }
}

void ChartStack::setByteScale(ByteScale scale) {
    m_byteScale = scale;
    for (ChartView* chart : m_charts) {
        chart->setByteScale(scale);
    }
    m_leftMargin = 0;
    m_plotDueNs = m_readoutDueNs = 0;
}

std::vector<ChartSpec> ChartStack::charts() const {
    std::vector<ChartSpec> specs;
    for (const ChartView* chart : m_charts) {
        specs.push_back(chart->spec());
    }
    return specs;
}

ChartView* ChartStack::chart(const std::string& name) const {
    const auto found = std::find_if(m_charts.begin(), m_charts.end(), [&](const ChartView* chart) {
        return chart->spec().name == name;
    });
    return found == m_charts.end() ? nullptr : *found;
}

bool ChartStack::isChartShown(const std::string& name) const {
    const ChartView* found = chart(name);
    return found != nullptr && !found->isHidden();
}

void ChartStack::setChartShown(const std::string& name, bool isShown) {
    m_shown[name] = isShown;
    ChartView* found = chart(name);
    if (found != nullptr && found->isHidden() == isShown) {
        found->setVisible(isShown);
        m_plotDueNs = m_readoutDueNs = 0;
        Q_EMIT chartsChanged();
    }
}

std::string ChartStack::currentChart() const {
    return m_current;
}

void ChartStack::setCurrent(ChartView* view) {
    for (ChartView* chart : m_charts) {
        chart->setCurrent(chart == view);
    }
    if (view->spec().name != m_current) {
        m_current = view->spec().name;
        Q_EMIT currentChartChanged();
    }
}

void ChartStack::showMenu(ChartView* view, const QPoint& globalPosition) {
    QMenu menu(this);
    const QString name = QString::fromStdString(view->spec().name);
    menu.addAction(tr("Export this chart…"), this, [this, name] { Q_EMIT exportRequested(name); });
    menu.addAction(tr("Hide %1").arg(QString::fromStdString(view->spec().title)), this,
                   [this, view] { setChartShown(view->spec().name, false); });
    menu.addSeparator();
    for (const ChartView* chart : m_charts) {
        const std::string chartName = chart->spec().name;
        QAction* action = menu.addAction(QString::fromStdString(chart->spec().title));
        action->setCheckable(true);
        action->setChecked(!chart->isHidden());
        connect(action, &QAction::toggled, this,
                [this, chartName](bool isOn) { setChartShown(chartName, isOn); });
    }
    menu.exec(globalPosition);
}

void ChartStack::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Space:
        m_link.setPaused(!m_link.isPaused());
        break;
    case Qt::Key_F:
        m_link.fit();
        break;
    case Qt::Key_Home:
        m_link.showAll();
        break;
    case Qt::Key_End:
        m_link.resume();
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        m_link.zoomIn();
        break;
    case Qt::Key_Minus:
        m_link.zoomOut();
        break;
    case Qt::Key_Left:
        m_link.panBy(-0.1);
        break;
    case Qt::Key_Right:
        m_link.panBy(0.1);
        break;
    case Qt::Key_Escape:
        m_link.clearSelection();
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    event->accept();
}

} // namespace ringscope
