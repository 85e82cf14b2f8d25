// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_tools.h"

#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QTimer>

#include <algorithm>
#include <optional>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "core/base/units.h"
#include "core/memory/address_space.h"
#include "core/memory/process_counters.h"
#include "core/memory/working_set.h"

namespace ringscope {
namespace {

constexpr int kMeasuredSeconds = 5;

QString bytesText(std::uint64_t bytes) {
    return QString::fromStdString(formatBytes(static_cast<double>(bytes)));
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

Expected<FastCounters> readKinds(const ProcessIdentity& process) {
    auto reader = ProcessCountersReader::open(process);
    return reader ? reader->readFast() : Expected<FastCounters>(reader.error());
}

// What was referenced, apart by whether another process may have set the marks.
struct Referenced {
    std::uint64_t rss = 0;
    std::uint64_t own = 0;    // in mappings no page of which another process maps
    std::uint64_t common = 0; // in the others
};

Expected<Referenced> readReferenced(const ProcessIdentity& process) {
    const auto space = readAddressSpace(process);
    if (!space) {
        return space.error();
    }
    Referenced sums;
    for (const MemoryRegion& region : space->map.regions) {
        sums.rss += region.rss;
        // A page of a file is marked also by a process that reads the file and maps nothing.
        const bool isOwn = region.sharedBytes() == 0 && region.anonymous == region.rss;
        (isOwn ? sums.own : sums.common) += region.referenced;
    }
    return sums;
}

QString kindText(const QString& kind, std::optional<std::uint64_t> before,
                 std::optional<std::uint64_t> after) {
    return before && after && *before != *after
               ? QObject::tr(" %1 from %2 to %3.").arg(kind, bytesText(*before), bytesText(*after))
               : QString();
}

QString pagedOutText(const PageOut& out, const FastCounters& before, const FastCounters& after) {
    QString text =
        QObject::tr("RSS went from %1 to %2.").arg(bytesText(before.rss), bytesText(after.rss));
    text += kindText(QObject::tr("Anonymous memory, which went to swap:"), before.rssAnon,
                     after.rssAnon);
    text += kindText(QObject::tr("Pages of files, which are at least no longer mapped here:"),
                     before.rssFile, after.rssFile);
    const QString shared = kindText(QObject::tr("Shared memory:"), before.rssShmem, after.rssShmem);
    if (!shared.isEmpty()) {
        text += shared + QObject::tr(" It is no longer mapped here, and stays in memory where "
                                     "another process maps it or there is no swap for it.");
    }
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
        this, [process](const std::stop_token&) { return readReferenced(process); },
        [this, how](const Expected<Referenced>& counters) {
            if (!counters) {
                Q_EMIT failed(counters.error());
                return;
            }
            Q_EMIT measured();
            QString text = tr("%1 of %2 in memory %3 within %4 s, by this process alone.")
                               .arg(bytesText(counters->own), bytesText(counters->rss), how)
                               .arg(kMeasuredSeconds);
            if (counters->common > 0) {
                text += tr(" Another %1 of files and shared memory are marked too, by this process "
                           "or by others that use the same pages: the kernel does not tell by "
                           "whom.")
                            .arg(bytesText(counters->common));
            }
            Q_EMIT done(text, tr("working set, %1 s").arg(kMeasuredSeconds));
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
                FastCounters before;
                FastCounters after;
            };
            m_jobs.run(
                this,
                [map](const std::stop_token&) -> Result {
                    const ProcessIdentity& process = map->space.process;
                    const auto before = readKinds(process);
                    auto out = ringscope::pageOut(process, residentRanges(*map));
                    const auto after = readKinds(process);
                    return {std::move(out), before ? *before : FastCounters{},
                            after ? *after : FastCounters{}};
                },
                [this](const Result& result) {
                    if (result.out) {
                        Q_EMIT done(pagedOutText(*result.out, result.before, result.after),
                                    tr("paged out"));
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
                Q_EMIT this->done(done, tr("reclaimed"));
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
                        Q_EMIT done(tr("The peak of RSS counts from now on."), tr("peak reset"));
                    } else {
                        Q_EMIT failed(reset.error());
                    }
                });
        });
}

} // namespace ringscope
