// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_cell_delegate.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QFontMetrics>

namespace ringscope {
namespace {

const QString kPath =
    QStringLiteral("/usr/lib/python3/dist-packages/_module.cpython-311-x86_64.so");

TEST(ElidedPath, KeepsTheNameOfTheFileAsLongAsItCan) {
    const QFontMetrics metrics{QApplication::font()};
    const auto widthOf = [&](const QString& text) { return metrics.horizontalAdvance(text); };
    EXPECT_EQ(elidedPath(kPath, metrics, widthOf(kPath)), kPath);

    const QString name = QStringLiteral("/_module.cpython-311-x86_64.so");
    const QString middling = elidedPath(kPath, metrics, widthOf(kPath) * 3 / 4);
    EXPECT_TRUE(middling.startsWith(u'…') && middling.endsWith(name)) << middling.toStdString();

    const QString narrow = elidedPath(kPath, metrics, widthOf(name) * 2 / 3);
    EXPECT_TRUE(narrow.startsWith(u"…/_mod") && narrow.endsWith(u".so")) << narrow.toStdString();
    EXPECT_LE(widthOf(narrow), widthOf(name) * 2 / 3);
}

TEST(ElidedPath, KeepsBothEndsOfOtherTexts) {
    const QFontMetrics metrics{QApplication::font()};
    const QString text = QStringLiteral("thread 4711 \"a name of fifteen\"");
    const QString elided = elidedPath(text, metrics, metrics.horizontalAdvance(text) / 2);
    EXPECT_TRUE(elided.startsWith(u"thread")) << elided.toStdString();
    EXPECT_TRUE(elided.endsWith(u'"')) << elided.toStdString();
}

} // namespace
} // namespace ringscope
