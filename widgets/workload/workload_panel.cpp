// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/workload_panel.h"

#include <algorithm>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"
#include "widgets/theme/themed_icon.h"
#include "widgets/workload/problem_words.h"
#include "widgets/workload/scenario_field_editor.h"
#include "widgets/workload/scenario_section_box.h"

namespace ringscope {

namespace {

constexpr std::size_t kOpenAtFirst = 3; // sections: workers, rate, ring

QToolButton* textButton(const QString& text, const QString& help, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setText(text);
    button->setToolTip(help);
    button->setAccessibleName(text);
    button->setAccessibleDescription(help);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

} // namespace

WorkloadPanel::WorkloadPanel(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_choice(new QComboBox(this))
    , m_summary(new QLabel(this))
    , m_reason(new QLabel(this))
    , m_run(new QPushButton(tr("Run"), this))
    , m_stop(new QPushButton(tr("Stop"), this))
    , m_reset(textButton(tr("Reset"), tr("Drops the edits of this scenario."), this))
    , m_saveAs(textButton(tr("Save as…"), tr("Saves the edited scenario as a file."), this))
    , m_open(textButton(tr("Open…"), tr("Opens a scenario file."), this)) {
    setAccessibleName(tr("Workload"));
    makeHead(theme);

    auto* body = new QWidget(this);
    auto* bodyLayout = new QVBoxLayout(body);
    bodyLayout->setContentsMargins(kSpaceRelated, 0, kSpaceRelated, kSpaceRelated);
    bodyLayout->setSpacing(4);
    for (const ScenarioSection& section : scenarioSections()) {
        auto* box = new ScenarioSectionBox(theme, section, body);
        box->setOpen(m_sections.size() < kOpenAtFirst);
        bodyLayout->addWidget(box);
        m_sections.push_back(box);
        for (const ScenarioFieldEditor* editor : box->editors()) {
            connect(editor, &ScenarioFieldEditor::edited, this, &WorkloadPanel::readEdits);
        }
    }
    bodyLayout->addStretch();
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(body);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setAccessibleName(tr("Parameters"));
    static_cast<QVBoxLayout*>(layout())->addWidget(scroll, 1);
    showScenario();
}

void WorkloadPanel::makeHead(const Theme& theme) {
    m_choice->setAccessibleName(tr("Scenario"));
    m_choice->setToolTip(tr("Which workload is run"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_summary->setWordWrap(true);
    m_summary->setForegroundRole(QPalette::PlaceholderText);
    m_reason->setWordWrap(true);
    m_reason->setVisible(false);
    m_run->setDefault(true);
    m_run->setAccessibleDescription(tr("Starts the workload."));
    m_stop->setAccessibleDescription(tr("Stops the workload."));
    const auto restyle = [this, &theme] {
        m_run->setIcon(themedIcon(QStringLiteral("run"), theme.tokens()));
        m_stop->setIcon(themedIcon(QStringLiteral("stop"), theme.tokens()));
        QPalette palette = m_reason->palette();
        palette.setColor(QPalette::WindowText, theme.tokens().error);
        m_reason->setPalette(palette);
    };
    connect(&theme, &Theme::changed, this, restyle);
    restyle();
    connect(m_choice, &QComboBox::activated, this, [this](int index) {
        setScenario(Scenario(m_scenarios[static_cast<std::size_t>(index)]));
    });
    connect(m_run, &QPushButton::clicked, this, &WorkloadPanel::run);
    connect(m_stop, &QPushButton::clicked, this, &WorkloadPanel::stop);
    connect(m_reset, &QToolButton::clicked, this, &WorkloadPanel::reset);
    connect(m_open, &QToolButton::clicked, this, &WorkloadPanel::openRequested);
    connect(m_saveAs, &QToolButton::clicked, this, [this] { Q_EMIT saveAsRequested(m_edited); });

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(kSpaceRelated);
    buttons->addWidget(m_run, 1);
    buttons->addWidget(m_stop, 1);
    auto* files = new QHBoxLayout;
    files->setSpacing(kSpaceRelated);
    files->addWidget(m_open);
    files->addWidget(m_saveAs);
    files->addStretch();
    files->addWidget(m_reset);
    auto* head = new QVBoxLayout;
    head->setContentsMargins(kSpaceRelated, kSpaceRelated, kSpaceRelated, 0);
    head->setSpacing(kSpaceRelated);
    head->addWidget(m_choice);
    head->addWidget(m_summary);
    head->addLayout(buttons);
    head->addWidget(m_reason);
    head->addLayout(files);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kSpaceRelated);
    layout->addLayout(head);
}

const Scenario* WorkloadPanel::chosen() const {
    const int index = m_choice->currentIndex();
    return index < 0 ? nullptr : &m_scenarios[static_cast<std::size_t>(index)];
}

void WorkloadPanel::setScenarios(std::vector<Scenario> scenarios) {
    const QString before = chosen() != nullptr ? QString::fromStdString(chosen()->name) : QString();
    m_scenarios = std::move(scenarios);
    {
        const QSignalBlocker blocker(m_choice);
        m_choice->clear();
        for (const Scenario& scenario : m_scenarios) {
            m_choice->addItem(QString::fromStdString(scenario.name));
            m_choice->setItemData(m_choice->count() - 1, QString::fromStdString(scenario.summary),
                                  Qt::ToolTipRole);
        }
    }
    if (!chooseScenario(before) && !m_scenarios.empty()) {
        chooseScenario(QString::fromStdString(m_scenarios.front().name));
    }
    updateButtons();
}

void WorkloadPanel::setScenario(const Scenario& scenario) {
    const auto same = std::find_if(m_scenarios.begin(), m_scenarios.end(),
                                   [&](const Scenario& s) { return s.name == scenario.name; });
    const auto index = static_cast<int>(same - m_scenarios.begin());
    {
        const QSignalBlocker blocker(m_choice);
        if (same == m_scenarios.end()) {
            m_scenarios.push_back(scenario);
            m_choice->addItem(QString::fromStdString(scenario.name));
        } else {
            *same = scenario;
        }
        m_choice->setCurrentIndex(index);
    }
    m_edited = m_scenarios[static_cast<std::size_t>(index)];
    showScenario();
    Q_EMIT scenarioChanged(m_edited);
}

bool WorkloadPanel::chooseScenario(const QString& name) {
    const std::string wanted = name.toStdString();
    for (const Scenario& scenario : m_scenarios) {
        if (scenario.name == wanted) {
            setScenario(Scenario(scenario));
            return true;
        }
    }
    return false;
}

bool WorkloadPanel::isDirty() const {
    return chosen() != nullptr && m_edited != *chosen();
}

void WorkloadPanel::reset() {
    if (const Scenario* original = chosen()) {
        m_edited = *original;
        showScenario();
        Q_EMIT scenarioChanged(m_edited);
    }
}

ScenarioFieldEditor* WorkloadPanel::editor(const std::string& key) const {
    for (const ScenarioSectionBox* section : m_sections) {
        for (ScenarioFieldEditor* editor : section->editors()) {
            if (editor->field().key == key) {
                return editor;
            }
        }
    }
    return nullptr;
}

void WorkloadPanel::showScenario() {
    for (const ScenarioSectionBox* section : m_sections) {
        for (ScenarioFieldEditor* editor : section->editors()) {
            editor->read(m_edited);
        }
    }
    judge({});
}

// Every control is read in the order of the scenario's keys, so that a key which decides over
// others (who is killed, how many sizes) is written before them.
void WorkloadPanel::readEdits() {
    Scenario edited = m_edited;
    std::vector<ScenarioProblem> unreadable;
    const auto write = [&](ScenarioFieldEditor& editor) {
        const auto& isShown = editor.field().isShown;
        // What is hidden has no effect; for the keys of a kill, writing would bring one about.
        if (isShown && !isShown(edited)) {
            return;
        }
        if (!editor.write(edited)) {
            unreadable.push_back({editor.field().key, editor.problem().toStdString()});
        }
    };
    for (const ScenarioSectionBox* section : m_sections) {
        for (ScenarioFieldEditor* editor : section->editors()) {
            write(*editor);
        }
    }
    m_edited = std::move(edited);
    judge(unreadable);
    Q_EMIT scenarioChanged(m_edited);
}

void WorkloadPanel::judge(const std::vector<ScenarioProblem>& unreadable) {
    std::vector<ScenarioProblem> problems = unreadable;
    for (ScenarioProblem& problem : checkScenario(m_edited)) {
        problems.push_back(std::move(problem));
    }
    for (ScenarioSectionBox* section : m_sections) {
        for (ScenarioFieldEditor* editor : section->editors()) {
            const auto found =
                std::find_if(problems.begin(), problems.end(), [&](const ScenarioProblem& problem) {
                    return problem.field == editor->field().key;
                });
            editor->setSentence(found == problems.end() ? QString()
                                                        : inWordsOfFields(found->sentence));
        }
        section->showFor(m_edited);
        section->openOnProblem();
    }
    QString obstacle;
    if (!problems.empty()) {
        obstacle = inWordsOfFields(problems.front().sentence);
        if (problems.size() > 1) {
            obstacle += tr(" (and %n more)", nullptr, static_cast<int>(problems.size()) - 1);
        }
    }
    if (obstacle != m_obstacle) {
        m_obstacle = obstacle;
        Q_EMIT obstacleChanged(m_obstacle);
    }
    const int index = m_choice->currentIndex();
    if (index >= 0) {
        const QString name =
            QString::fromStdString(m_scenarios[static_cast<std::size_t>(index)].name);
        m_choice->setItemText(index, isDirty() ? tr("%1 • edited").arg(name) : name);
    }
    m_summary->setText(QString::fromStdString(m_edited.summary));
    m_summary->setVisible(!m_edited.summary.empty());
    updateButtons();
}

void WorkloadPanel::setState(WorkloadState state) {
    m_state = state;
    updateButtons();
}

void WorkloadPanel::updateButtons() {
    const bool isIdle = m_state == WorkloadState::idle;
    m_run->setEnabled(isIdle && m_obstacle.isEmpty());
    m_run->setText(m_state == WorkloadState::starting ? tr("Starting…") : tr("Run"));
    m_stop->setEnabled(m_state == WorkloadState::starting || m_state == WorkloadState::running);
    m_stop->setText(m_state == WorkloadState::stopping ? tr("Stopping…") : tr("Stop"));
    m_run->setToolTip(!m_obstacle.isEmpty() ? m_obstacle
                      : isIdle              ? tr("Starts the workload")
                               : tr("A workload is running; edits take effect with the next run"));
    m_reason->setText(m_obstacle.isEmpty() ? QString() : tr("Cannot run: %1").arg(m_obstacle));
    m_reason->setVisible(!m_obstacle.isEmpty());
    m_reset->setEnabled(isDirty());
    m_saveAs->setEnabled(m_obstacle.isEmpty());
}

void WorkloadPanel::run() {
    if (m_run->isEnabled()) {
        Q_EMIT runRequested(m_edited);
    }
}

void WorkloadPanel::stop() {
    if (m_stop->isEnabled()) {
        Q_EMIT stopRequested();
    }
}

} // namespace ringscope
