// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class Preferences;

// Asks where, then writes the map there off the GUI thread, whole or not at all: .json holds
// everything and can be opened again, .csv is the table of its regions. done gets the path, or why
// not; nothing when the user cancels.
void saveMapAs(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
               MapSnapshotPtr snapshot, std::function<void(const Expected<QString>&)> done);

} // namespace ringscope
