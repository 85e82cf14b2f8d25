// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_plan_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include <array>
#include <utility>

#include "core/base/clock.h"
#include "core/base/units.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

using Kind = MapTrigger::Kind;

constexpr std::array<std::int64_t, 6> kPeriodsNs = {kNsPerSecond,      2 * kNsPerSecond,
                                                    5 * kNsPerSecond,  10 * kNsPerSecond,
                                                    60 * kNsPerSecond, 600 * kNsPerSecond};
constexpr int kFirstPeriod = 2;

// What most people look at, when there is no session whose tracks could be listed.
constexpr std::array kUsualTracks = {"memory.rss", "memory.pss", "heap.live_bytes", "latency.p99",
                                     "ring.fill"};

struct Relation {
    Kind kind;
    char sign;
    const char* words;
};
constexpr std::array kRelations = {
    Relation{Kind::grown, '+', QT_TRANSLATE_NOOP("MapPlanDialog", "has grown by")},
    Relation{Kind::above, '>', QT_TRANSLATE_NOOP("MapPlanDialog", "rises above")},
    Relation{Kind::below, '<', QT_TRANSLATE_NOOP("MapPlanDialog", "falls below")}};

} // namespace

MapPlanDialog::MapPlanDialog(const MapPlan& plan, std::shared_ptr<const SessionView> view,
                             QWidget* parent)
    : QDialog(parent)
    , m_view(std::move(view))
    , m_isPeriodic(new QCheckBox(tr("&Every")))
    , m_period(new QComboBox)
    , m_atMarkers(new QCheckBox(tr("At each &marker: a phase, a finding, one that you set")))
    , m_list(new QListWidget)
    , m_track(new QComboBox)
    , m_relation(new QComboBox)
    , m_value(new QLineEdit)
    , m_remove(new QPushButton(tr("&Remove")))
    , m_problem(new QLabel) {
    setWindowTitle(tr("Take snapshots when"));
    auto* const layout = new QVBoxLayout(this);
    layout->setSpacing(kSpaceRelated);
    auto* const heading = new QLabel(
        tr("Keeps the memory map of every process of this session, and of those that you start "
           "later, once a second at most and within 1 % of a core."));
    heading->setWordWrap(true);
    layout->addWidget(heading);
    layout->addWidget(makePeriod(plan));
    layout->addWidget(m_atMarkers);
    layout->addWidget(makeTriggers(), 1);
    m_problem->setWordWrap(true);
    m_problem->setObjectName(QStringLiteral("mapPlanProblem"));
    m_problem->hide();
    layout->addWidget(m_problem);
    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &MapPlanDialog::finish);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (const MapTrigger& trigger : plan.triggers) {
        if (trigger.kind == Kind::marker) {
            m_atMarkers->setChecked(true);
        } else {
            m_triggers.push_back(trigger);
        }
    }
    fillTracks();
    fillTriggers();
    resize(560, 420);
}

QWidget* MapPlanDialog::makePeriod(const MapPlan& plan) {
    auto* const line = new QWidget;
    auto* const layout = new QHBoxLayout(line);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_isPeriodic);
    layout->addWidget(m_period);
    layout->addStretch();
    m_period->setAccessibleName(tr("How often"));
    for (const std::int64_t ns : kPeriodsNs) {
        m_period->addItem(QString::fromStdString(formatDuration(ns)), qint64{ns});
    }
    m_isPeriodic->setChecked(plan.periodNs.has_value());
    const int chosen = plan.periodNs ? m_period->findData(qint64{*plan.periodNs}) : kFirstPeriod;
    m_period->setCurrentIndex(chosen < 0 ? kFirstPeriod : chosen);
    m_period->setEnabled(m_isPeriodic->isChecked());
    connect(m_isPeriodic, &QCheckBox::toggled, m_period, &QWidget::setEnabled);
    return line;
}

QWidget* MapPlanDialog::makeTriggers() {
    auto* const part = new QWidget;
    auto* const layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, kSpaceRelated, 0, 0);
    layout->setSpacing(kSpaceRelated);
    auto* const label = new QLabel(tr("When a &track"));
    label->setBuddy(m_track);
    layout->addWidget(label);
    auto* const fields = new QHBoxLayout;
    m_track->setEditable(true);
    m_track->setInsertPolicy(QComboBox::NoInsert);
    m_track->completer()->setCompletionMode(QCompleter::PopupCompletion);
    m_track->completer()->setFilterMode(Qt::MatchContains);
    m_track->setAccessibleName(tr("Track"));
    for (const Relation& relation : kRelations) {
        m_relation->addItem(tr(relation.words));
    }
    m_relation->setAccessibleName(tr("What it does"));
    m_value->setPlaceholderText(tr("64 MiB"));
    m_value->setObjectName(QStringLiteral("mapPlanValue"));
    m_value->setAccessibleName(tr("Value"));
    m_value->setMaximumWidth(120);
    auto* const add = new QPushButton(tr("&Add"));
    add->setObjectName(QStringLiteral("mapPlanAdd"));
    add->setAutoDefault(false);
    fields->addWidget(m_track, 1);
    fields->addWidget(m_relation);
    fields->addWidget(m_value);
    fields->addWidget(add);
    layout->addLayout(fields);
    m_list->setAccessibleName(tr("When a track reaches a value"));
    m_list->setFont(bodyFont());
    layout->addWidget(m_list, 1);
    m_remove->setAutoDefault(false);
    layout->addWidget(m_remove, 0, Qt::AlignLeft);
    connect(add, &QPushButton::clicked, this, &MapPlanDialog::addTrigger);
    m_value->installEventFilter(this); // Enter adds, and does not go on to the dialog
    connect(m_remove, &QPushButton::clicked, this, &MapPlanDialog::removeTrigger);
    connect(m_list, &QListWidget::currentRowChanged, m_remove,
            [this](int row) { m_remove->setEnabled(row >= 0); });
    return part;
}

void MapPlanDialog::fillTracks() {
    if (m_view == nullptr || m_view->groups.empty()) {
        for (const char* const track : kUsualTracks) {
            m_track->addItem(QString::fromLatin1(track));
        }
        return;
    }
    for (const TrackRef track : m_view->match("*")) {
        m_track->addItem(QString::fromStdString(m_view->description(track).name));
    }
    const int rss = m_track->findText(QString::fromLatin1(kUsualTracks.front()));
    m_track->setCurrentIndex(std::max(rss, 0));
}

QString MapPlanDialog::words(const MapTrigger& trigger) const {
    const auto track = m_view ? m_view->find(trigger.track) : std::nullopt;
    const Unit unit = track ? m_view->description(*track).unit : Unit::none;
    for (const Relation& relation : kRelations) {
        if (relation.kind == trigger.kind) {
            const std::string value =
                track ? formatValue(trigger.value, unit)
                      : mapTriggerText(trigger).substr(trigger.track.size() + 1);
            return QStringLiteral("%1 %2 %3")
                .arg(QString::fromStdString(trigger.track), tr(relation.words),
                     QString::fromStdString(value));
        }
    }
    return {};
}

void MapPlanDialog::fillTriggers() {
    m_list->clear();
    for (const MapTrigger& trigger : m_triggers) {
        m_list->addItem(words(trigger));
    }
    m_remove->setEnabled(m_list->currentRow() >= 0);
}

bool MapPlanDialog::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_value && event->type() == QEvent::KeyPress && !m_value->text().isEmpty()) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            addTrigger();
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

bool MapPlanDialog::addTrigger() {
    const auto relation = static_cast<std::size_t>(m_relation->currentIndex());
    const QString text =
        m_track->currentText() + QLatin1Char(kRelations.at(relation).sign) + m_value->text();
    const auto trigger = parseMapTrigger(text.toStdString());
    m_problem->setVisible(!trigger);
    if (!trigger) {
        m_problem->setText(tr("Write a number with or without a unit as the value: 64 MiB, 5 ms, "
                              "87.5. What it is to have grown by is more than 0."));
        m_value->setFocus();
        return false;
    }
    if (m_view != nullptr && !m_view->groups.empty() && !m_view->find(trigger->track)) {
        m_problem->setText(tr("This session has no track %1: choose one of the list.")
                               .arg(QString::fromStdString(trigger->track)));
        m_problem->show();
        m_track->setFocus();
        return false;
    }
    m_triggers.push_back(*trigger);
    m_value->clear();
    fillTriggers();
    return true;
}

void MapPlanDialog::removeTrigger() {
    if (const int row = m_list->currentRow(); row >= 0) {
        m_triggers.erase(m_triggers.begin() + row);
        fillTriggers();
    }
}

MapPlan MapPlanDialog::plan() const {
    MapPlan plan;
    if (m_isPeriodic->isChecked()) {
        plan.periodNs = m_period->currentData().toLongLong();
    }
    if (m_atMarkers->isChecked()) {
        plan.triggers.emplace_back();
    }
    plan.triggers.insert(plan.triggers.end(), m_triggers.begin(), m_triggers.end());
    return plan;
}

// A value that was typed and not added was meant.
void MapPlanDialog::finish() {
    if (!m_value->text().trimmed().isEmpty() && !addTrigger()) {
        return;
    }
    Q_EMIT planChosen(plan());
    accept();
}

} // namespace ringscope
