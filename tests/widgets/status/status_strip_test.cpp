// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/status/status_strip.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/accessible_names.h"
#include "widgets/status/elided_label.h"
#include "widgets/status/empty_pane.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

SessionView liveView() {
    SessionView view;
    auto provenance = std::make_shared<Provenance>();
    provenance->scenario = "steady";
    view.provenance = provenance;
    view.isLive = true;
    std::vector<WorkerRow> workers(8);
    for (WorkerRow& worker : workers) {
        worker.state = WorkerState::running;
    }
    view.workers = std::make_shared<const std::vector<WorkerRow>>(workers);
    view.sources = {{"cursors", 1'000'000, 0, 100, 0},
                    {"heap", 10'000'000, 0, 100, 2},
                    {"PSS", 500'000'000, 0, 100, 1}};
    view.self = {3.14, 142U << 20U};
    return view;
}

std::string labelled(const QWidget& strip, const char* name) {
    for (const auto* label : strip.findChildren<QLabel*>()) {
        if (label->accessibleName() == QString::fromUtf8(name)) {
            return label->text().toStdString();
        }
    }
    return "no such label";
}

TEST(StatusStrip, SaysWhatIsObservedAtWhatRate) {
    EXPECT_EQ(targetText(liveView()), QStringLiteral("steady · 8 workers"));
    EXPECT_EQ(ratesText(liveView()), QStringLiteral("cursors 1 kHz · heap 100 Hz · PSS 2 Hz"));
}

TEST(StatusStrip, CountsTheLivingOfTheWorkers) {
    SessionView view = liveView();
    auto workers = *view.workers;
    workers[3].state = WorkerState::died;
    view.workers = std::make_shared<const std::vector<WorkerRow>>(workers);
    EXPECT_EQ(targetText(view), QStringLiteral("steady · 7 of 8 workers"));
}

TEST(StatusStrip, FrequenciesHaveTheirUnit) {
    EXPECT_EQ(frequencyText(1'500'000), QStringLiteral("667 Hz"));
    EXPECT_EQ(frequencyText(400'000), QStringLiteral("2.5 kHz"));
    EXPECT_EQ(frequencyText(400'000'000), QStringLiteral("2.5 Hz"));
    EXPECT_EQ(frequencyText(5'000'000'000), QStringLiteral("every 5 s"));
    EXPECT_EQ(frequencyText(0), QStringLiteral("–"));
}

TEST(StatusStrip, LossesOfAllSourcesAddUpAndAreNamed) {
    const Theme theme(lightTokens());
    StatusStrip strip(theme);
    strip.setView(liveView());
    EXPECT_EQ(labelled(strip, "Lost samples"), "△ lost 3");
    EXPECT_EQ(labelled(strip, "Ringscope's own cost"), "Ringscope 3.1 % · 142 MiB");
    SessionView clean = liveView();
    clean.sources.clear();
    strip.setView(clean);
    EXPECT_EQ(labelled(strip, "Lost samples"), "lost 0");
}

TEST(StatusStrip, EachFigureFollowsTheView) {
    const Theme theme(lightTokens());
    StatusStrip strip(theme);
    const auto shown = [&strip](const SessionView& view) {
        strip.setView(view);
        std::string text;
        for (const auto* label : strip.findChildren<QLabel*>()) {
            text += (label->text() + label->toolTip() + u'\n').toStdString();
        }
        return text;
    };
    SessionView view = liveView();
    std::string before = shown(view);
    const auto expectOther = [&](const char* what) {
        const std::string now = shown(view);
        EXPECT_NE(now, before) << what;
        before = now;
    };
    view.sources[1].samples = 200;
    expectOther("samples beside those that were lost");
    view.sources[1].lost = 3;
    expectOther("lost samples");
    view.sources[0].periodNs = 2'000'000;
    expectOther("a rate");
    view.sources[0].name = "slots";
    expectOther("a source");
    view.self.cpuPercent = 4;
    expectOther("processor time");
    view.self.rssBytes += 8U << 20U;
    expectOther("memory");
    view.damage = "cut off";
    expectOther("damage");
    view.workers = nullptr;
    expectOther("workers");
    view.provenance = nullptr;
    expectOther("the scenario");
}

TEST(StatusStrip, ByteUnitIsChosenByHandAndKept) {
    const Theme theme(lightTokens());
    StatusStrip strip(theme);
    QSignalSpy chosen(&strip, &StatusStrip::byteScaleSelected);
    strip.setByteScale(ByteScale::mib);
    EXPECT_EQ(chosen.size(), 0);
    EXPECT_EQ(strip.byteScale(), ByteScale::mib);
    QTest::keyClick(strip.findChild<QComboBox*>(), Qt::Key_Down);
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen[0][0].value<ByteScale>(), ByteScale::kib);
}

TEST(StatusStrip, EveryControlHasAName) {
    const Theme theme(lightTokens());
    const StatusStrip strip(theme);
    EXPECT_EQ(namelessControls(strip), "");
}

TEST(EmptyPane, ItsButtonTells) {
    EmptyPane pane(QStringLiteral("Nothing here yet."), QStringLiteral("Bring it"));
    QSignalSpy activated(&pane, &EmptyPane::activated);
    pane.findChild<QPushButton*>()->click();
    EXPECT_EQ(activated.size(), 1);
    EXPECT_EQ(namelessControls(pane), "");
}

TEST(ElidedLabel, GivesWayWithAnEllipsis) {
    ElidedLabel label;
    label.setText(QStringLiteral("8 192 slots · head 18 871 · tail 18 872"));
    label.resize(label.sizeHint());
    EXPECT_EQ(label.shownText(), label.text());
    label.resize(80, label.height());
    EXPECT_TRUE(label.shownText().endsWith(QChar(0x2026))) << label.shownText().toStdString();
    EXPECT_EQ(label.minimumSizeHint().width(), 0);
}

} // namespace
} // namespace ringscope
