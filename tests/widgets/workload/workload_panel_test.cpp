// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/workload_panel.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <set>

#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_keys.h"
#include "tests/widgets/accessible_names.h"
#include "widgets/theme/theme.h"
#include "widgets/workload/problem_words.h"
#include "widgets/workload/scenario_field_editor.h"
#include "widgets/workload/scenario_fields.h"

namespace ringscope {
namespace {

std::vector<Scenario> builtIn() {
    std::vector<Scenario> scenarios;
    for (const BuiltinScenario& scenario : builtinScenarios()) {
        scenarios.push_back(findScenario(std::string(scenario.name)).value());
    }
    return scenarios;
}

class WorkloadPanelTest : public testing::Test {
protected:
    WorkloadPanelTest() {
        panel.setScenarios(builtIn());
        panel.resize(300, 700);
        panel.show();
    }
    void type(const char* key, const char* text) {
        QWidget* control = panel.editor(key)->control();
        auto* line = qobject_cast<QLineEdit*>(control);
        line = line != nullptr ? line : control->findChild<QLineEdit*>();
        line->selectAll();
        if (*text == '\0') {
            QTest::keyClick(line, Qt::Key_Backspace);
        }
        QTest::keyClicks(line, QString::fromUtf8(text));
    }
    void choose(const char* key, const char* name) {
        auto* box = qobject_cast<QComboBox*>(panel.editor(key)->control());
        box->setCurrentIndex(box->findData(QString::fromUtf8(name)));
    }
    template <typename Button>
    Button* button(const char* text) const {
        for (auto* found : panel.findChildren<Button*>()) {
            if (found->text() == QString::fromUtf8(text)) {
                return found;
            }
        }
        return nullptr;
    }

    Theme theme{lightTokens()};
    WorkloadPanel panel{theme};
};

TEST(ScenarioFields, EveryKeyOfAScenarioIsEditedExactlyOnce) {
    std::multiset<std::string> fields;
    for (const ScenarioSection& section : scenarioSections()) {
        for (const ScenarioField& field : section.fields) {
            fields.insert(field.key);
        }
    }
    std::multiset<std::string> keys;
    for (const ScenarioKey& key : scenarioKeys()) {
        keys.insert(std::string(key.name));
    }
    EXPECT_EQ(fields, keys);
}

TEST(ScenarioFields, EveryChoiceOfAKeyIsOffered) {
    // Each name that a key's sentence lists ("one of \"max\", ...") has an entry.
    for (const ScenarioSection& section : scenarioSections()) {
        for (const ScenarioField& field : section.fields) {
            const auto key = std::find_if(
                scenarioKeys().begin(), scenarioKeys().end(),
                [&](const ScenarioKey& candidate) { return candidate.name == field.key; });
            ASSERT_NE(key, scenarioKeys().end());
            const auto quotes = std::count(key->expects.begin(), key->expects.end(), '"');
            if (key->expects.rfind("one of ", 0) == 0) {
                EXPECT_EQ(field.choices.size(), static_cast<std::size_t>(quotes) / 2) << field.key;
            }
            for (const auto& [name, text] : field.choices) {
                EXPECT_NE(key->expects.find('"' + name + '"'), std::string::npos) << name;
            }
        }
    }
}

TEST_F(WorkloadPanelTest, RoundTripsEveryBuiltInScenario) {
    ASSERT_GE(builtIn().size(), 10U);
    for (const Scenario& scenario : builtIn()) {
        SCOPED_TRACE(scenario.name);
        ASSERT_TRUE(panel.chooseScenario(QString::fromStdString(scenario.name)));
        // An edit reads every control again; what comes back is what was shown.
        type("run.seed", "4711");
        Scenario expected = scenario;
        expected.run.seed = 4711;
        EXPECT_EQ(panel.scenario(), expected);
        EXPECT_EQ(panel.runObstacle(), QString());
        panel.reset();
        EXPECT_EQ(panel.scenario(), scenario);
    }
}

TEST_F(WorkloadPanelTest, ImpossibleValueDisablesRunAndSaysWhyBesideTheField) {
    type("ring.capacity", "1000");
    EXPECT_FALSE(button<QPushButton>("Run")->isEnabled());
    EXPECT_TRUE(panel.runObstacle().contains(QStringLiteral("must be a power of two")));
    const auto* editor = panel.editor("ring.capacity");
    EXPECT_TRUE(editor->sentence().contains(QStringLiteral("must be a power of two")));
    EXPECT_TRUE(editor->control()->accessibleDescription().contains(
        QStringLiteral("must be a power of two")));
    EXPECT_EQ(panel.editor("workers.batch")->sentence(), QString());
    type("ring.capacity", "1024");
    EXPECT_TRUE(button<QPushButton>("Run")->isEnabled());
    EXPECT_EQ(editor->sentence(), QString());
}

TEST_F(WorkloadPanelTest, ANumberWithoutRoomIsCalledTooLarge) {
    type("workers.producers", "99999999999");
    EXPECT_TRUE(panel.editor("workers.producers")
                    ->sentence()
                    .contains(QStringLiteral("'99999999999' is too large")))
        << panel.editor("workers.producers")->sentence().toStdString();
}

TEST_F(WorkloadPanelTest, UnreadableTextDisablesRunToo) {
    type("run.duration", "soon");
    EXPECT_FALSE(button<QPushButton>("Run")->isEnabled());
    EXPECT_TRUE(
        panel.editor("run.duration")->sentence().contains(QStringLiteral("duration 'soon'")));
}

TEST_F(WorkloadPanelTest, AProblemOpensTheSectionThatHidesIt) {
    QToolButton* heading = button<QToolButton>("Messages");
    ASSERT_FALSE(heading->isChecked());
    type("payload.bytes", "1");
    EXPECT_TRUE(heading->isChecked());
    EXPECT_TRUE(panel.editor("payload.bytes")->isVisible());
}

TEST_F(WorkloadPanelTest, RunGivesTheEditedScenario) {
    type("workers.producers", "7");
    QSignalSpy run(&panel, &WorkloadPanel::runRequested);
    button<QPushButton>("Run")->click();
    ASSERT_EQ(run.size(), 1);
    EXPECT_EQ(run[0][0].value<Scenario>().workers.producers, 7U);
}

TEST_F(WorkloadPanelTest, StopIsThereOnlyWhileSomethingRuns) {
    QSignalSpy run(&panel, &WorkloadPanel::runRequested);
    QSignalSpy stop(&panel, &WorkloadPanel::stopRequested);
    panel.stop();
    EXPECT_EQ(stop.size(), 0);
    panel.setState(WorkloadState::running);
    panel.run();
    EXPECT_EQ(run.size(), 0);
    panel.stop();
    EXPECT_EQ(stop.size(), 1);
    panel.setState(WorkloadState::stopping);
    panel.stop();
    EXPECT_EQ(stop.size(), 1);
}

TEST_F(WorkloadPanelTest, EditsAreMarkedUntilReset) {
    EXPECT_FALSE(panel.isDirty());
    type("workers.consumers", "5");
    EXPECT_TRUE(panel.isDirty());
    const auto* choice = panel.findChild<QComboBox*>();
    EXPECT_TRUE(choice->currentText().endsWith(QStringLiteral("• edited")));
    button<QToolButton>("Reset")->click();
    EXPECT_FALSE(panel.isDirty());
    EXPECT_FALSE(choice->currentText().contains(QStringLiteral("edited")));
}

TEST_F(WorkloadPanelTest, SaveAsAndOpenAreForOthersToDo) {
    QSignalSpy save(&panel, &WorkloadPanel::saveAsRequested);
    QSignalSpy open(&panel, &WorkloadPanel::openRequested);
    type("workers.consumers", "5");
    button<QToolButton>("Save as…")->click();
    button<QToolButton>("Open…")->click();
    ASSERT_EQ(save.size(), 1);
    EXPECT_EQ(save[0][0].value<Scenario>().workers.consumers, 5U);
    EXPECT_EQ(open.size(), 1);
}

TEST_F(WorkloadPanelTest, AnOpenedScenarioJoinsTheList) {
    Scenario mine = builtIn().front();
    mine.name = "mine";
    mine.workers.producers = 3;
    panel.setScenario(mine);
    EXPECT_EQ(panel.scenario(), mine);
    EXPECT_FALSE(panel.isDirty());
    EXPECT_TRUE(panel.chooseScenario(QStringLiteral("mine")));
}

TEST_F(WorkloadPanelTest, FieldsWithoutEffectAreHiddenAndKeepTheirValue) {
    choose("rate.mode", "max");
    EXPECT_FALSE(panel.editor("rate.per_second")->isVisible());
    choose("rate.mode", "fixed");
    EXPECT_TRUE(panel.editor("rate.per_second")->isVisible());
    type("rate.per_second", "12345");
    choose("rate.mode", "max");
    choose("rate.mode", "poisson");
    EXPECT_DOUBLE_EQ(panel.scenario().rate.perSecond, 12345);
}

TEST_F(WorkloadPanelTest, AKilledWorkerCanBeAddedAndTakenAway) {
    ASSERT_TRUE(panel.chooseScenario(QStringLiteral("steady")));
    ASSERT_FALSE(panel.scenario().kill.has_value());
    choose("kill.role", "consumer");
    ASSERT_TRUE(panel.scenario().kill.has_value());
    EXPECT_EQ(*panel.scenario().kill, KillSettings{});
    choose("kill.role", "none");
    EXPECT_FALSE(panel.scenario().kill.has_value());
}

TEST_F(WorkloadPanelTest, ListsOfNumbersAreEdited) {
    choose("payload.distribution", "list");
    type("payload.sizes", "64, 256 1024");
    type("payload.weights", "8, 3, 1");
    const std::vector<ListedSize> expected = {{64, 8}, {256, 3}, {1024, 1}};
    EXPECT_EQ(panel.scenario().payload.sizes, expected);
    EXPECT_EQ(panel.runObstacle(), QString());
    type("workers.cpus", "0, 1");
    EXPECT_EQ(panel.scenario().workers.cpus, (std::vector<std::uint32_t>{0, 1}));
    type("workers.cpus", "");
    EXPECT_TRUE(panel.scenario().workers.cpus.empty());
}

TEST_F(WorkloadPanelTest, NothingIsCutOffAt300Pixels) {
    for (const ScenarioSection& section : scenarioSections()) {
        button<QToolButton>(section.title.toUtf8().constData())->setChecked(true);
    }
    QTest::qWait(0);
    const auto* scroll = panel.findChild<QScrollArea*>();
    EXPECT_LE(scroll->widget()->minimumSizeHint().width(), scroll->viewport()->width());
}

TEST_F(WorkloadPanelTest, EveryControlHasANameAndIsReachedByKeyboard) {
    EXPECT_EQ(namelessControls(panel), "");
    for (const ScenarioKey& key : scenarioKeys()) {
        EXPECT_NE(panel.editor(std::string(key.name))->control()->focusPolicy() & Qt::TabFocus, 0)
            << key.name;
    }
}

TEST(ProblemWords, NameTheFieldAsItsLabelDoes) {
    EXPECT_EQ(inWordsOfFields("workers.producers is 0, it must be from 1 to 128").toStdString(),
              "“Producers” is 0, it must be from 1 to 128");
    EXPECT_EQ(inWordsOfFields("make ring.capacity, ring.channels or ring.payload_capacity smaller")
                  .toStdString(),
              "make “Slots per channel”, “Channels” or “Payload per slot” smaller");
    EXPECT_EQ(inWordsOfFields("name must have 1 to 64 characters").toStdString(),
              "“Name” must have 1 to 64 characters");
    EXPECT_EQ(inWordsOfFields("the name of a ring").toStdString(), "the name of a ring");
    EXPECT_EQ(inWordsOfFields("rate.mode must be max with workers.pattern = \"ping-pong\": so")
                  .toStdString(),
              "“Mode” must be “As fast as possible” with “Pattern” set to “Ping-pong”: so");
}

// Whatever is said of a scenario, it speaks the panel's language.
TEST(ProblemWords, NoKeyIsLeft) {
    Scenario scenario;
    scenario.name.clear();
    scenario.ring.capacity = 3;
    scenario.ring.slotStride = 5;
    scenario.payload.bytes = 1;
    scenario.workers.producers = 0;
    scenario.workers.batch = 999;
    scenario.stall.everyNs = 1;
    scenario.run.durationNs = -1;
    const auto problems = checkScenario(scenario);
    EXPECT_GE(problems.size(), 7U);
    for (const ScenarioProblem& problem : problems) {
        const QString words = inWordsOfFields(problem.sentence);
        for (const ScenarioKey& key : scenarioKeys()) {
            if (key.name.find('.') != std::string_view::npos) {
                EXPECT_FALSE(words.contains(QString::fromStdString(std::string(key.name))))
                    << words.toStdString();
            }
        }
    }
}

} // namespace
} // namespace ringscope
