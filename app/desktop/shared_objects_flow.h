// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <memory>
#include <vector>

#include "core/ring/shared_objects.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class MessageBar;

// The machine's shared memory in a list, who uses each object, and the removal of those that nobody
// does: asked for one by one, looked at again right before. GUI thread only.
class SharedObjectsFlow : public QObject {
    Q_OBJECT

public:
    SharedObjectsFlow(QWidget& window, BackgroundJobs& jobs, MessageBar& messages);

    void begin();

private:
    void ask(const SharedObject& object);
    void remove(const SharedObject& object);

    QWidget& m_window;
    BackgroundJobs& m_jobs;
    MessageBar& m_messages;
};

} // namespace ringscope
