// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

#include <vector>

class QAction;
class QLabel;
class QVBoxLayout;

namespace ringscope {

class Theme;

// What stands in the middle of the window before there is a session: what Ringscope shows, and the
// four ways to begin. GUI thread.
class StartPage : public QWidget {
    Q_OBJECT

public:
    // actions: one button each, the first is the one to begin with.
    StartPage(Theme& theme, const std::vector<QAction*>& actions, QWidget* parent = nullptr);

    void setRecentFiles(const QStringList& files);
    // "Starting…", "Opening run.ringscope…": shown in place of the sentence; empty = the sentence.
    void setProgress(const QString& text);

Q_SIGNALS:
    void fileChosen(const QString& path);

private:
    void updateLook();

    Theme& m_theme;
    QLabel* m_sentence;
    QLabel* m_recentHeading;
    QLabel* m_recent;
    QStringList m_files;
};

} // namespace ringscope
