// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_map.h"

#include <gtest/gtest.h>

#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "tests/widgets/accessible_names.h"
#include "tests/widgets/slots/slot_snapshot_builder.h"
#include "widgets/slots/slot_details.h"
#include "widgets/slots/slots_pane.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr std::int64_t kNow = 5'012'000'000;

class SlotMapTest : public testing::Test {
protected:
    SlotMapTest() {
        map.resize(420, 260);
        map.show();
    }
    void give(const SlotSnapshotBuilder& builder) {
        map.setSnapshot(builder.build(), nullptr, kNow);
    }
    QPoint centreOf(std::uint64_t slot) const {
        const PixelRect rect =
            map.layoutOfSlots().rectOfCell(*map.layoutOfSlots().cellOfSlot(slot));
        return {rect.x + rect.width / 2, rect.y + rect.height / 2};
    }
    void wheel(QPoint at, int steps) {
        QWheelEvent event(at, map.mapToGlobal(QPointF(at)), {}, {0, 120 * steps}, Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&map, &event);
    }

    Theme theme{lightTokens()};
    SlotMap map{theme};
};

TEST_F(SlotMapTest, ClickSelectsTheSlotAndAsksForItsDetail) {
    give(SlotSnapshotBuilder(4096, 0, 1000));
    QSignalSpy asked(&map, &SlotMap::slotDetailRequested);
    QTest::mouseClick(&map, Qt::LeftButton, {}, centreOf(1723));
    EXPECT_EQ(map.selectedSlot(), 1723U);
    ASSERT_EQ(asked.size(), 1);
    EXPECT_EQ(asked[0][1].toULongLong(), 1723U);
}

TEST_F(SlotMapTest, ItsKeysComeBeforeTheWindows) {
    give(SlotSnapshotBuilder(4096, 0, 1000));
    const auto isTaken = [this](Qt::Key key, Qt::KeyboardModifiers modifiers) {
        QKeyEvent event(QEvent::ShortcutOverride, key, modifiers);
        event.ignore();
        QCoreApplication::sendEvent(&map, &event);
        return event.isAccepted();
    };
    EXPECT_TRUE(isTaken(Qt::Key_Home, Qt::NoModifier));
    EXPECT_TRUE(isTaken(Qt::Key_Plus, Qt::ShiftModifier)) << "as most keyboards have it";
    EXPECT_TRUE(isTaken(Qt::Key_Minus, Qt::KeypadModifier));
    EXPECT_FALSE(isTaken(Qt::Key_Plus, Qt::ControlModifier));
    EXPECT_FALSE(isTaken(Qt::Key_Space, Qt::NoModifier)) << "pauses";
    EXPECT_FALSE(isTaken(Qt::Key_Escape, Qt::NoModifier)) << "nothing to forget here";
    map.selectSlot(5);
    EXPECT_TRUE(isTaken(Qt::Key_Escape, Qt::NoModifier));
}

TEST_F(SlotMapTest, ClickOnAPixelOfManySlotsSelectsTheMostSevere) {
    give(SlotSnapshotBuilder(1 << 20, 0, 1000).set(700'005, SlotState::stuck));
    ASSERT_GT(map.layoutOfSlots().scale().slotsPerCell, 1U);
    QTest::mouseClick(&map, Qt::LeftButton, {}, centreOf(700'005));
    EXPECT_EQ(map.selectedSlot(), 700'005U);
}

TEST_F(SlotMapTest, ArrowsMoveTheSelectionBySlotAndRow) {
    give(SlotSnapshotBuilder(4096, 0, 1000));
    map.selectSlot(500);
    QTest::keyClick(&map, Qt::Key_Right);
    EXPECT_EQ(map.selectedSlot(), 501U);
    QTest::keyClick(&map, Qt::Key_Down);
    EXPECT_EQ(map.selectedSlot(), 501U + static_cast<unsigned>(map.layoutOfSlots().columns()));
    QTest::keyClick(&map, Qt::Key_Escape);
    EXPECT_FALSE(map.selectedSlot().has_value());
}

TEST_F(SlotMapTest, ArrowsStopAtTheEndsOfTheRing) {
    give(SlotSnapshotBuilder(4096, 0, 1000));
    map.selectSlot(0);
    QTest::keyClick(&map, Qt::Key_Left);
    EXPECT_EQ(map.selectedSlot(), 0U);
    map.selectSlot(4095);
    QTest::keyClick(&map, Qt::Key_Down);
    EXPECT_EQ(map.selectedSlot(), 4095U);
}

TEST_F(SlotMapTest, HeadAndTailAreAKeyAway) {
    give(SlotSnapshotBuilder(4096, 5000, 6000));
    QTest::keyClick(&map, Qt::Key_H);
    EXPECT_EQ(map.selectedSlot(), 5000U % 4096U);
    QTest::keyClick(&map, Qt::Key_T);
    EXPECT_EQ(map.selectedSlot(), 6000U % 4096U);
}

TEST_F(SlotMapTest, WheelZoomsAtTheMouseAndHomeShowsEverything) {
    give(SlotSnapshotBuilder(1 << 20, 0, 1000));
    const auto fitted = map.layoutOfSlots();
    wheel({200, 130}, 1);
    EXPECT_LT(map.layoutOfSlots().scale().slotsPerCell, fitted.scale().slotsPerCell);
    for (int i = 0; i < 25; ++i) {
        wheel({200, 130}, 1);
    }
    EXPECT_EQ(map.layoutOfSlots().scale().slotsPerCell, 1U);
    QTest::keyClick(&map, Qt::Key_Home);
    EXPECT_EQ(map.layoutOfSlots(), fitted);
}

TEST_F(SlotMapTest, DragMovesTheViewAndSelectsNothing) {
    give(SlotSnapshotBuilder(1 << 20, 0, 1000));
    while (map.layoutOfSlots().scale().cellPx < 10) {
        wheel({200, 130}, 1);
    }
    const std::uint64_t before = map.layoutOfSlots().visibleSlots().first;
    QTest::mousePress(&map, Qt::LeftButton, {}, {200, 130});
    // QTest::mouseMove() tells of no pressed button.
    QMouseEvent move(QEvent::MouseMove, QPointF(200, 60), map.mapToGlobal(QPointF(200, 60)),
                     Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&map, &move);
    QTest::mouseRelease(&map, Qt::LeftButton, {}, {200, 60});
    EXPECT_GT(map.layoutOfSlots().visibleSlots().first, before);
    EXPECT_FALSE(map.selectedSlot().has_value());
}

TEST_F(SlotMapTest, PaintedPictureIsTheSameWhetherUpdatedOrDrawnAnew) {
    SlotSnapshotBuilder builder(4096, 0, 1000);
    give(builder);
    map.selectSlot(77);
    (void)map.grab();
    for (int round = 0; round < 20; ++round) {
        builder.set(static_cast<std::uint64_t>(round * 191), SlotState::stuck)
            .cursors(static_cast<std::uint64_t>(round * 10), 1000U + static_cast<unsigned>(round));
        give(builder);
    }
    SlotMap fresh(theme);
    fresh.resize(map.size());
    fresh.show();
    fresh.setSnapshot(builder.build(), nullptr, kNow);
    fresh.selectSlot(77);
    EXPECT_EQ(map.grab().toImage(), fresh.grab().toImage());
}

TEST_F(SlotMapTest, ToolTipTellsAboutTheSlotUnderTheMouse) {
    give(SlotSnapshotBuilder(4096, 0, 2000));
    const QString text = map.toolTipAt(centreOf(1723));
    EXPECT_TRUE(text.contains(QStringLiteral("Slot 1\u202F723 · lap 0 · sequence 1\u202F724")))
        << text.toStdString();
    EXPECT_TRUE(text.contains(QStringLiteral("ready for 1 s"))) << text.toStdString();
    EXPECT_TRUE(text.contains(QStringLiteral("read 12 ms ago"))) << text.toStdString();
    EXPECT_TRUE(map.toolTipAt({-5, 3}).isEmpty());
}

TEST_F(SlotMapTest, ToolTipOfAPixelOfManySlotsSaysSo) {
    give(SlotSnapshotBuilder(1 << 20, 0, 1000));
    EXPECT_TRUE(map.toolTipAt({200, 130}).contains(QStringLiteral("This pixel shows slots")));
}

TEST_F(SlotMapTest, AnotherRingBeginsFittedWithoutSelection) {
    give(SlotSnapshotBuilder(4096, 0, 1000));
    map.selectSlot(9);
    map.zoom(8);
    give(SlotSnapshotBuilder(64, 0, 10));
    EXPECT_FALSE(map.selectedSlot().has_value());
    EXPECT_EQ(map.layoutOfSlots(), SlotMapLayout::fitted(64, 420, 260));
}

TEST_F(SlotMapTest, ThemeChangeRepaintsInItsColours) {
    give(SlotSnapshotBuilder(4096, 0, 4096));
    const QPoint at = centreOf(2000);
    EXPECT_EQ(map.grab().toImage().pixelColor(at), lightTokens().slotColor(SlotState::ready));
    theme.setTokens(darkTokens());
    EXPECT_EQ(map.grab().toImage().pixelColor(at), darkTokens().slotColor(SlotState::ready));
}

TEST_F(SlotMapTest, DescriptionFollowsTheSelection) {
    give(SlotSnapshotBuilder(4096, 0, 2000));
    map.selectSlot(1723);
    EXPECT_EQ(map.accessibleName(), QStringLiteral("Slot map"));
    EXPECT_TRUE(map.accessibleDescription().contains(QStringLiteral("ready for 1 s")))
        << map.accessibleDescription().toStdString();
}

class SlotsPaneTest : public testing::Test {
protected:
    SlotsPaneTest() {
        view.endNs = kNow;
        auto ring = std::make_shared<RingTarget>();
        ring->channels = {{0, 4096, 0, 1000}, {1, 4096, 5, 6}};
        view.ring = ring;
    }
    Theme theme{lightTokens()};
    SlotsPane pane{theme};
    SessionView view;
};

TEST_F(SlotsPaneTest, WithoutARingItOffersToRunOne) {
    pane.setView(view);
    QSignalSpy asked(&pane, &SlotsPane::runRequested);
    for (auto* button : pane.findChildren<QAbstractButton*>()) {
        if (button->text() == QStringLiteral("Run workload")) {
            button->click();
        }
    }
    EXPECT_EQ(asked.size(), 1);
}

TEST_F(SlotsPaneTest, ChannelsCanBeChosen) {
    view.slotSnapshot = SlotSnapshotBuilder(4096, 0, 1000).build();
    pane.setView(view);
    auto* channels = pane.findChild<QComboBox*>();
    ASSERT_EQ(channels->count(), 2);
    QSignalSpy chosen(&pane, &SlotsPane::channelSelected);
    channels->setFocus();
    QTest::keyClick(channels, Qt::Key_Down);
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen[0][0].toUInt(), 1U);
}

TEST_F(SlotsPaneTest, DetailsFollowSelectionAndSnapshot) {
    SlotSnapshotBuilder builder(4096, 0, 1000);
    view.slotSnapshot = builder.build();
    pane.setView(view);
    EXPECT_TRUE(pane.details().plainText().contains(QStringLiteral("Click a slot")));
    pane.map().selectSlot(10);
    EXPECT_TRUE(pane.details().plainText().contains(QStringLiteral("ready for 1 s")));
    view.slotSnapshot = builder.set(10, SlotState::reading).build();
    pane.setView(view);
    EXPECT_TRUE(pane.details().plainText().contains(QStringLiteral("holder not registered")))
        << pane.details().plainText().toStdString();
}

TEST_F(SlotsPaneTest, EveryControlHasAName) {
    EXPECT_EQ(namelessControls(pane), "");
}

} // namespace
} // namespace ringscope
