// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/quantity_edit.h"

#include <gtest/gtest.h>

#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>

#include <limits>
#include <random>

namespace ringscope {
namespace {

void type(QuantityEdit& edit, const char* text) {
    auto* line = edit.findChild<QLineEdit*>();
    line->selectAll();
    QTest::keyClicks(line, QString::fromUtf8(text));
}

TEST(QuantityEdit, TextOfAnAmountReadsAsTheAmount) {
    const std::uint32_t seed = 9;
    std::mt19937_64 random(seed);
    for (const Quantity quantity :
         {Quantity::count, Quantity::powerOfTwo, Quantity::bytes, Quantity::duration}) {
        for (int round = 0; round < 200; ++round) {
            // All magnitudes up to 2^52; larger sizes and times have no exact text in parseBytes().
            const std::uint64_t number = random() >> (12U + random() % 50);
            const QString text = quantityText(quantity, number);
            SCOPED_TRACE("seed " + std::to_string(seed) + " text " + text.toStdString());
            QuantityEdit edit(quantity);
            auto* line = edit.findChild<QLineEdit*>();
            line->setText(text);
            Q_EMIT line->textEdited(text);
            ASSERT_EQ(edit.problem(), QString());
            ASSERT_EQ(edit.number(), number);
        }
    }
}

TEST(QuantityEdit, AmountsAreWrittenInTheirUsualUnit) {
    EXPECT_EQ(quantityText(Quantity::duration, 500'000'000), QStringLiteral("500 ms"));
    EXPECT_EQ(quantityText(Quantity::duration, 1'500'000'000), QStringLiteral("1.5 s"));
    EXPECT_EQ(quantityText(Quantity::duration, 250'000), QStringLiteral("250 µs"));
    EXPECT_EQ(quantityText(Quantity::duration, 1'234'567), QStringLiteral("1234.567 µs"));
    EXPECT_EQ(quantityText(Quantity::bytes, 65'536), QStringLiteral("64 KiB"));
    EXPECT_EQ(quantityText(Quantity::bytes, 200), QStringLiteral("200 B"));
}

TEST(QuantityEdit, StepsAreOfTheSizeOfTheAmount) {
    EXPECT_EQ(quantityStepped(Quantity::powerOfTwo, 1024, 1), 2048U);
    EXPECT_EQ(quantityStepped(Quantity::powerOfTwo, 1024, -1), 512U);
    EXPECT_EQ(quantityStepped(Quantity::powerOfTwo, 1000, 1), 1024U);
    EXPECT_EQ(quantityStepped(Quantity::count, 4, 1), 5U);
    EXPECT_EQ(quantityStepped(Quantity::count, 1'000'000, 1), 1'100'000U);
    EXPECT_EQ(quantityStepped(Quantity::duration, 500'000'000, 1), 600'000'000U);
    EXPECT_EQ(quantityStepped(Quantity::duration, 1'000'000'000, -1), 900'000'000U);
    EXPECT_EQ(quantityStepped(Quantity::count, 2, -5), 0U);
    EXPECT_EQ(quantityStepped(Quantity::duration, 0, 1), 1'000'000U);
}

TEST(QuantityEdit, WhatCannotBeReadIsSaidAndTheLastAmountKept) {
    QuantityEdit edit(Quantity::bytes);
    edit.setNumber(4096);
    type(edit, "apples");
    EXPECT_TRUE(edit.problem().contains(QStringLiteral("apples")));
    EXPECT_EQ(edit.number(), 4096U);
    type(edit, "2 KiB");
    EXPECT_EQ(edit.problem(), QString());
    EXPECT_EQ(edit.number(), 2048U);
}

TEST(QuantityEdit, ANegativeNumberIsToldAsSuch) {
    QuantityEdit edit(Quantity::count);
    type(edit, "-3");
    EXPECT_TRUE(edit.problem().contains(QStringLiteral("'-3' is below 0")));
}

TEST(QuantityEdit, ZeroHasItsWord) {
    QuantityEdit edit(Quantity::duration);
    edit.setZeroText(QStringLiteral("never"));
    edit.setNumber(0);
    EXPECT_EQ(edit.findChild<QLineEdit*>()->text(), QStringLiteral("never"));
    edit.setNumber(7);
    type(edit, "never");
    EXPECT_EQ(edit.number(), 0U);
}

TEST(QuantityEdit, ArrowKeysStepAndTell) {
    QuantityEdit edit(Quantity::count);
    edit.setNumber(4);
    QSignalSpy edited(&edit, &QuantityEdit::edited);
    QTest::keyClick(&edit, Qt::Key_Up);
    EXPECT_EQ(edit.number(), 5U);
    EXPECT_EQ(edited.size(), 1);
}

TEST(QuantityEdit, LargeCountsKeepEveryDigit) {
    QuantityEdit edit(Quantity::count);
    type(edit, "9007199254740993"); // 2^53 + 1 is no double
    EXPECT_EQ(edit.number(), 9007199254740993ULL);
}

} // namespace
} // namespace ringscope
