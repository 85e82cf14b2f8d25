// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <functional>
#include <vector>

#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"
#include "core/memory/working_set.h"

class QMenu;
class QWidget;

namespace ringscope {

class BackgroundJobs;

// What changes the process that is looked at, or the numbers that the kernel keeps of it: each asks
// first and says what it does. GUI thread only.
class MapTools : public QObject {
    Q_OBJECT

public:
    // What to act on, and on what mappings: the map that is shown, of a process that runs; or
    // why there is none.
    using Target = std::function<Expected<MapSnapshotPtr>()>;

    MapTools(QWidget& window, BackgroundJobs& jobs, Target target);

    void addTo(QMenu& menu);

Q_SIGNALS:
    void measured(); // what was referenced, which the next map has
    // In words what was done; the map is to be read again, for that reason.
    void done(const QString& sentence, const QString& reason);
    void failed(const ringscope::Error& error);

private:
    void measure();
    void finishMeasuring(const ProcessIdentity& process, const QString& how);
    void pageOut();
    void reclaim();
    void askForAmount(const ProcessIdentity& process, const ReclaimScope& scope);
    void resetPeak();
    // Null, and says so, when there is nothing to act on.
    [[nodiscard]] MapSnapshotPtr target();
    void ask(const QString& title, const QString& text, const QString& button,
             std::function<void(const MapSnapshotPtr& map)> act);

    QWidget& m_window;
    BackgroundJobs& m_jobs;
    Target m_target;
};

} // namespace ringscope
