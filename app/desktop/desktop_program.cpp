// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/desktop_program.h"

#include <QApplication>
#include <QPainter>
#include <QProxyStyle>
#include <QSocketNotifier>
#include <QStyleOption>

#include <cstdio>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/desktop/autosave.h"
#include "app/desktop/background_jobs.h"
#include "app/desktop/command_line.h"
#include "app/desktop/display_check.h"
#include "app/desktop/main_window.h"
#include "app/desktop/map_window.h"
#include "app/desktop/program_icon.h"
#include "app/desktop/report_command.h"
#include "app/desktop/screenshot_command.h"
#include "app/desktop/system_theme.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

// Fusion, with tabs narrow enough for the five panes on the right to be read side by side, and
// boxes to check that can be seen on a dark window: Fusion makes their outline darker than the
// window.
class CompactStyle final : public QProxyStyle {
public:
    CompactStyle()
        : QProxyStyle(QStringLiteral("Fusion")) {}

    [[nodiscard]] int pixelMetric(PixelMetric metric, const QStyleOption* option,
                                  const QWidget* widget) const override {
        constexpr int kTabPadding = 12; // left and right of the text together
        return metric == PM_TabBarTabHSpace ? kTabPadding
                                            : QProxyStyle::pixelMetric(metric, option, widget);
    }
    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        const bool isBox =
            element == PE_IndicatorCheckBox || element == PE_IndicatorItemViewItemCheck;
        if ((isBox || element == PE_IndicatorRadioButton) && option != nullptr) {
            const bool isEnabled = (option->state & State_Enabled) != 0;
            const QPalette::ColorGroup group = isEnabled ? QPalette::Active : QPalette::Disabled;
            painter->save();
            painter->setRenderHint(QPainter::Antialiasing);
            painter->setBrush(Qt::NoBrush);
            painter->setPen(option->palette.color(group, QPalette::PlaceholderText));
            const QRectF box = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
            if (isBox) {
                painter->drawRoundedRect(box, 2, 2);
            } else {
                painter->drawEllipse(box);
            }
            painter->restore();
        }
    }
};

int reportError(const Error& error) {
    std::fprintf(stderr, "ringscope: %s\n", error.message.c_str());
    return exitStatusOf(error.kind);
}

// SIGINT and SIGTERM as a descriptor to read, so that the window closes properly. Before any thread
// starts: threads inherit what is blocked.
int interruptDescriptor() {
    sigset_t interrupts;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &interrupts, nullptr);
    return ::signalfd(-1, &interrupts, SFD_CLOEXEC | SFD_NONBLOCK);
}

void prepareApplication() {
    QCoreApplication::setApplicationName(QStringLiteral("ringscope"));
    QCoreApplication::setApplicationVersion(QStringLiteral(RINGSCOPE_VERSION));
    QGuiApplication::setApplicationDisplayName(QString());
    QGuiApplication::setDesktopFileName(QStringLiteral("org.ringscope.Ringscope"));
    QApplication::setStyle(new CompactStyle);
}

void prepareLook() {
    static_cast<void>(isSystemDark());
    QApplication::setFont(bodyFont());
    initIcons();
    QApplication::setWindowIcon(programIcon());
}

// Qt remarks on what is as it should be here: no runtime folder without a login session, and no
// window manager on the offscreen platform. Anything else it warns of is passed on.
void passOnQtWarnings(QtMsgType type, const QMessageLogContext&, const QString& text) {
    const bool isExpected = text.startsWith(QLatin1String("QStandardPaths: XDG_RUNTIME_DIR")) ||
                            text.contains(QLatin1String("propagateSizeHints"));
    if (type != QtDebugMsg && !isExpected) {
        std::fprintf(stderr, "ringscope: %s\n", qPrintable(text));
    }
}

// Nothing but a memory map was asked for.
bool isMapAlone(const OpenCommand& command) {
    return !command.map.empty() && command.scenario.empty() && !command.pid &&
           command.program.empty() && command.ring.empty() && command.layout.empty() &&
           command.files.empty();
}

// The program ends with the last of its map windows, which may have opened others.
void quitWithMaps(const MainWindow& window) {
    const auto maps = window.findChildren<MapWindow*>();
    if (maps.isEmpty()) {
        QCoreApplication::quit();
        return;
    }
    QObject::connect(maps.front(), &QObject::destroyed, &window,
                     [&window] { quitWithMaps(window); });
}

int openWindow(const OpenCommand& command) {
    const int interrupts = interruptDescriptor();
    BackgroundJobs jobs;
    MainWindow window(jobs);
    QSocketNotifier notifier(interrupts, QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, &window, &QWidget::close);
    window.keepUnsavedIn(Autosave::defaultFolder());
    if (isMapAlone(command)) {
        QObject::connect(&notifier, &QSocketNotifier::activated, &QCoreApplication::quit);
        window.begin(command);
        quitWithMaps(window);
    } else {
        window.show();
        window.begin(command);
    }
    const int status = QApplication::exec();
    ::close(interrupts);
    return status;
}

bool needsDisplay(const DesktopCommand& command) {
    return std::holds_alternative<OpenCommand>(command);
}

} // namespace

int runDesktop(int argc, char** argv) {
    const auto command = parseCommandLine(std::vector<std::string>(argv + 1, argv + argc));
    if (!command) {
        return reportError(command.error());
    }
    if (const auto* const print = std::get_if<PrintCommand>(&*command)) {
        std::fputs(print->text.c_str(), stdout);
        return 0;
    }
    if (!needsDisplay(*command)) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    } else if (qEnvironmentVariableIsEmpty("DISPLAY") &&
               qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
               qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
        return reportError(
            makeError(ErrorKind::failed,
                      "There is no display to open a window on; set DISPLAY, or use "
                      "ringscope report, ringscope chart or ringscope-cli, which need none"));
    } else if (qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
               qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
        if (auto why = whyNoDisplay(qgetenv("DISPLAY").toStdString()); !why.empty()) {
            return reportError(makeError(ErrorKind::failed, std::move(why)));
        }
    }
    qInstallMessageHandler(passOnQtWarnings);
    prepareApplication();
    // Qt has options of its own (-platform, -style); ours were read before.
    int ownArgc = 1;
    QApplication application(ownArgc, argv);
    prepareLook();
    Expected<void> done;
    if (const auto* const open = std::get_if<OpenCommand>(&*command)) {
        return openWindow(*open);
    }
    if (const auto* const report = std::get_if<ReportCommand>(&*command)) {
        done = runReport(*report);
    } else if (const auto* const chart = std::get_if<ChartCommand>(&*command)) {
        done = runChart(*chart);
    } else if (const auto* const shot = std::get_if<ScreenshotCommand>(&*command)) {
        done = runScreenshot(*shot);
    }
    return done ? 0 : reportError(done.error());
}

} // namespace ringscope
