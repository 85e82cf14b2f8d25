// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_tools.h"

#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QTimer>

#include <algorithm>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "core/base/units.h"
#include "core/memory/process_counters.h"
#include "core/memory/working_set.h"

namespace ringscope {
namespace {

constexpr int kMeasuredSeconds = 5;

QString bytesText(std::uint64_t bytes) {
    return QString::fromStdString(formatBytes(static_cast<double>(bytes)));
}

Expected<SlowCounters> readCounters(const ProcessIdentity& process) {
    auto reader = ProcessCountersReader::open(process);
    return reader ? reader->readSlow() : Expected<SlowCounters>(reader.error());
}

// Mappings that have something in memory which could be put out.
std::vector<AddressRange> residentRanges(const MapSnapshot& map) {
    std::vector<AddressRange> ranges;
    for (const MemoryRegion& region : map.space.map.regions) {
        if (region.rss > 0 && region.start < (std::uint64_t{1} << 63U)) {
            ranges.push_back({region.start, region.end});
        }
    }
    return ranges;
}

QString pagedOutText(const PageOut& out, std::uint64_t before, std::uint64_t after) {
    QString text = QObject::tr("RSS went from %1 to %2.").arg(bytesText(before), bytesText(after));
    if (out.swapFree && *out.swapFree == 0) {
        text += QObject::tr(" There is no free swap, so only pages of files could be put out.");
    }
    if (out.refusedBytes > 0) {
        text += QObject::tr(" The kernel refused %1: %2.")
                    .arg(bytesText(out.refusedBytes), QString::fromStdString(out.refusal));
    }
    return text;
}

} // namespace

MapTools::MapTools(QWidget& window, BackgroundJobs& jobs, Target target)
    : QObject(&window)
    , m_window(window)
    , m_jobs(jobs)
    , m_target(std::move(target)) {}

void MapTools::addTo(QMenu& menu) {
    connect(menu.addAction(tr("&Measure working set…")), &QAction::triggered, this,
            &MapTools::measure);
    connect(menu.addAction(tr("&Page out…")), &QAction::triggered, this, &MapTools::pageOut);
    connect(menu.addAction(tr("Reclaim from its &cgroup…")), &QAction::triggered, this,
            &MapTools::reclaim);
    connect(menu.addAction(tr("&Reset peak RSS…")), &QAction::triggered, this,
            &MapTools::resetPeak);
}

MapSnapshotPtr MapTools::target() {
    const Expected<MapSnapshotPtr> map = m_target();
    if (!map) {
        Q_EMIT failed(map.error());
        return nullptr;
    }
    return *map;
}

void MapTools::ask(const QString& title, const QString& text, const QString& button,
                   std::function<void(const MapSnapshotPtr& map)> act) {
    const MapSnapshotPtr map = target();
    if (map == nullptr) {
        return;
    }
    auto* const question =
        new QMessageBox(QMessageBox::Question, title, text, QMessageBox::Cancel, &m_window);
    question->setAttribute(Qt::WA_DeleteOnClose);
    const auto* const yes = question->addButton(button, QMessageBox::AcceptRole);
    question->setDefaultButton(QMessageBox::Cancel); // Enter changes nothing
    connect(yes, &QPushButton::clicked, this, [map, act = std::move(act)] { act(map); });
    question->open();
}

void MapTools::measure() {
    ask(tr("Measure working set"),
        tr("Clears the kernel's marks of which pages were referenced, lets the process work for "
           "%1 s, then shows in the column Referenced what it touched meanwhile. The process is "
           "not stopped; other tools that count references lose what they had counted.")
            .arg(kMeasuredSeconds),
        tr("Measure"), [this](const MapSnapshotPtr& map) {
            const ProcessIdentity process = map->space.process;
            m_jobs.run(
                this, [process](const std::stop_token&) { return clearReferenced(process); },
                [this, process](const Expected<ReferencesCleared>& cleared) {
                    if (!cleared) {
                        Q_EMIT failed(cleared.error());
                        return;
                    }
                    const QString how = *cleared == ReferencesCleared::exact
                                            ? tr("was touched")
                                            : tr("was touched at least");
                    QTimer::singleShot(kMeasuredSeconds * 1000, this,
                                       [this, process, how] { finishMeasuring(process, how); });
                });
        });
}

void MapTools::finishMeasuring(const ProcessIdentity& process, const QString& how) {
    m_jobs.run(
        this, [process](const std::stop_token&) { return readCounters(process); },
        [this, how](const Expected<SlowCounters>& counters) {
            if (!counters) {
                Q_EMIT failed(counters.error());
                return;
            }
            Q_EMIT measured();
            Q_EMIT done(tr("%1 of %2 in memory %3 within %4 s.")
                            .arg(bytesText(counters->referenced), bytesText(counters->rss), how)
                            .arg(kMeasuredSeconds));
        });
}

void MapTools::pageOut() {
    ask(tr("Page out"),
        tr("Asks the kernel to put the memory of this process out now: anonymous and shared memory "
           "to swap, pages of files back to their files. The process becomes slower until it has "
           "read back what it needs."),
        tr("Page out"), [this](const MapSnapshotPtr& map) {
            struct Result {
                Expected<PageOut> out;
                std::uint64_t before = 0;
                std::uint64_t after = 0;
            };
            m_jobs.run(
                this,
                [map](const std::stop_token&) -> Result {
                    const ProcessIdentity& process = map->space.process;
                    const auto before = readCounters(process);
                    auto out = ringscope::pageOut(process, residentRanges(*map));
                    const auto after = readCounters(process);
                    return {std::move(out), before ? before->rss : 0, after ? after->rss : 0};
                },
                [this](const Result& result) {
                    if (result.out) {
                        Q_EMIT done(pagedOutText(*result.out, result.before, result.after));
                    } else {
                        Q_EMIT failed(result.out.error());
                    }
                });
        });
}

// Who else is hit is to be known before it is asked.
void MapTools::reclaim() {
    const MapSnapshotPtr map = target();
    if (map == nullptr) {
        return;
    }
    m_jobs.run(
        this,
        [process = map->space.process](const std::stop_token&) { return reclaimScope(process); },
        [this, process = map->space.process](const Expected<ReclaimScope>& scope) {
            if (scope) {
                askForAmount(process, *scope);
            } else {
                Q_EMIT failed(scope.error());
            }
        });
}

void MapTools::askForAmount(const ProcessIdentity& process, const ReclaimScope& scope) {
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    constexpr std::uint64_t kMostMiB = std::uint64_t{1} << 20U; // 1 TiB
    const std::uint64_t usageMiB = scope.usage.value_or(kMostMiB * kMiB) / kMiB;
    auto* const dialog = new QInputDialog(&m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Reclaim from its cgroup"));
    QString text = tr("Makes the kernel take memory away from every process in the cgroup %1 and "
                      "below it - %2 in it now - what was unused longest first.")
                       .arg(QString::fromStdString(scope.cgroup))
                       .arg(scope.processes);
    if (scope.usage) {
        text += tr(" They use %1.").arg(bytesText(*scope.usage));
    }
    dialog->setLabelText(text + tr("\nThey become slower until they have read back what they "
                                   "need.\n\nHow much, in MiB:"));
    dialog->setInputMode(QInputDialog::IntInput);
    dialog->setIntRange(1, static_cast<int>(std::clamp<std::uint64_t>(usageMiB, 1, kMostMiB)));
    dialog->setIntValue(static_cast<int>(std::clamp<std::uint64_t>(usageMiB / 10, 1, kMostMiB)));
    dialog->setOkButtonText(tr("Reclaim"));
    connect(dialog, &QInputDialog::intValueSelected, this, [this, process](int mib) {
        m_jobs.run(
            this,
            [process, bytes = static_cast<std::uint64_t>(mib) * kMiB](const std::stop_token&) {
                return reclaimCgroup(process, bytes);
            },
            [this](const Expected<CgroupReclaim>& reclaimed) {
                if (!reclaimed) {
                    Q_EMIT failed(reclaimed.error());
                    return;
                }
                const auto before = reclaimed->scope.usage;
                const auto after = reclaimed->usageAfter;
                QString done = before && after ? tr("The cgroup's memory went from %1 to %2.")
                                                     .arg(bytesText(*before), bytesText(*after))
                                               : tr("The kernel took memory back.");
                if (!reclaimed->isComplete) {
                    done += tr(" It found less than was asked for.");
                }
                Q_EMIT this->done(done);
            });
    });
    dialog->open();
}

void MapTools::resetPeak() {
    ask(tr("Reset peak RSS"),
        tr("Sets the peak of its RSS (VmHWM) to what the process has now, for everybody who reads "
           "it. The old peak is lost."),
        tr("Reset"), [this](const MapSnapshotPtr& map) {
            m_jobs.run(
                this,
                [process = map->space.process](const std::stop_token&) {
                    return ringscope::resetPeak(process);
                },
                [this](const Expected<void>& reset) {
                    if (reset) {
                        Q_EMIT done(tr("The peak of RSS counts from now on."));
                    } else {
                        Q_EMIT failed(reset.error());
                    }
                });
        });
}

} // namespace ringscope
