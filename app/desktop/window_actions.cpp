// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/window_actions.h"

#include <QAction>
#include <QActionGroup>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>

#include "app/desktop/program_dialog.h"
#include "widgets/theme/themed_icon.h"

namespace ringscope {
namespace {

constexpr ByteScale kScales[] = {ByteScale::automatic, ByteScale::bytes, ByteScale::kib,
                                 ByteScale::mib, ByteScale::pages4k};

QString withoutMnemonic(QString text) {
    return text.remove(QLatin1Char('&'));
}

} // namespace

QString byteScaleName(ByteScale scale) {
    switch (scale) {
    case ByteScale::automatic:
        return QObject::tr("Automatic units");
    case ByteScale::bytes:
        return QObject::tr("Bytes");
    case ByteScale::kib:
        return QObject::tr("KiB");
    case ByteScale::mib:
        return QObject::tr("MiB");
    case ByteScale::pages4k:
        return QObject::tr("4 KiB pages");
    }
    return {};
}

WindowActions::WindowActions(QMainWindow& window)
    : QObject(&window)
    , m_window(window) {
    addFileMenu();
    addSessionMenu();
    addViewMenu();
    addExportMenu();
    addHelpMenu();
}

QMenu* WindowActions::addMenu(const QString& title) {
    QMenu* const menu = m_window.menuBar()->addMenu(title);
    menu->setToolTipsVisible(true);
    m_menus.push_back(menu);
    return menu;
}

QAction* WindowActions::add(QMenu& menu, const QString& text, const QString& icon,
                            const QString& tip, const QList<QKeySequence>& keys) {
    QAction* const action = menu.addAction(text);
    action->setShortcuts(keys);
    const QString shortcut =
        keys.isEmpty()
            ? QString()
            : QStringLiteral(" (%1)").arg(keys.front().toString(QKeySequence::NativeText));
    action->setToolTip(tip + shortcut);
    action->setStatusTip(tip);
    // Also in full screen and with the menu bar hidden.
    m_window.addAction(action);
    m_looks.push_back({action, icon});
    return action;
}

void WindowActions::addFileMenu() {
    QMenu& menu = *addMenu(tr("&File"));
    open = add(menu, tr("&Open session…"), QStringLiteral("open"), tr("Open a recorded session"),
               {QKeySequence(QKeySequence::Open)});
    recentMenu = menu.addMenu(tr("Open &recent"));
    save = add(menu, tr("&Save session as…"), QStringLiteral("save"),
               tr("Save what was recorded so far"), {QKeySequence(QKeySequence::Save)});
    menu.addSeparator();
    runProgram = add(menu, tr("Run &program…"), QStringLiteral("run"),
                     tr("Start a program and watch its memory and its heap"),
                     {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N)});
    attachProcess = add(menu, tr("&Attach to process…"), QStringLiteral("attach"),
                        tr("Watch the memory of a running process"),
                        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A)});
    attachRing =
        add(menu, tr("Open r&ing…"), QStringLiteral("ring"), tr("Watch a ring in shared memory"),
            {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O)});
    memoryMap = add(menu, tr("&Memory map of a process…"), {},
                    tr("What the memory of a process is, by type, object and mapping"),
                    {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)});
    sharedObjects = add(menu, tr("S&hared memory objects…"), {},
                        tr("Who uses what shared memory, and what nobody does"), {});
    menu.addSeparator();
    quit = add(menu, tr("&Quit"), {}, tr("End Ringscope"), {QKeySequence(Qt::CTRL | Qt::Key_Q)});
    quit->setMenuRole(QAction::QuitRole);
}

void WindowActions::addSessionMenu() {
    QMenu& menu = *addMenu(tr("&Session"));
    run = add(menu, tr("&Run"), QStringLiteral("run"), tr("Run the scenario"),
              {QKeySequence(Qt::CTRL | Qt::Key_R)});
    stop = add(menu, tr("S&top"), QStringLiteral("stop"), tr("Stop the workload"),
               {QKeySequence(Qt::CTRL | Qt::Key_Period)});
    pause = add(menu, tr("&Pause"), QStringLiteral("pause"),
                tr("Hold the picture; recording goes on"), {QKeySequence(Qt::Key_Space)});
    pause->setCheckable(true);
    menu.addSeparator();
    marker = add(menu, tr("Add &marker"), QStringLiteral("marker"),
                 tr("Mark this moment on the time axis"), {QKeySequence(Qt::CTRL | Qt::Key_M)});
    snapshot = add(menu, tr("Take memory s&napshot"), QStringLiteral("snapshot"),
                   tr("Keep the memory map of every process of this session"),
                   {QKeySequence(Qt::CTRL | Qt::Key_T)});
    mapPlan = add(menu, tr("Take snapshots &when…"), {},
                  tr("Keep memory maps by time, at markers, or when a value is reached"), {});
    sessionMaps = add(menu, tr("Memory ma&ps…"), {},
                      tr("The memory maps that this session keeps, and what changed"),
                      {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T)});
    menu.addSeparator();
    heapProfile = add(menu, tr("&Heap profile…"), {},
                      tr("Where the processes of this session allocate, by call stack"),
                      {QKeySequence(Qt::CTRL | Qt::Key_H)});
    heapModes = new QActionGroup(this);
    QMenu* const heapMenu = menu.addMenu(tr("Heap re&cording"));
    heapMenu->setToolTipsVisible(true);
    for (const HeapMode mode : kHeapModes) {
        QAction* const action = heapMenu->addAction(heapModeName(mode));
        action->setToolTip(heapModeHelp(mode));
        action->setCheckable(true);
        action->setData(static_cast<int>(mode));
        heapModes->addAction(action);
    }
    checkHeapMode(HeapMode::counts);
}

void WindowActions::addViewMenu() {
    QMenu& menu = *addMenu(tr("&View"));
    goLive = add(menu, tr("Follow &live"), QStringLiteral("live"), tr("Follow the newest data"),
                 {QKeySequence(Qt::Key_End), QKeySequence(Qt::Key_L)});
    fit = add(menu, tr("&Fit range"), QStringLiteral("fit"),
              tr("Show the selected range, or the whole session"), {QKeySequence(Qt::Key_F)});
    showAll = add(menu, tr("Show &all"), QStringLiteral("range"), tr("Show the whole session"),
                  {QKeySequence(Qt::Key_Home)});
    zoomIn = add(menu, tr("Zoom &in"), {}, tr("Show a shorter time"),
                 {QKeySequence(Qt::Key_Plus), QKeySequence(QKeySequence::ZoomIn)});
    zoomOut = add(menu, tr("Zoom &out"), {}, tr("Show a longer time"),
                  {QKeySequence(Qt::Key_Minus), QKeySequence(QKeySequence::ZoomOut)});
    clearRange = add(menu, tr("&Clear range"), QStringLiteral("clear"),
                     tr("Forget the selected range"), {QKeySequence(Qt::Key_Escape)});
    search = add(menu, tr("&Find…"), QStringLiteral("search"), tr("Find a chart, worker or action"),
                 {QKeySequence(QKeySequence::Find)});
    menu.addSeparator();
    panesMenu = menu.addMenu(tr("&Panes"));
    restoreLayout = add(menu, tr("Restore default la&yout"), {},
                        tr("Put every pane back where it was at first"));
    menu.addSeparator();
    themes = new QActionGroup(this);
    QMenu* const themeMenu = menu.addMenu(tr("&Theme"));
    const auto addThemeAction = [&](const QString& text, ThemeChoice choice) {
        QAction* const action = themeMenu->addAction(text);
        action->setCheckable(true);
        action->setData(static_cast<int>(choice));
        themes->addAction(action);
    };
    addThemeAction(tr("&System"), ThemeChoice::system);
    addThemeAction(tr("&Light"), ThemeChoice::light);
    addThemeAction(tr("&Dark"), ThemeChoice::dark);
    units = new QActionGroup(this);
    QMenu* const unitsMenu = menu.addMenu(tr("&Memory sizes in"));
    for (const ByteScale scale : kScales) {
        QAction* const action = unitsMenu->addAction(byteScaleName(scale));
        action->setCheckable(true);
        action->setData(static_cast<int>(scale));
        units->addAction(action);
    }
    menu.addSeparator();
    fullScreen =
        add(menu, tr("F&ull screen"), {}, tr("Fill the screen"), {QKeySequence(Qt::Key_F11)});
    fullScreen->setCheckable(true);
}

void WindowActions::addExportMenu() {
    exportMenu = addMenu(tr("&Export"));
    exportChart =
        add(*exportMenu, tr("&Chart…"), QStringLiteral("chart"),
            tr("Write one chart as PNG, SVG, PDF or CSV"), {QKeySequence(Qt::CTRL | Qt::Key_E)});
    exportAll = add(*exportMenu, tr("&All charts…"), QStringLiteral("export"),
                    tr("Write every chart into a folder"),
                    {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E)});
    copyChart = add(*exportMenu, tr("C&opy chart"), {}, tr("Copy the chart as a picture"),
                    {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)});
    exportMenu->addSeparator();
    exportReport = add(*exportMenu, tr("&Report…"), QStringLiteral("report"),
                       tr("Write one HTML or PDF page with charts and tables"),
                       {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R)});
    exportCsv = add(*exportMenu, tr("&Data as CSV…"), QStringLiteral("chart"),
                    tr("Write every sample as a table"));
}

void WindowActions::addHelpMenu() {
    QMenu& menu = *addMenu(tr("&Help"));
    shortcuts = add(menu, tr("&Keyboard and mouse"), {}, tr("Every key and gesture"),
                    {QKeySequence(Qt::Key_F1)});
    messages = add(menu, tr("&Messages"), QStringLiteral("info"),
                   tr("Everything that was reported so far"));
    menu.addSeparator();
    about = add(menu, tr("&About Ringscope"), {}, tr("Versions and licences"));
    about->setMenuRole(QAction::AboutRole);
}

void WindowActions::setTheme(const ThemeTokens& tokens) {
    for (const Look& look : m_looks) {
        if (!look.icon.isEmpty()) {
            look.action->setIcon(themedIcon(look.icon, tokens));
        }
    }
}

void WindowActions::setState(SessionState state, bool isPaused, bool hasView) {
    const bool isLive = state == SessionState::live;
    const bool isChanging = state == SessionState::starting || state == SessionState::stopping ||
                            state == SessionState::loading;
    run->setEnabled(!isChanging);
    run->setText(isLive ? tr("&Run again") : tr("&Run"));
    stop->setEnabled(isLive || state == SessionState::starting);
    pause->setEnabled(isLive);
    pause->setChecked(isPaused);
    marker->setEnabled(isLive);
    snapshot->setEnabled(isLive);
    sessionMaps->setEnabled(hasView);
    heapProfile->setEnabled(hasView);
    runProgram->setEnabled(!isChanging);
    goLive->setEnabled(isLive);
    open->setEnabled(!isChanging);
    attachProcess->setEnabled(!isChanging);
    attachRing->setEnabled(!isChanging);
    for (QAction* const action : {save, fit, showAll, zoomIn, zoomOut, exportChart, exportAll,
                                  copyChart, exportReport, exportCsv}) {
        action->setEnabled(hasView);
    }
}

void WindowActions::checkTheme(ThemeChoice theme) {
    for (QAction* const action : themes->actions()) {
        action->setChecked(action->data().toInt() == static_cast<int>(theme));
    }
}

void WindowActions::checkUnit(ByteScale scale) {
    for (QAction* const action : units->actions()) {
        action->setChecked(action->data().toInt() == static_cast<int>(scale));
    }
}

QAction* WindowActions::find(const QString& word) const {
    for (const Look& look : m_looks) {
        if (withoutMnemonic(look.action->text()).contains(word, Qt::CaseInsensitive)) {
            return look.action;
        }
    }
    return nullptr;
}

void WindowActions::checkHeapMode(HeapMode mode) {
    for (QAction* const action : heapModes->actions()) {
        action->setChecked(action->data().toInt() == static_cast<int>(mode));
    }
}

std::vector<WindowActions::Shortcut> WindowActions::shortcutList() const {
    std::vector<Shortcut> list;
    for (const QMenu* const menu : m_menus) {
        for (const QAction* const action : menu->actions()) {
            if (action->shortcut().isEmpty()) {
                continue;
            }
            QStringList keys;
            for (const QKeySequence& key : action->shortcuts()) {
                keys << key.toString(QKeySequence::NativeText);
            }
            keys.removeDuplicates();
            list.push_back({withoutMnemonic(menu->title()),
                            withoutMnemonic(action->text()).remove(QStringLiteral("…")),
                            keys.join(QStringLiteral(", "))});
        }
    }
    return list;
}

} // namespace ringscope
