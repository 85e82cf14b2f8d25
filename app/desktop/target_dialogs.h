// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "core/base/process_identity.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class Preferences;

// Open at once and fill when /proc and /dev/shm have been read on a job thread. The callback gets
// what was picked; it is not called when nothing was. GUI thread.
void pickProcess(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                 const std::function<void(const ProcessIdentity&)>& picked);
void pickProcessForMap(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                       const std::function<void(const ProcessIdentity&)>& picked);
// One of ours by its name, or another one by the file that describes it, and no name.
void pickRing(
    QWidget& parent, BackgroundJobs& jobs,
    const std::function<void(const std::string& name, const std::string& layoutFile)>& picked);

} // namespace ringscope
