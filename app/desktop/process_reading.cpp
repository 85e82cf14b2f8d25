// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_reading.h"

#include <string>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/process_dialog.h"
#include "app/desktop/process_list.h"
#include "core/base/clock.h"

namespace ringscope {
namespace {

// As long as one job of the pool's two may keep another waiting, beyond one process's reading.
constexpr std::int64_t kPieceNs = 50 * kNsPerMs;

struct Listing {
    std::vector<ListedProcess> processes;
    std::string remark;
};

} // namespace

ProcessReading::ProcessReading(ProcessDialog& dialog, BackgroundJobs& jobs)
    : QObject(&dialog)
    , m_dialog(dialog)
    , m_jobs(jobs) {}

void ProcessReading::begin() {
    if (std::exchange(m_isListing, true)) {
        return;
    }
    ++m_turn;
    m_jobs.run(
        this,
        [](const std::stop_token&) {
            return Listing{listProcesses(), whyProcessesAreHidden()};
        },
        [this](Listing listing) {
            m_isListing = false;
            std::vector<ProcessIdentity> readable;
            for (const ListedProcess& process : listing.processes) {
                if (process.whyNotReadable.empty()) {
                    readable.push_back(process.identity);
                }
            }
            m_dialog.setProcesses(std::move(listing.processes),
                                  QString::fromStdString(listing.remark));
            readPssOf(std::make_shared<const std::vector<ProcessIdentity>>(std::move(readable)), 0);
        });
}

void ProcessReading::readPssOf(const Processes& processes, std::size_t from) {
    if (from >= processes->size()) {
        return;
    }
    m_jobs.run(
        this,
        [processes, from](const std::stop_token&) { return readPss(*processes, from, kPieceNs); },
        [this, processes, from, turn = m_turn](const std::vector<ProcessPss>& read) {
            if (turn != m_turn || m_dialog.isHidden()) {
                return;
            }
            m_dialog.setPss(read);
            readPssOf(processes, from + read.size());
        });
}

} // namespace ringscope
