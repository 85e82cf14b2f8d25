// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <cstddef>
#include <memory>
#include <vector>

#include "core/base/process_identity.h"

namespace ringscope {

class BackgroundJobs;
class ProcessDialog;

// Fills a ProcessDialog, whose child it is: reads the processes as one background job, and then
// their PSS in a row of short ones, so that others come in between and none is left when the dialog
// goes. GUI thread.
class ProcessReading : public QObject {
    Q_OBJECT

public:
    ProcessReading(ProcessDialog& dialog, BackgroundJobs& jobs);

    // Reads all again; nothing while the processes are being read.
    void begin();

private:
    using Processes = std::shared_ptr<const std::vector<ProcessIdentity>>;
    void readPssOf(const Processes& processes, std::size_t from);

    ProcessDialog& m_dialog;
    BackgroundJobs& m_jobs;
    bool m_isListing = false;
    int m_turn = 0; // rises when what was begun is out of date
};

} // namespace ringscope
