// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>
#include <QString>

#include <functional>

#include "app/desktop/heap_picture.h"
#include "core/heap/call_tree.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class FlameGraph;
class MessageBar;
class Preferences;

// What the heap window writes into files that the user names, and the sources that it opens in an
// editor. Of no record (null) it says that there is none yet. GUI thread only.
class HeapFiles final : public QObject {
    Q_OBJECT

public:
    // window: its parent, that of its dialogs too.
    HeapFiles(QWidget& window, BackgroundJobs& jobs, Preferences& preferences,
              MessageBar& messages);

    void saveDhat(const HeapRecordPtr& record);
    void saveFolded(const HeapRecordPtr& record, HeapMeasure measure);
    // The flame graph as it is shown, with all of its rows.
    void savePicture(const HeapRecordPtr& record, FlameGraph& flames, const QString& title);
    void openSource(const QString& file, int line);

private:
    struct Kind {
        QString title; // of the dialog
        QString suffix;
        QString filter;
    };
    void save(const HeapRecordPtr& record, const Kind& kind,
              std::function<QByteArray(const HeapRecord&)> bytes);

    QWidget& m_window;
    BackgroundJobs& m_jobs;
    Preferences& m_preferences;
    MessageBar& m_messages;
};

} // namespace ringscope
