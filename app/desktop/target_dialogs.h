// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "core/base/process_identity.h"
#include "core/heap/tracker_environment.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class Preferences;

// What is attached to, and what is recorded of its heap from then on.
using ProcessPicked = std::function<void(const ProcessIdentity&, HeapMode)>;

// Open at once and fill when /proc and /dev/shm have been read on a job thread. The callback gets
// what was picked; it is not called when nothing was. GUI thread.
void pickProcess(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                 const ProcessPicked& picked);
void pickProcessForMap(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                       const std::function<void(const ProcessIdentity&)>& picked);
// One of ours by its name, or another one by the file that describes it, and no name.
void pickRing(
    QWidget& parent, BackgroundJobs& jobs,
    const std::function<void(const std::string& name, const std::string& layoutFile)>& picked);

} // namespace ringscope
