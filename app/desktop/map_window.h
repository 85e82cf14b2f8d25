// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>

#include <memory>
#include <optional>
#include <vector>

#include "app/desktop/map_controller.h"
#include "core/base/units.h"
#include "core/memory/map_columns.h"

class QAction;
class QActionGroup;
class QComboBox;
class QLabel;
class QLineEdit;
class QSplitter;

namespace ringscope {

class AddressStrip;
class BackgroundJobs;
class MapBars;
class MapHistory;
class MapInspection;
class MapSummaryTable;
class MapTools;
class MapTree;
class MessageBar;
class PageStrip;
class Preferences;
class Theme;

// The memory map of one process: bars, sums by type, the picture of its address space, its objects
// and mappings, and the maps that were kept, all of them linked. Deletes itself when it is closed.
// GUI thread only.
class MapWindow : public QMainWindow {
    Q_OBJECT

public:
    MapWindow(Theme& theme, BackgroundJobs& jobs, Preferences& preferences, QWidget* parent);
    ~MapWindow() override;

    // records: of its maps that are there already. startTicks of 0 means whichever process has the
    // pid.
    void follow(const ProcessIdentity& process, std::vector<MapRecordPtr> records = {});
    void openFile(const QString& path);
    void showRecords(std::vector<MapRecordPtr> records);
    // Those of a session that are of the process that is shown.
    void addMaps(const std::vector<MapRecordPtr>& maps);
    void setByteScale(ByteScale scale);
    // As MapController::setHeapOf(), also for the windows that this one opens.
    void setHeapOf(const MapController::HeapOf& heapOf);

    [[nodiscard]] MapController& controller() { return m_controller; }
    [[nodiscard]] MessageBar& messages() { return *m_messages; }

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void makeContent();
    void makeToolbar();
    void makeMenus();
    void connectParts();
    void showMap(const std::shared_ptr<const MapDifference>& difference);
    void showRecordList();
    void showType(std::optional<MemoryType> type);
    void showRegion(quint64 start, quint64 end);
    void readPages();
    // The process of the map that is shown, when it is of now.
    [[nodiscard]] std::optional<ProcessIdentity> livingProcess() const;
    // Why there is none, and what to do about it. One sentence, without its end.
    [[nodiscard]] QString whyNotLiving() const;
    void setColumnNames(ColumnNames names);
    // This one, or another where maps would be lost that were read of the process here.
    [[nodiscard]] MapWindow& windowForAnother();
    void updateTitle();
    void chooseProcess();
    void chooseFile(bool isBaseline);
    void saveAs();
    void savePicture();
    void showSaved(const Expected<QString>& saved);
    void restore();

    Theme& m_theme;
    BackgroundJobs& m_jobs;
    Preferences& m_preferences;
    MapController::HeapOf m_heapOf; // may be empty
    MapController m_controller;

    MapInspection* m_inspection;
    MapTools* m_tools;
    MessageBar* m_messages;
    MapBars* m_bars;
    AddressStrip* m_strip;
    PageStrip* m_pages;
    MapSummaryTable* m_summary;
    MapTree* m_tree;
    MapHistory* m_history;
    QLabel* m_what;
    QLabel* m_status;
    QLabel* m_remarks;
    QAction* m_read = nullptr;
    QComboBox* m_period;
    QLineEdit* m_find;
    QWidget* m_content; // what a picture of the map shows
    QSplitter* m_upper;
    QSplitter* m_parts;
    AddressRange m_selected; // whose pages are shown; empty: none
};

} // namespace ringscope
