// SPDX-License-Identifier: MIT
// main() of the tests that show widgets: offscreen, Fusion, one font, and any warning of Qt fails
// the test it came up in.
#include <gtest/gtest.h>

#include <QApplication>
#include <QTemporaryDir>

#include <cstring>
#include <string>

#include "widgets/theme/theme_tokens.h"

namespace {

void failOnWarning(QtMsgType type, const QMessageLogContext&, const QString& text) {
    // The offscreen platform has no window manager to hand size hints to, and says so.
    if (text.contains(QLatin1String("propagateSizeHints"))) {
        return;
    }
    if (type == QtDebugMsg || type == QtInfoMsg) {
        std::fprintf(stderr, "%s\n", qPrintable(text));
        return;
    }
    ADD_FAILURE() << "Qt warns: " << text.toStdString();
}

} // namespace

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    testing::InitGoogleTest(&argc, argv);
    if (testing::GTEST_FLAG(list_tests)) {
        return RUN_ALL_TESTS();
    }
    QTemporaryDir runtime; // or Qt warns that there is none
    if (qEnvironmentVariableIsEmpty("XDG_RUNTIME_DIR")) {
        qputenv("XDG_RUNTIME_DIR", runtime.path().toUtf8());
    }
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication app(argc, argv);
    QApplication::setFont(ringscope::bodyFont());
    QApplication::setPalette(ringscope::themePalette(ringscope::lightTokens()));
    qInstallMessageHandler(failOnWarning);
    return RUN_ALL_TESTS();
}
