// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/heap_leaks.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>

#include <algorithm>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/preferences.h"
#include "core/session/leak_record.h"
#include "widgets/heap/leak_table.h"
#include "widgets/heap/leak_view.h"

namespace ringscope {

HeapLeaks::HeapLeaks(QWidget& window, Parts parts)
    : QObject(&window)
    , m_window(window)
    , m_parts(std::move(parts))
    , m_view(new LeakView) {
    connect(m_view, &LeakView::searchRequested, this, &HeapLeaks::search);
    connect(&m_view->table(), &LeakTable::stackChosen, this,
            [this](std::uint32_t number) { followStack(number, false); });
    connect(&m_view->table(), &LeakTable::stackRequested, this,
            [this](std::uint32_t number) { followStack(number, true); });
    showFinding();
}

void HeapLeaks::addActions(QMenu& menu) {
    const QAction* const choose = menu.addAction(tr("&Leave out known leaks…"));
    connect(choose, &QAction::triggered, this, &HeapLeaks::chooseSuppressions);
    const QAction* const all = menu.addAction(tr("List &all leaks"));
    connect(all, &QAction::triggered, this, [this] { suppress({}); });
}

void HeapLeaks::setView(const SessionView& view) {
    m_records = view.leaks;
    m_ended = view.heaps;
    if (m_sessionStartNs != view.startNs) { // another session
        m_sessionStartNs = view.startNs;
        m_found.clear();
    }
}

void HeapLeaks::setShown(const std::shared_ptr<const HeapPicture>& picture, bool isLive) {
    m_shown = picture;
    m_isLive = isLive;
    showFinding();
}

// Of an image that was replaced by exec nothing was searched: what ended is the last one.
std::shared_ptr<const LeakRecord> HeapLeaks::recordOf(const HeapRecord& shown) const {
    if (m_records == nullptr || m_ended == nullptr || m_isLive) {
        return nullptr;
    }
    const auto last =
        std::find_if(m_ended->rbegin(), m_ended->rend(),
                     [&](const HeapRecordPtr& one) { return one->process == shown.process; });
    if (last == m_ended->rend() || !isSameImage(**last, shown)) {
        return nullptr;
    }
    const auto found = std::find_if(m_records->begin(), m_records->end(), [&](const auto& one) {
        return one->process == shown.process && one->label == shown.label;
    });
    return found == m_records->end() ? nullptr : *found;
}

LeakFindingPtr HeapLeaks::findingOf(const HeapRecord& shown) {
    if (const auto record = recordOf(shown); record != nullptr && record->report) {
        const bool isAsBefore = m_finding != nullptr && m_finding->record == m_shown->record &&
                                m_finding->report.moment == LeakMoment::atExit;
        return isAsBefore ? m_finding
                          : std::make_shared<const LeakFinding>(
                                LeakFinding{*record->report, m_shown->record});
    }
    const auto found = std::find_if(m_found.begin(), m_found.end(), [&](const auto& one) {
        return isSameImage(*one->record, shown);
    });
    return found == m_found.end() ? nullptr : *found;
}

bool HeapLeaks::isSearchable() const {
    return m_shown != nullptr && m_isLive && m_shown->record->profile.samplePeriodBytes == 0;
}

QString HeapLeaks::whyNothing() const {
    if (m_shown == nullptr) {
        return tr("No process is shown yet.");
    }
    const HeapRecord& shown = *m_shown->record;
    if (isSearchable()) {
        return tr("Finds the blocks that the program can no longer reach. It stands still for some "
                  "milliseconds, twice, while its memory is copied.");
    }
    if (m_isLive) {
        return tr("Only samples of its blocks are recorded: a search for leaks needs every block, "
                  "from the start on.");
    }
    if (shown.profile.origin == HeapOrigin::dhat) {
        return tr("DHAT does not search for leaks.");
    }
    if (const auto record = recordOf(shown); record != nullptr && !record->reason.empty()) {
        const QString reason = QString::fromStdString(record->reason);
        return tr("It was not searched for leaks: %1%2")
            .arg(reason, QLatin1String(reason.endsWith(QLatin1Char('.')) ? "" : "."));
    }
    return tr("It was not searched for leaks: it can be while it runs, and as it exits if it is "
              "recorded by \"ringscope-cli record --leaks\".");
}

void HeapLeaks::showFinding() {
    const LeakFindingPtr finding = m_shown != nullptr ? findingOf(*m_shown->record) : nullptr;
    m_view->setSearch(m_isSearching    ? LeakView::Search::underWay
                      : isSearchable() ? LeakView::Search::possible
                                       : LeakView::Search::impossible);
    m_view->setSentence(finding != nullptr ? leakSentence(*finding) : whyNothing());
    if (finding != m_finding) {
        m_finding = finding;
        showRows();
    }
}

void HeapLeaks::showRows() {
    ++m_turn;
    if (m_finding == nullptr) {
        m_view->setRows(nullptr);
        return;
    }
    m_parts.jobs.run(
        this,
        [finding = m_finding, suppressions = m_suppressions](const std::stop_token&) {
            return rowsOf(*finding, suppressions);
        },
        [this, turn = m_turn](std::shared_ptr<const LeakRows> rows) {
            if (turn == m_turn) {
                m_view->setRows(std::move(rows));
            }
        });
}

void HeapLeaks::search() {
    if (m_isSearching || !isSearchable()) {
        return;
    }
    m_isSearching = true;
    showFinding();
    m_parts.jobs.run(
        this,
        [record = m_shown->record, pictures = m_parts.pictures](const std::stop_token&) {
            return searchForLeaks(*record, *pictures);
        },
        [this](const Expected<LeakFindingPtr>& found) {
            m_isSearching = false;
            take(found);
        });
}

void HeapLeaks::take(const Expected<LeakFindingPtr>& found) {
    if (!found) {
        showFinding();
        m_parts.messages.showError(found.error());
        return;
    }
    m_found.erase(std::remove_if(m_found.begin(), m_found.end(),
                                 [&](const LeakFindingPtr& one) {
                                     return isSameImage(*one->record, *(*found)->record);
                                 }),
                  m_found.end());
    m_found.push_back(*found);
    showFinding();
    Q_EMIT readingWanted(); // of what was found every stack is shown then
}

void HeapLeaks::chooseSuppressions() {
    auto* const dialog =
        new QFileDialog(&m_window, tr("Leave out known leaks"), m_parts.preferences.lastFolder(),
                        tr("Suppressions of LeakSanitizer (*.supp *.txt);;All "
                           "files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_parts.preferences.setLastFolder(QFileInfo(path).absolutePath());
        suppress(path);
    });
    dialog->open();
}

void HeapLeaks::suppress(const QString& path) {
    if (path.isEmpty()) {
        m_suppressions = {};
        showRows();
        return;
    }
    m_parts.jobs.run(
        this,
        [file = path.toStdString()](const std::stop_token&) { return readSuppressions(file); },
        [this](Expected<LeakSuppressions> read) {
            if (!read) {
                m_parts.messages.showError(read.error());
                return;
            }
            m_suppressions = std::move(*read);
            showRows();
        });
}

void HeapLeaks::followStack(std::uint32_t number, bool isRequested) {
    if (m_shown == nullptr) {
        return;
    }
    const std::vector<HeapStack>& stacks = m_shown->record->profile.stacks;
    const auto found = std::find_if(stacks.begin(), stacks.end(), [number](const HeapStack& stack) {
        return stack.number == number;
    });
    if (found == stacks.end()) {
        if (isRequested) {
            m_parts.messages.showRemark(tr("The profile that is shown is older than this search: "
                                           "Read now (F5) reads it again."));
        }
        return;
    }
    const auto stack = static_cast<std::uint32_t>(found - stacks.begin());
    isRequested ? Q_EMIT stackRequested(stack) : Q_EMIT stackChosen(stack);
}

} // namespace ringscope
