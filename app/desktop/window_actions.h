// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QString>

#include <vector>

#include "app/desktop/command_line.h"
#include "app/desktop/session_controller.h"
#include "core/base/units.h"

class QAction;
class QActionGroup;
class QMainWindow;
class QMenu;

namespace ringscope {

struct ThemeTokens;

// Every action of the window, each once: menus, toolbar, context menus and the list of shortcuts
// all show these. It decides nothing; MainWindow connects them. GUI thread only.
class WindowActions : public QObject {
    Q_OBJECT

public:
    explicit WindowActions(QMainWindow& window);

    // File
    QAction* open;
    QAction* save;
    QAction* runProgram;
    QAction* attachProcess;
    QAction* attachRing;
    QAction* memoryMap;
    QAction* sharedObjects;
    QAction* quit;
    // Session
    QAction* run;
    QAction* stop;
    QAction* pause; // checkable
    QAction* marker;
    QAction* snapshot;
    QAction* sessionMaps;
    QAction* mapPlan;
    QAction* heapProfile;
    QActionGroup* heapModes; // data(): HeapMode
    // View
    QAction* goLive;
    QAction* fit;
    QAction* showAll;
    QAction* clearRange;
    QAction* zoomIn;
    QAction* zoomOut;
    QAction* search;
    QAction* fullScreen; // checkable
    QAction* restoreLayout;
    QActionGroup* themes; // data(): ThemeChoice
    QActionGroup* units;  // data(): ByteScale
    // Export
    QAction* exportChart;
    QAction* exportAll;
    QAction* exportReport;
    QAction* exportCsv;
    QAction* copyChart;
    // Help
    QAction* shortcuts;
    QAction* messages;
    QAction* about;

    QMenu* recentMenu;
    QMenu* panesMenu; // filled by whoever owns the docks
    QMenu* exportMenu;

    void setTheme(const ThemeTokens& tokens);
    void setState(SessionState state, bool isPaused, bool hasView);
    void checkTheme(ThemeChoice theme);
    void checkUnit(ByteScale scale);
    void checkHeapMode(HeapMode mode);

    // The first whose text contains a word; null when there is none.
    [[nodiscard]] QAction* find(const QString& word) const;

    // All actions that have a shortcut, menu by menu, for the list of shortcuts.
    struct Shortcut {
        QString menu;
        QString text;
        QString keys;
    };
    [[nodiscard]] std::vector<Shortcut> shortcutList() const;

private:
    struct Look {
        QAction* action;
        QString icon;
    };
    QAction* add(QMenu& menu, const QString& text, const QString& icon, const QString& tip,
                 const QList<QKeySequence>& keys = {});
    void addFileMenu();
    void addSessionMenu();
    void addViewMenu();
    void addExportMenu();
    void addHelpMenu();
    QMenu* addMenu(const QString& title);

    QMainWindow& m_window;
    std::vector<QMenu*> m_menus;
    std::vector<Look> m_looks;
};

// "KiB" and the like, as the unit switch names them.
[[nodiscard]] QString byteScaleName(ByteScale scale);

} // namespace ringscope
