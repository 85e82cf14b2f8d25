// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <cstdint>
#include <optional>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/memory/map_snapshot.h"
#include "core/memory/memory_region.h"
#include "widgets/map/map_page_rows.h"
#include "widgets/map/page_strip.h"

class QWidget;

namespace ringscope {

class BackgroundJobs;
class ListDialog;

// Reads the pages of a range in that many columns, for the strip. Not for the GUI thread. Errors as
// PageStatesReader's.
[[nodiscard]] Expected<PageColumns> readPageColumns(const ProcessIdentity& process,
                                                    const AddressRange& range,
                                                    std::uint64_t pageSize, std::size_t columns);

// What is looked at in one process only when somebody asks: the pages of a region, the texts in it,
// and who else maps what it maps. Everything off the GUI thread. GUI thread only.
class MapInspection : public QObject {
    Q_OBJECT

public:
    MapInspection(QWidget& window, BackgroundJobs& jobs);

    // Empty ends it. The answer comes as pagesRead().
    void showPages(const std::optional<ProcessIdentity>& process, const AddressRange& range,
                   std::uint64_t pageSize);
    // Asks first: texts may be secrets. Then a list of them.
    void askForStrings(const ProcessIdentity& process, const AddressRange& range);
    // A list of its pages, neighbours that are the same together.
    void listPages(const ProcessIdentity& process, const AddressRange& range);
    // The same for the rows below a mapping; the answer comes as pageRowsRead(),
    // with no rows where they cannot be read.
    void readPageRows(const ProcessIdentity& process, const AddressRange& range,
                      std::uint64_t pageSize);
    // A list of the processes that map the same object.
    void showMappers(const QString& name, const MemoryRegion& region);

Q_SIGNALS:
    void pagesRead(const std::optional<ringscope::PageColumns>& pages);
    void pageRowsRead(const ringscope::MapPageRows& rows);
    void failed(const ringscope::Error& error);

private:
    void showStrings(const ProcessIdentity& process, const AddressRange& range);
    // More of them into the list, which has those of readBytes so far.
    void addStrings(ListDialog* dialog, const ProcessIdentity& process, const AddressRange& rest,
                    std::uint64_t readBytes);

    QWidget& m_window;
    BackgroundJobs& m_jobs;
    std::uint64_t m_pagesTurn = 0; // tells late answers
};

} // namespace ringscope
