// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/session_tables.h"

#include <gtest/gtest.h>

#include "tests/support/session_builder.h"
#include "widgets/tables/cell_text.h"

namespace ringscope {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// What a reader sees in the column of that title.
std::string shown(const std::vector<TableColumn>& columns, const TableRow& row, const char* title) {
    for (std::size_t at = 0; at < columns.size(); ++at) {
        if (columns[at].title == QLatin1String(title)) {
            return cellText(columns[at], row.cells[at], ByteScale::automatic).toStdString();
        }
    }
    return "no such column";
}

TEST(SessionTables, EveryRowHasACellForEveryColumn) {
    SessionView view =
        SessionBuilder().track("memory.type.Heap", TrackKind::gauge, Unit::bytes, {{1, 5}}).build();
    view.workers = std::make_shared<const std::vector<WorkerRow>>(2);
    view.markers = std::make_shared<const std::vector<Marker>>(2);
    view.sources.resize(2);
    const auto check = [](const std::vector<TableColumn>& columns,
                          const std::vector<TableRow>& rows) {
        ASSERT_FALSE(rows.empty());
        for (const TableRow& row : rows) {
            EXPECT_EQ(row.cells.size(), columns.size());
        }
    };
    check(workerColumns(), workerRows(view));
    check(memoryTypeColumns(), memoryTypeRows(view, view.endNs));
    check(sourceColumns(), sourceRows(view));
    check(statisticsColumns(), statisticsRows(view, 0, 10));
    check(markerColumns(), markerRows(view));
}

TEST(SessionTables, AWorkerIsToldInFull) {
    WorkerRow worker;
    worker.role = "consumer";
    worker.index = 2;
    worker.pid = 4717;
    worker.state = WorkerState::died;
    worker.messages = 12'345;
    worker.messagesPerSecond = 812'000;
    worker.rssBytes = 5U << 20U;
    worker.lastPosition = 38'587;
    worker.outcome = "killed by SIGKILL at position 381 of channel 0";
    SessionView view;
    view.workers = std::make_shared<const std::vector<WorkerRow>>(1, worker);
    const auto columns = workerColumns();
    const TableRow row = workerRows(view).at(0);
    EXPECT_EQ(shown(columns, row, "Worker"), "C2");
    EXPECT_EQ(shown(columns, row, "State"), "✕ died");
    EXPECT_EQ(shown(columns, row, "Rate"), "–") << "of a worker that has ended there is none";
    EXPECT_EQ(shown(columns, row, "Messages"), "12.3 k");
    EXPECT_EQ(shown(columns, row, "Full"), "");
    EXPECT_EQ(shown(columns, row, "RSS"), "5 MiB");
    EXPECT_EQ(shown(columns, row, "PID"), "4717");
    EXPECT_EQ(shown(columns, row, "Last position"), "38\u202F587");
    EXPECT_EQ(shown(columns, row, "Outcome"), worker.outcome);
}

TEST(SessionTables, ARateIsOfAWorkerThatRuns) {
    std::vector<WorkerRow> workers(4);
    for (WorkerRow& worker : workers) {
        worker.state = WorkerState::running;
        worker.messages = 9;
    }
    workers[0].messagesPerSecond = 812'000;
    workers[2].state = WorkerState::finished;
    workers[2].messagesPerSecond = 5;
    workers[3].messages = 0; // a process that is only watched
    SessionView view;
    view.workers = std::make_shared<const std::vector<WorkerRow>>(workers);
    const auto columns = workerColumns();
    const auto rows = workerRows(view);
    EXPECT_EQ(shown(columns, rows.at(0), "Rate"), "812 k/s");
    EXPECT_EQ(shown(columns, rows.at(1), "Rate"), "0 /s");
    EXPECT_EQ(shown(columns, rows.at(2), "Rate"), "–");
    EXPECT_EQ(shown(columns, rows.at(3), "Rate"), "");
}

TEST(SessionTables, MemoryIsThatOfTheInstantWithSharesThatAddUp) {
    const SessionView view =
        SessionBuilder()
            .track("memory.type.Heap", TrackKind::gauge, Unit::bytes,
                   {{kSecond, 100}, {2 * kSecond, 300}})
            .track("memory.type.Shareable", TrackKind::gauge, Unit::bytes,
                   {{kSecond, 300}, {2 * kSecond, 700}})
            .track("memory.type.Stack", TrackKind::gauge, Unit::bytes, {{kSecond, 0}})
            .build();
    const auto now = memoryTypeRows(view, 2 * kSecond);
    ASSERT_EQ(now.size(), 2U); // nothing of what there is nothing of
    EXPECT_EQ(now[0].key, QStringLiteral("Shareable"));
    EXPECT_EQ(now[0].cells[0].chip, MemoryType::shareable);
    EXPECT_DOUBLE_EQ(now[0].cells[1].number, 700);
    EXPECT_DOUBLE_EQ(now[0].cells[2].number, 0.7);
    EXPECT_DOUBLE_EQ(now[1].cells[2].number, 0.3);
    EXPECT_DOUBLE_EQ(memoryTypeRows(view, kSecond)[1].cells[1].number, 100);
}

TEST(SessionTables, StatisticsAreThoseOfTheRange) {
    const SessionView view =
        SessionBuilder()
            .track("messages.sent", TrackKind::counter, Unit::count,
                   {{0, 0}, {kSecond, 100}, {2 * kSecond, 400}, {3 * kSecond, 900}})
            .track("ring.ch0.fill", TrackKind::gauge, Unit::percent,
                   {{kSecond, 10}, {2 * kSecond, 30}})
            .track("later", TrackKind::gauge, Unit::percent, {{9 * kSecond, 10}})
            .build();
    const auto rows = statisticsRows(view, kSecond, 2 * kSecond);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].key, QStringLiteral("messages.sent"));
    EXPECT_EQ(shown(statisticsColumns(), rows[0], "Total"), "300");
    EXPECT_EQ(shown(statisticsColumns(), rows[0], "Mean"), "300 /s");
    EXPECT_EQ(shown(statisticsColumns(), rows[1], "Min"), "10 %");
    EXPECT_EQ(shown(statisticsColumns(), rows[1], "Max"), "30 %");
    EXPECT_EQ(shown(statisticsColumns(), rows[1], "Total"), ""); // a level has none
}

TEST(SessionTables, SourcesTellRateCostAndLoad) {
    SessionView view;
    view.sources = {{"PSS", 500'000'000, 5'000'000, 1'234, 3}};
    const auto columns = sourceColumns();
    const TableRow row = sourceRows(view).at(0);
    EXPECT_EQ(shown(columns, row, "Rate"), "2 /s");
    EXPECT_EQ(shown(columns, row, "Cost"), "5 ms");
    EXPECT_EQ(shown(columns, row, "Load"), "1 %");
    EXPECT_EQ(shown(columns, row, "Samples"), "1\u202F234");
    EXPECT_EQ(shown(columns, row, "Lost"), "3");
}

TEST(SessionTables, MarkersKnowTheirTime) {
    SessionView view;
    auto provenance = std::make_shared<Provenance>();
    provenance->startMonotonicNs = 10 * kSecond;
    view.provenance = provenance;
    view.markers = std::make_shared<const std::vector<Marker>>(
        1, Marker{93 * kSecond + 456'000'000, MarkerKind::workerDied, "C2 was killed"});
    const TableRow row = markerRows(view).at(0);
    EXPECT_EQ(row.value, 93 * kSecond + 456'000'000);
    EXPECT_EQ(row.cells[0].text, QStringLiteral("00:01:23.456"));
    EXPECT_EQ(row.cells[2].text, QStringLiteral("C2 was killed"));
}

} // namespace
} // namespace ringscope
