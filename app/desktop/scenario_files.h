// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

#include "core/base/expected.h"
#include "core/workload/scenario.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class Preferences;

// Ask for a scenario's file and read or write it off the GUI thread. done is not called when the
// user cancels. GUI thread.
void openScenarioFile(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                      std::function<void(const Expected<Scenario>& scenario)> done);
// done gets the scenario under the name of its file.
void saveScenarioFile(
    QWidget& parent, BackgroundJobs& jobs, Preferences& preferences, const Scenario& scenario,
    std::function<void(const QString& path, const Expected<Scenario>& saved)> done);

} // namespace ringscope
