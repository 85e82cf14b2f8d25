// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/legend_row.h"

#include <gtest/gtest.h>

#include <QFontMetrics>

namespace ringscope {

namespace {

int textWidth(const LegendItem& item) {
    const QFontMetrics metrics(item.font());
    return metrics.horizontalAdvance(item.label()) + metrics.horizontalAdvance(item.value());
}

} // namespace

TEST(LegendRow, NoValueIsCutOrCoversItsNeighbour) {
    LegendRow row(QStringLiteral("Occupancy"));
    row.resize(900, row.height());
    row.setEntries({{QStringLiteral("ch0"), {}, Qt::blue, Unit::percent},
                    {QStringLiteral("ch1"), {}, Qt::red, Unit::percent}},
                   lightTokens());
    for (const char* value : {"0.098 %", "88.8 %", "–", "15 902 720 B/s"}) {
        row.setValue(0, QString::fromUtf8(value));
        const LegendItem& item = *row.item(0);
        EXPECT_GE(item.width(), textWidth(item) + 16) << value << ": the swatch and its distance";
        EXPECT_GT(row.item(1)->x(), item.geometry().right()) << value;
    }
}

TEST(LegendRow, SeriesThatFitNeedNoMenu) {
    LegendRow row(QStringLiteral("Messages"));
    row.resize(900, row.height());
    row.setEntries({{QStringLiteral("sent"), {}, Qt::blue, Unit::countPerSec},
                    {QStringLiteral("received"), {}, Qt::red, Unit::countPerSec}},
                   lightTokens());
    row.show(); // else it is not told of its new sizes
    const QFontMetrics metrics(row.item(0)->font());
    const int context = metrics.horizontalAdvance(QStringLiteral("mean of 88.88 ms"));
    const int needed = row.item(1)->geometry().right() + 1 + context + kSpaceRelated;
    row.resize(needed, row.height());
    EXPECT_TRUE(row.item(1)->isVisibleTo(&row));
    row.resize(needed - 1, row.height());
    EXPECT_FALSE(row.item(1)->isVisibleTo(&row));
    EXPECT_TRUE(row.item(0)->isVisibleTo(&row));
}

TEST(LegendRow, WhatWasAlwaysZeroTakesNoRoom) {
    LegendRow row(QStringLiteral("Physical memory"));
    row.resize(900, row.height());
    row.setEntries({{QStringLiteral("Image"), {}, Qt::blue, Unit::bytes},
                    {QStringLiteral("Kernel"), {}, Qt::gray, Unit::bytes},
                    {QStringLiteral("Heap"), {}, Qt::red, Unit::bytes}},
                   lightTokens());
    const QRect second = row.item(1)->geometry();
    row.setEmpty(1, true);
    EXPECT_FALSE(row.item(1)->isVisibleTo(&row));
    EXPECT_TRUE(row.isVisible(1)) << "it is drawn as soon as there is some";
    EXPECT_EQ(row.item(2)->x(), second.x());
    row.setEmpty(1, false);
    EXPECT_EQ(row.item(1)->geometry(), second);
}

TEST(LegendRow, UsualValuesMoveNothing) {
    LegendRow row(QStringLiteral("Physical memory"));
    row.resize(900, row.height());
    row.setEntries({{QStringLiteral("Heap"), {}, Qt::blue, Unit::bytes}}, lightTokens());
    const QRect before = row.item(0)->geometry();
    for (const double bytes : {0.0, 17.0, 1000.0, 88.8 * 1024, 999.0 * 1048576, 8.88e12}) {
        row.setValue(0, QString::fromStdString(formatValue(bytes, Unit::bytes)));
        EXPECT_EQ(row.item(0)->geometry(), before) << bytes;
    }
}

} // namespace ringscope
