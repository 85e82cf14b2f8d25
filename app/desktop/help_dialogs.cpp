// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/help_dialogs.h"

#include <QClipboard>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QLabel>
#include <QLibraryInfo>
#include <QPushButton>
#include <QScreen>
#include <QSysInfo>
#include <QTextBrowser>
#include <QThread>
#include <QVBoxLayout>

#include "app/desktop/program_icon.h"
#include "app/desktop/window_actions.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

struct Gesture {
    const char* what;
    const char* keys;
};

// What the charts and the slot map understand; tests/app/desktop walks the same ones.
constexpr Gesture kGestures[] = {
    {QT_TRANSLATE_NOOP("ringscope", "Zoom at the pointer"),
     QT_TRANSLATE_NOOP("ringscope", "Wheel")},
    {QT_TRANSLATE_NOOP("ringscope", "Move through time"),
     QT_TRANSLATE_NOOP("ringscope", "Shift + wheel, or drag with the middle button")},
    {QT_TRANSLATE_NOOP("ringscope", "Select a range in every pane"),
     QT_TRANSLATE_NOOP("ringscope", "Drag")},
    {QT_TRANSLATE_NOOP("ringscope", "Hide a series"),
     QT_TRANSLATE_NOOP("ringscope", "Click its name")},
    {QT_TRANSLATE_NOOP("ringscope", "Show a series alone"),
     QT_TRANSLATE_NOOP("ringscope", "Double click its name")},
};

QDialog* makeDialog(QWidget& parent, const QString& title, QSize size) {
    auto* const dialog = new QDialog(&parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->resize(size);
    auto* const layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(kSpaceGroups, kSpaceGroups, kSpaceGroups, kSpaceGroups);
    layout->setSpacing(kSpaceRelated);
    return dialog;
}

QString shortcutRow(const QString& what, const QString& keys) {
    return QStringLiteral("<tr><td style=\"padding:3px 24px 3px 0\">%1</td>"
                          "<td style=\"padding:3px 0\"><b>%2</b></td></tr>")
        .arg(what.toHtmlEscaped(), keys.toHtmlEscaped());
}

QString shortcutHead(const QString& title) {
    return QStringLiteral(
               "<tr><td colspan=\"2\" style=\"padding:12px 0 3px 0\"><b>%1</b></td></tr>")
        .arg(title.toHtmlEscaped());
}

} // namespace

void showShortcuts(QWidget& parent, const WindowActions& actions) {
    QDialog* const dialog = makeDialog(parent, QObject::tr("Keyboard and mouse"), QSize(560, 640));
    QString html = QStringLiteral("<table cellspacing=\"0\">");
    html += shortcutHead(QObject::tr("Charts"));
    for (const Gesture& gesture : kGestures) {
        html += shortcutRow(QCoreApplication::translate("ringscope", gesture.what),
                            QCoreApplication::translate("ringscope", gesture.keys));
    }
    QString menu;
    for (const WindowActions::Shortcut& shortcut : actions.shortcutList()) {
        if (shortcut.menu != menu) {
            menu = shortcut.menu;
            html += shortcutHead(menu);
        }
        html += shortcutRow(shortcut.text, shortcut.keys);
    }
    html += QStringLiteral("</table>");
    auto* const text = new QTextBrowser;
    text->setFrameShape(QFrame::NoFrame);
    text->setHtml(html);
    text->setAccessibleName(dialog->windowTitle());
    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    dialog->layout()->addWidget(text);
    dialog->layout()->addWidget(buttons);
    dialog->open();
}

QString systemInfo() {
    QStringList lines;
    lines << QStringLiteral("Ringscope " RINGSCOPE_VERSION)
          << QStringLiteral("Qt %1 (built with %2), platform %3")
                 .arg(QString::fromLatin1(qVersion()), QStringLiteral(QT_VERSION_STR),
                      QGuiApplication::platformName())
          << QStringLiteral("%1, kernel %2, %3")
                 .arg(QSysInfo::prettyProductName(), QSysInfo::kernelVersion(),
                      QSysInfo::currentCpuArchitecture())
          << QStringLiteral("%1 CPUs").arg(QThread::idealThreadCount());
    for (const QScreen* const screen : QGuiApplication::screens()) {
        lines << QStringLiteral("Screen %1x%2 at scale %3")
                     .arg(screen->size().width())
                     .arg(screen->size().height())
                     .arg(screen->devicePixelRatio());
    }
    return lines.join(QLatin1Char('\n'));
}

void showAbout(QWidget& parent) {
    QDialog* const dialog = makeDialog(parent, QObject::tr("About Ringscope"), QSize(520, 360));
    auto* const head = new QHBoxLayout;
    auto* const icon = new QLabel;
    icon->setPixmap(programIcon().pixmap(QSize(64, 64), dialog->devicePixelRatioF()));
    auto* const title =
        new QLabel(QStringLiteral("<h2>Ringscope</h2><p>%1</p>")
                       .arg(QObject::tr(
                           "Ring slots, heap allocations and physical memory on one time axis.")));
    title->setWordWrap(true);
    head->addWidget(icon, 0, Qt::AlignTop);
    head->addSpacing(kSpaceGroups);
    head->addWidget(title, 1);
    auto* const info = new QLabel(systemInfo());
    info->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* const licence = new QLabel(QObject::tr(
        "The desktop program is free software under the GNU General Public License, version 3 or "
        "later; its engine is under the MIT licence. It uses Qt and QCustomPlot."));
    licence->setWordWrap(true);
    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QPushButton* const copy =
        buttons->addButton(QObject::tr("Copy system info"), QDialogButtonBox::ActionRole);
    QObject::connect(copy, &QPushButton::clicked, dialog,
                     [] { QGuiApplication::clipboard()->setText(systemInfo()); });
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    auto* const layout = static_cast<QVBoxLayout*>(dialog->layout());
    layout->addLayout(head);
    layout->addSpacing(kSpaceRelated);
    layout->addWidget(info);
    layout->addSpacing(kSpaceRelated);
    layout->addWidget(licence);
    layout->addStretch();
    layout->addWidget(buttons);
    dialog->open();
}

} // namespace ringscope
