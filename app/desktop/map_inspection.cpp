// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_inspection.h"

#include <QMessageBox>
#include <QPushButton>

#include <algorithm>
#include <array>
#include <span>
#include <unistd.h>
#include <utility>
#include <vector>

#include "app/desktop/background_jobs.h"
#include "app/desktop/list_dialog.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/memory/object_mappers.h"
#include "core/memory/page_states_reader.h"
#include "core/memory/region_strings.h"

namespace ringscope {
namespace {

constexpr std::size_t kColumns = 1024;
constexpr std::size_t kMostListed = 10'000;
const auto kSmallPage = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));

QString bytesText(std::uint64_t bytes) {
    return QString::fromStdString(formatBytes(static_cast<double>(bytes)));
}

QString hexText(std::uint64_t address) {
    return QString::number(static_cast<qulonglong>(address), 16);
}

// Each byte in one state: huge pages apart from those that are alone or shared.
PageColumn columnOf(const PageBytes& all, const PageBytes& withoutHuge, double bytes) {
    const auto share = [bytes](std::uint64_t part) { return static_cast<double>(part) / bytes; };
    PageColumn column;
    column.of(ShownPage::exclusive) = share(withoutHuge.exclusive);
    column.of(ShownPage::shared) = share(withoutHuge.resident() - withoutHuge.exclusive);
    column.of(ShownPage::huge) = share(all.resident() - withoutHuge.resident());
    column.of(ShownPage::zero) = share(all.of(PageState::zero));
    column.of(ShownPage::swapped) = share(all.of(PageState::swapped));
    column.of(ShownPage::guard) = share(all.of(PageState::guard));
    double rest = 1;
    for (const double part : column.shares) {
        rest -= part;
    }
    column.of(ShownPage::notPresent) = std::max(rest, 0.0);
    return column;
}

QString remarkOf(const PageStates& states) {
    if (states.isCut()) {
        return QObject::tr("Only the pages below %1 were looked at, the rest is shown as not "
                           "present.")
            .arg(hexText(states.knownEnd));
    }
    if (states.source == PageSource::pagemap) {
        return QObject::tr("This kernel has no PAGEMAP_SCAN (Linux 6.7): pages of zeros and huge "
                           "pages cannot be told from others.");
    }
    return {};
}

} // namespace

Expected<PageColumns> readPageColumns(const ProcessIdentity& process, const AddressRange& range,
                                      std::uint64_t pageSize, std::size_t columns) {
    const auto reader = PageStatesReader::open(process);
    if (!reader) {
        return reader.error();
    }
    const std::array ranges{range};
    const auto states = reader->read(ranges, {}, PageDetail::statesAndExclusive);
    if (!states) {
        return states.error();
    }
    PageStates small = *states; // without huge pages
    std::erase_if(small.runs, [](const PageRun& run) { return run.flags.isHuge; });
    const std::size_t count = std::clamp<std::size_t>(range.size() / pageSize, 1, columns);
    const auto all = foldPages(*states, range, count);
    const auto withoutHuge = foldPages(small, range, count);
    PageColumns pages;
    pages.start = range.start;
    pages.end = range.end;
    pages.pageSize = pageSize;
    pages.knowsZeroAndHuge = states->known.isZero && states->known.isHuge;
    pages.remark = remarkOf(*states);
    for (std::size_t i = 0; i < count; ++i) {
        pages.columns.push_back(
            columnOf(all[i], withoutHuge[i],
                     static_cast<double>(range.size()) / static_cast<double>(count)));
    }
    return pages;
}

MapInspection::MapInspection(QWidget& window, BackgroundJobs& jobs)
    : QObject(&window)
    , m_window(window)
    , m_jobs(jobs) {}

void MapInspection::showPages(const std::optional<ProcessIdentity>& process,
                              const AddressRange& range, std::uint64_t pageSize) {
    const std::uint64_t turn = ++m_pagesTurn;
    if (!process || range.size() == 0) {
        Q_EMIT pagesRead(std::nullopt);
        return;
    }
    m_jobs.run(
        this,
        [process = *process, range, pageSize](const std::stop_token&) {
            return readPageColumns(process, range, pageSize, kColumns);
        },
        [this, turn](const Expected<PageColumns>& pages) {
            if (turn != m_pagesTurn) {
                return;
            }
            if (pages) {
                Q_EMIT pagesRead(*pages);
            } else {
                Q_EMIT pagesRead(std::nullopt);
                Q_EMIT failed(pages.error());
            }
        });
}

void MapInspection::listPages(const ProcessIdentity& process, const AddressRange& range) {
    auto* const dialog =
        new ListDialog({tr("Pages"),
                        tr("Reading…"),
                        {tr("From"), tr("To"), tr("Size"), tr("Pages"), tr("State")},
                        tr("There are no pages.")},
                       &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show(); // beside the window, which goes on
    m_jobs.run(
        dialog,
        [process, range](const std::stop_token&) -> Expected<PageStates> {
            const auto reader = PageStatesReader::open(process);
            if (!reader) {
                return reader.error();
            }
            const std::array ranges{range};
            return reader->read(ranges, {}, PageDetail::statesAndExclusive);
        },
        [this, dialog](const Expected<PageStates>& states) {
            if (!states) {
                dialog->close();
                Q_EMIT failed(states.error());
                return;
            }
            const std::vector<PageRun> runs = allRuns(*states);
            std::vector<QStringList> rows;
            for (std::size_t i = 0; i < std::min(runs.size(), kMostListed); ++i) {
                const std::uint64_t bytes = runs[i].end - runs[i].start;
                rows.push_back({hexText(runs[i].start), hexText(runs[i].end), bytesText(bytes),
                                QString::number(bytes / kSmallPage),
                                pageRunWords(runs[i], states->known)});
            }
            QString heading = tr("Neighbouring pages of one state stand in one row; in pages of "
                                 "%1.")
                                  .arg(bytesText(kSmallPage));
            if (runs.size() > rows.size()) {
                heading +=
                    tr(" These are the first %1 of %2 rows.").arg(rows.size()).arg(runs.size());
            }
            const QString remark = remarkOf(*states);
            dialog->setRows(heading, rows, remark.isEmpty() ? remark : u' ' + remark);
        });
}

void MapInspection::readPageRows(const ProcessIdentity& process, const AddressRange& range,
                                 std::uint64_t pageSize) {
    m_jobs.run(
        this,
        [process, range, pageSize](const std::stop_token&) -> Expected<MapPageRows> {
            const auto reader = PageStatesReader::open(process);
            if (!reader) {
                return reader.error();
            }
            const std::array ranges{range};
            const auto states = reader->read(ranges, {}, PageDetail::statesAndExclusive);
            if (!states) {
                return states.error();
            }
            return pageRowsOf(*states, range, pageSize);
        },
        [this, range](const Expected<MapPageRows>& rows) {
            if (rows) {
                Q_EMIT pageRowsRead(*rows);
                return;
            }
            MapPageRows none;
            none.range = range;
            Q_EMIT pageRowsRead(none);
            Q_EMIT failed(rows.error());
        });
}

void MapInspection::askForStrings(const ProcessIdentity& process, const AddressRange& range) {
    auto* const question = new QMessageBox(
        QMessageBox::Question, tr("Strings"),
        tr("Read the texts in %1 of this process? They may be secrets. Only pages that are in "
           "memory are read, and the process is not stopped; the kernel marks them as referenced.")
            .arg(bytesText(range.size())),
        QMessageBox::Cancel, &m_window);
    question->setAttribute(Qt::WA_DeleteOnClose);
    const auto* const read = question->addButton(tr("Read texts"), QMessageBox::AcceptRole);
    question->setDefaultButton(QMessageBox::Cancel);
    connect(read, &QPushButton::clicked, this,
            [this, process, range] { showStrings(process, range); });
    question->open();
}

void MapInspection::showStrings(const ProcessIdentity& process, const AddressRange& range) {
    auto* const dialog = new ListDialog({tr("Strings"),
                                         tr("Reading…"),
                                         {tr("Address"), tr("Encoding"), tr("Text")},
                                         tr("No text of four or more characters is in memory "
                                            "there.")},
                                        &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show(); // beside the window, which goes on
    addStrings(dialog, process, range, 0);
}

void MapInspection::addStrings(ListDialog* dialog, const ProcessIdentity& process,
                               const AddressRange& rest, std::uint64_t readBytes) {
    m_jobs.run(
        dialog,
        [process, rest](const std::stop_token&) {
            StringRules rules;
            rules.encodings = SearchedEncodings::asciiAndUtf16;
            const std::array ranges{rest};
            return findStrings(process, ranges, rules);
        },
        [this, dialog, process, rest, readBytes](const Expected<RegionStrings>& found) {
            if (!found) {
                Q_EMIT failed(found.error());
                if (readBytes == 0) {
                    dialog->close();
                } else { // what was found stays
                    dialog->offerMore({});
                }
                return;
            }
            const std::uint64_t allBytes = readBytes + found->readBytes;
            std::vector<QStringList> rows;
            for (const FoundString& text : found->strings) {
                rows.push_back({hexText(text.address),
                                text.encoding == TextEncoding::ascii ? QStringLiteral("ASCII")
                                                                     : QStringLiteral("UTF-16"),
                                QString::fromStdString(printableKernelName(text.text))});
            }
            QString remarks;
            const AddressRange left{found->searchedEnd, rest.end};
            const bool isCut = found->end != SearchEnd::complete && left.start < left.end;
            if (isCut) {
                remarks += tr(" The search has come to %1; Continue looks at the other %2.")
                               .arg(hexText(left.start), bytesText(left.size()));
            }
            if (found->swappedBytes > 0) {
                remarks += tr(" %1 in swap were left out.").arg(bytesText(found->swappedBytes));
            }
            const auto shown = static_cast<std::size_t>(dialog->totalRows()) + rows.size();
            const QString heading =
                (shown == 1 ? tr("1 text of four or more characters; %1 were read.")
                            : tr("%1 texts of four or more characters; %2 were "
                                 "read.")
                                  .arg(shown))
                    .arg(bytesText(allBytes));
            if (readBytes == 0) {
                dialog->setRows(heading, rows, remarks);
            } else {
                dialog->addRows(heading, rows, remarks);
            }
            dialog->offerMore(isCut ? tr("Continue") : QString(),
                              [=, this] { addStrings(dialog, process, left, allBytes); });
        });
}

void MapInspection::showMappers(const QString& name, const MemoryRegion& region) {
    auto* const dialog = new ListDialog(
        {tr("Who maps this"),
         tr("Looking…"),
         {tr("Process"), tr("PID"), tr("PSS"), tr("RSS"), tr("Private"), tr("Mappings")},
         tr("No process that can be read maps it now.")},
        &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show(); // beside the window, which goes on
    m_jobs.run(
        dialog, [object = region](const std::stop_token&) { return findObjectMappers(object); },
        [dialog, name](const ObjectMappers& found) {
            std::vector<QStringList> rows;
            for (const ObjectMapper& mapper : found.mappers) {
                rows.push_back({QString::fromStdString(printableName(mapper.name)),
                                QString::number(mapper.process.pid), bytesText(mapper.sums.pss),
                                bytesText(mapper.sums.rss), bytesText(mapper.sums.privateBytes),
                                QString::number(mapper.sums.regions)});
            }
            QString remarks;
            if (found.unreadable > 0) {
                remarks += tr(" %1 more may not be read: run Ringscope as root, or with "
                              "CAP_SYS_PTRACE, to see them too.")
                               .arg(found.unreadable);
            }
            dialog->setRows(tr("Processes that map %1, by their share of its memory.").arg(name),
                            rows, remarks);
        });
}

} // namespace ringscope
