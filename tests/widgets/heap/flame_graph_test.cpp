// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/flame_graph.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/heap/heap_trees.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

using testing::callTree;
using testing::nodeNamed;

TEST(FlameBoxes, AreAsWideAsWhatIsAllocatedInThem) {
    const auto tree = callTree();
    const auto boxes = flameBoxes(*tree, HeapMeasure::total, 0, 0);
    ASSERT_EQ(boxes.size(), tree->nodes().size());
    for (const FlameBox& box : boxes) {
        EXPECT_DOUBLE_EQ(box.width,
                         static_cast<double>(tree->nodes()[box.node].total[HeapMeasure::total]) /
                             327);
    }
    EXPECT_EQ(boxes[1].node, nodeNamed(*tree, "main")) << "the largest first";
    EXPECT_DOUBLE_EQ(boxes[2].left, boxes[1].width);
    // No temporary block is in main.
    EXPECT_EQ(flameBoxes(*tree, HeapMeasure::temporary, 0, 0).size(), 3U);
}

class FlameGraphTest : public ::testing::Test {
protected:
    FlameGraphTest() {
        graph.resize(800, 300);
        graph.setMeasure(HeapMeasure::total);
        graph.setTree(tree);
        graph.show();
    }
    std::optional<FlameBox> boxOf(const std::string& name) const {
        const std::uint32_t node = nodeNamed(*tree, name);
        for (const FlameBox& box : graph.boxes()) {
            if (box.node == node) {
                return box;
            }
        }
        return std::nullopt;
    }
    QPoint centreOf(const std::string& name) const {
        const auto box = boxOf(name);
        EXPECT_TRUE(box) << name;
        return box ? graph.rectOf(*box).center().toPoint() : QPoint();
    }

    Theme theme{lightTokens()};
    std::shared_ptr<const CallTree> tree = callTree();
    FlameGraph graph{theme};
    QSignalSpy selected{&graph, &FlameGraph::nodeSelected};
};

TEST_F(FlameGraphTest, AClickSelectsACall) {
    QTest::mouseClick(graph.viewport(), Qt::LeftButton, {}, centreOf("f(int)"));
    ASSERT_EQ(selected.count(), 1);
    EXPECT_EQ(selected.front().front().toUInt(), nodeNamed(*tree, "f(int)"));
    EXPECT_EQ(graph.selected(), nodeNamed(*tree, "f(int)"));
}

TEST_F(FlameGraphTest, ADoubleClickShowsACallOverTheWholeWidth) {
    QTest::mouseDClick(graph.viewport(), Qt::LeftButton, {}, centreOf("f(int)"));
    EXPECT_EQ(boxOf("f(int)")->width, 1);
    EXPECT_EQ(boxOf("main")->width, 1);
    EXPECT_EQ(boxOf("g<a; b>()")->width, 1);
    EXPECT_FALSE(boxOf("[code made at run time] 0xff00"));
    QTest::keyClick(&graph, Qt::Key_Escape);
    EXPECT_LT(boxOf("f(int)")->width, 1);
    EXPECT_EQ(graph.focus(), 0U);
}

TEST_F(FlameGraphTest, KeysGoFromCallToCall) {
    graph.select(nodeNamed(*tree, "main"));
    QTest::keyClick(&graph, Qt::Key_Down);
    EXPECT_EQ(graph.selected(), nodeNamed(*tree, "f(int)")) << "the widest";
    QTest::keyClick(&graph, Qt::Key_Right);
    EXPECT_EQ(graph.selected(), nodeNamed(*tree, "[code made at run time] 0xff00"));
    QTest::keyClick(&graph, Qt::Key_Left);
    QTest::keyClick(&graph, Qt::Key_Up);
    EXPECT_EQ(graph.selected(), nodeNamed(*tree, "main"));
    QTest::keyClick(&graph, Qt::Key_Return);
    EXPECT_EQ(graph.focus(), nodeNamed(*tree, "main"));
}

TEST_F(FlameGraphTest, WhatWasFoundIsMarkedAndSummedOnce) {
    const QImage before = graph.viewport()->grab().toImage();
    graph.setFindText(QStringLiteral("MAIN"));
    EXPECT_EQ(graph.foundValue(), 307U) << "main.cpp is f's file too, and f is in main";
    EXPECT_NE(graph.viewport()->grab().toImage(), before);
    const QPoint left = graph.rectOf(*boxOf("main")).topLeft().toPoint() + QPoint(1, 1);
    EXPECT_EQ(graph.viewport()->grab().toImage().pixelColor(left), lightTokens().accent);
    graph.setFindText(QStringLiteral("nothing of the kind"));
    EXPECT_EQ(graph.foundValue(), 0U);
}

TEST_F(FlameGraphTest, SaysWhatABoxIs) {
    const QString tip = graph.toolTipOf(nodeNamed(*tree, "f(int)"));
    EXPECT_TRUE(tip.contains(QStringLiteral("main.cpp:20"))) << tip.toStdString();
    EXPECT_TRUE(tip.contains(QStringLiteral("300 B"))) << tip.toStdString();
    EXPECT_TRUE(graph.toolTipOf(nodeNamed(*tree, "g<a; b>()")).contains(QStringLiteral("&lt;a")));
}

TEST_F(FlameGraphTest, OfNothingThereIsASentence) {
    graph.setTree(std::make_shared<const CallTree>());
    EXPECT_TRUE(graph.boxes().empty());
    (void)graph.grab();
    QTest::keyClick(&graph, Qt::Key_Down);
    QTest::mouseClick(graph.viewport(), Qt::LeftButton, {}, QPoint(5, 5));
    graph.setTree(nullptr);
    (void)graph.grab();
}

TEST_F(FlameGraphTest, ANarrowBoxIsLeftOut) {
    const auto boxes = flameBoxes(*tree, HeapMeasure::total, 0, 0.05);
    for (const FlameBox& box : boxes) {
        EXPECT_GE(box.width, 0.05);
        EXPECT_LE(box.left + box.width, 1.0001);
    }
    EXPECT_LT(boxes.size(), flameBoxes(*tree, HeapMeasure::total, 0, 0).size());
}

} // namespace
} // namespace ringscope
