// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <cstdint>
#include <memory>
#include <vector>

#include "app/desktop/heap_picture.h"
#include "app/desktop/leak_finding.h"
#include "core/session/session_view.h"

class QMenu;
class QWidget;

namespace ringscope {

class BackgroundJobs;
class LeakView;
class MessageBar;
class Preferences;

// The leaks of the process that the heap window shows: those that the session has of its end, or
// what a search has found while it ran, which is a job. GUI thread only.
class HeapLeaks final : public QObject {
    Q_OBJECT

public:
    // What it works and says things with, of the window.
    struct Parts {
        BackgroundJobs& jobs;
        Preferences& preferences;
        MessageBar& messages;
        std::shared_ptr<HeapPictures> pictures;
    };
    HeapLeaks(QWidget& window, Parts parts);

    [[nodiscard]] LeakView& view() { return *m_view; }
    void addActions(QMenu& menu);
    void setView(const SessionView& view);
    // What the window shows; null: nothing. isLive: of a process that runs.
    void setShown(const std::shared_ptr<const HeapPicture>& picture, bool isLive);
    // Leaks of the patterns of that file are left out from now on; none: they are listed again.
    void suppress(const QString& path);
    void search();

Q_SIGNALS:
    void stackChosen(std::uint32_t stack); // of HeapProfile::stacks of what is shown
    void stackRequested(std::uint32_t stack);
    void readingWanted();

private:
    [[nodiscard]] LeakFindingPtr findingOf(const HeapRecord& shown);
    [[nodiscard]] std::shared_ptr<const LeakRecord> recordOf(const HeapRecord& shown) const;
    [[nodiscard]] QString whyNothing() const;
    [[nodiscard]] bool isSearchable() const;
    void showFinding();
    void showRows();
    void take(const Expected<LeakFindingPtr>& found);
    void chooseSuppressions();
    void followStack(std::uint32_t number, bool isRequested);

    QWidget& m_window;
    Parts m_parts;
    LeakView* m_view;
    std::shared_ptr<const std::vector<std::shared_ptr<const LeakRecord>>> m_records; // of the view
    std::shared_ptr<const std::vector<HeapRecordPtr>> m_ended;
    std::int64_t m_sessionStartNs = 0;
    std::shared_ptr<const HeapPicture> m_shown;
    bool m_isLive = false;
    bool m_isSearching = false;
    std::vector<LeakFindingPtr> m_found; // on demand, the newest of each process
    LeakFindingPtr m_finding;            // that is shown; null: none
    std::uint64_t m_turn = 0;            // tells late rows
    LeakSuppressions m_suppressions;
};

} // namespace ringscope
