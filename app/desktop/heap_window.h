// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <QTimer>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/desktop/heap_picture.h"
#include "core/base/units.h"
#include "core/heap/tracker_environment.h"
#include "core/session/session_view.h"

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QSplitter;
class QTabWidget;

namespace ringscope {

class AnnotationTables;
class BackgroundJobs;
class BlockTable;
class CallTreeView;
class FlameGraph;
class FunctionTable;
class HeapFiles;
class HeapLeaks;
class HeapRangeBar;
class HeapTiles;
class HeapTimelineView;
class HistogramTable;
class MessageBar;
class Preferences;
class Theme;
class TimeLink;

// Where the processes of a session allocate: numbers, flame graph, call tree, functions, live
// blocks, sizes, lifetimes, threads and what the program names of one of them, linked with each
// other; of those that run again and again. Deletes itself when it is closed. GUI thread only.
class HeapWindow : public QMainWindow {
    Q_OBJECT

public:
    // link: of the main window, whose selected time is the one that is shown.
    HeapWindow(Theme& theme, BackgroundJobs& jobs, Preferences& preferences, TimeLink& link,
               QWidget* parent);
    ~HeapWindow() override;

    // The newest of the session: takes over what changed of the process that is shown.
    void setView(const SessionView& view);
    void showProcess(std::int32_t pid);
    // Selects one of HeapProfile::stacks in flame graph and call tree.
    void selectStack(std::uint32_t stack);
    void showStack(std::uint32_t stack); // and brings the call tree up
    // Of what runs; empty: nothing that is tracked does.
    void setMode(std::optional<HeapMode> mode);
    void setByteScale(ByteScale scale);
    void setMeasure(HeapMeasure measure);
    void setDirection(CallDirection direction);
    // Of the stacks through that function alone: its callers (fromAllocation) or what it calls.
    void showAround(const CallFunction& function, CallDirection direction);

    [[nodiscard]] const std::shared_ptr<const HeapPicture>& picture() const { return m_picture; }
    [[nodiscard]] FlameGraph& flames() { return *m_flames; }
    [[nodiscard]] CallTreeView& calls() { return *m_calls; }
    [[nodiscard]] FunctionTable& functions() { return *m_functions; }
    [[nodiscard]] BlockTable& blocks() { return *m_blocks; }
    [[nodiscard]] HistogramTable& sizes() { return *m_sizes; }
    [[nodiscard]] HistogramTable& lifetimes() { return *m_lifetimes; }
    [[nodiscard]] HistogramTable& threads() { return *m_threads; }
    [[nodiscard]] AnnotationTables& annotations() { return *m_annotationTables; }
    [[nodiscard]] HeapTimelineView& timeline() { return *m_timeline; }
    [[nodiscard]] HeapLeaks& leaks() { return *m_leaks; }
    [[nodiscard]] HeapTiles& tiles() { return *m_tiles; }
    [[nodiscard]] MessageBar& messages() { return *m_messages; }

Q_SIGNALS:
    // The profiles of what runs are to be read; they come with a later view.
    void readingWanted();
    // New blocks of what runs are to be recorded so.
    void modeWanted(ringscope::HeapMode mode);

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    struct Entry {
        HeapRecordPtr record;
        bool isLive = false;
    };
    void makeContent();
    void makeToolbar();
    void makeMenus();
    void connectParts();
    void showEntries();
    void choose(int entry);
    void load(const HeapRecordPtr& record);
    void followSelection();
    [[nodiscard]] std::optional<HeapRange> chosenRange() const;
    void chooseDirection(int index); // of m_directionBox
    void showPicture(std::shared_ptr<const HeapPicture> picture);
    void showTree(bool isUpdate);
    void showBlocks();
    void showAnnotations();
    void showNothing();
    [[nodiscard]] QString whyNothing() const;
    void showFound();
    void select(std::uint32_t node);
    void updateTitle();
    [[nodiscard]] const std::shared_ptr<const CallTree>& tree() const;
    [[nodiscard]] HeapRecordPtr shownRecord() const; // null: none
    [[nodiscard]] bool isLive() const;

    Theme& m_theme;
    BackgroundJobs& m_jobs;
    Preferences& m_preferences;
    TimeLink& m_link;
    std::shared_ptr<HeapPictures> m_pictures;

    std::shared_ptr<const std::vector<HeapRecordPtr>> m_ended; // of the view
    std::shared_ptr<const std::vector<HeapRecordPtr>> m_running;
    std::shared_ptr<const std::vector<HeapAnnotationRecord>> m_annotations;
    std::shared_ptr<const HeapMomentRecords> m_moments;
    std::shared_ptr<const Provenance> m_provenance;
    std::shared_ptr<const std::vector<Marker>> m_markers;
    bool m_isSessionLive = false;
    std::vector<Entry> m_entries;
    int m_chosen = -1; // of the entries
    HeapRecordPtr m_loading;
    std::uint64_t m_loadingTurn = 0;              // tells late pictures
    std::shared_ptr<const CallFunction> m_around; // offered by m_directionBox; null: none
    bool m_isAround = false;                      // and shown
    std::shared_ptr<const HeapPicture> m_picture;
    HeapMeasure m_measure = HeapMeasure::peak;
    CallDirection m_direction = CallDirection::fromMain;
    ByteScale m_scale = ByteScale::automatic;
    QTimer m_timer;
    QTimer m_selectionTimer; // a selection is followed when the hand rests

    MessageBar* m_messages;
    HeapFiles* m_files;
    HeapLeaks* m_leaks;
    QComboBox* m_process;
    QComboBox* m_measureBox;
    QComboBox* m_directionBox;
    QComboBox* m_period;
    QComboBox* m_modeBox;
    QAction* m_modeAction = nullptr; // shows it
    QAction* m_read = nullptr;
    QLineEdit* m_find;
    QLabel* m_found;
    HeapRangeBar* m_rangeBar;
    HeapTiles* m_tiles;
    FlameGraph* m_flames;
    CallTreeView* m_calls;
    FunctionTable* m_functions;
    BlockTable* m_blocks;
    HistogramTable* m_sizes;
    HistogramTable* m_lifetimes;
    HistogramTable* m_threads;
    AnnotationTables* m_annotationTables;
    HeapTimelineView* m_timeline;
    QTabWidget* m_tables;
    QLabel* m_remarks;
    QLabel* m_status;
    QSplitter* m_parts;
};

} // namespace ringscope
