// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/status/steady_frame.h"

#include <gtest/gtest.h>

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QTest>

namespace ringscope {
namespace {

// Counts how often a widget is asked to lay itself out.
class LayoutRequests : public QObject {
public:
    explicit LayoutRequests(QWidget& watched) { watched.installEventFilter(this); }
    int count = 0;

protected:
    bool eventFilter(QObject*, QEvent* event) override {
        count += event->type() == QEvent::LayoutRequest ? 1 : 0;
        return false;
    }
};

class SteadyFrameShown : public testing::Test {
protected:
    SteadyFrameShown() {
        auto* row = new QHBoxLayout(&window);
        row->addWidget(new SteadyFrame(label));
        row->addStretch();
        window.resize(400, 40);
        window.show();
        EXPECT_TRUE(QTest::qWaitForWindowExposed(&window));
        settle();
    }
    static void settle() {
        QCoreApplication::sendPostedEvents();
        QCoreApplication::processEvents();
    }

    QWidget window;
    QLabel* label = new QLabel(QStringLiteral("1 234"));
};

TEST_F(SteadyFrameShown, TextThatFitsLaysNothingOut) {
    LayoutRequests requests(window);
    for (const char* text : {"1 235", "7", "1 236"}) {
        label->setText(QString::fromLatin1(text));
        settle();
    }
    EXPECT_EQ(requests.count, 0);
}

TEST_F(SteadyFrameShown, LongerTextGetsItsRoom) {
    label->setText(QStringLiteral("1 234 567 of 8 901 234"));
    settle();
    EXPECT_GE(label->width(), label->sizeHint().width());
}

TEST_F(SteadyFrameShown, TextSetWhileHiddenHasItsRoomWhenShown) {
    window.hide();
    label->setText(QStringLiteral("1 234 567 of 8 901 234"));
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
    settle();
    EXPECT_GE(label->width(), label->sizeHint().width());
}

} // namespace
} // namespace ringscope
