// SPDX-License-Identifier: MIT
// Whole sessions over our own workers and programs: what the tracks, the file and the summary say
// must be what happened.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <regex>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/ring/segment.h"
#include "core/session/heap_record.h"
#include "core/session/live_session.h"
#include "core/session/session_file.h"
#include "core/workload/scenario.h"
#include "tests/support/patience.h"
#include "tests/support/temporary_folder.h"

namespace ringscope {
namespace {

Scenario shortScenario() {
    Scenario scenario;
    scenario.name = "short";
    scenario.ring.capacity = 256;
    scenario.workers.producers = 1;
    scenario.workers.consumers = 1;
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 2000;
    scenario.run.warmUpNs = 100 * kNsPerMs;
    scenario.run.durationNs = kNsPerSecond;
    scenario.run.latencyOneIn = 1;
    return scenario;
}

double lastValue(const SessionView& view, const std::string& name) {
    const auto track = view.find(name);
    if (!track) {
        ADD_FAILURE() << "no track " << name;
        return NAN;
    }
    const SampleTableView& samples = view.samples(*track);
    return samples.rows() == 0 ? NAN : samples.valueAt(track->column, samples.rows() - 1);
}

TEST(LiveWorkload, SumsUpToWhatTheWorkersDid) {
    const TemporaryFolder folder;
    LiveOptions options;
    options.outputFile = folder.path() + "/run.ringscope";
    auto session = LiveSession::runScenario(shortScenario(), options);
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    const auto summary = (*session)->summary();
    ASSERT_TRUE(summary);
    ASSERT_TRUE(summary->messages);
    EXPECT_EQ(summary->outcome, "completed");
    EXPECT_TRUE(summary->isAccountedFor);
    EXPECT_GT(summary->messages->sent, 1000U);
    EXPECT_EQ(summary->messages->sent, summary->messages->received + summary->messages->inRing);

    const auto view = (*session)->view();
    const auto sent = static_cast<double>(summary->messages->sent);
    EXPECT_EQ(lastValue(*view, "messages.sent"), sent);
    EXPECT_EQ(lastValue(*view, "messages.received"),
              static_cast<double>(summary->messages->received));
    ASSERT_TRUE(summary->memory);
    EXPECT_GT(summary->memory->rssPeak, summary->memory->pssPeak);
    EXPECT_GT(summary->memory->pssPeak, 0U);
    EXPECT_TRUE((*session)->errors().empty());

    const auto file = SessionFile::open(options.outputFile);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ(file->view->damage, "");
    EXPECT_EQ(toJson(*file->summary), toJson(*summary));
    ASSERT_EQ(file->view->groups.size(), view->groups.size());
    for (std::size_t i = 0; i < view->groups.size(); ++i) {
        EXPECT_EQ(file->view->groups[i].samples.rows(), view->groups[i].samples.rows());
    }
    EXPECT_EQ(lastValue(*file->view, "messages.sent"), sent);
}

// A large ring is looked at a part at a time; what stays on the screen must be all of one moment.
TEST(LiveWorkload, LastPictureOfTheSlotsIsThatOfTheEnd) {
    Scenario scenario = shortScenario();
    scenario.ring.capacity = 16 * kSlotsPerBlock;
    scenario.run.durationNs = 300 * kNsPerMs;
    auto session = LiveSession::runScenario(scenario, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    const auto snapshot = (*session)->view()->slotSnapshot;
    ASSERT_TRUE(snapshot);
    ASSERT_EQ(snapshot->blocks.size(), 16U);
    std::uint64_t ready = 0;
    for (const auto& block : snapshot->blocks) {
        ASSERT_TRUE(block);
        EXPECT_EQ(block->readAtNs, snapshot->timeNs);
        ready += static_cast<std::uint64_t>(
            std::count(block->states.begin(), block->states.end(), SlotState::ready));
    }
    EXPECT_EQ(ready, (*session)->summary()->messages->inRing);
}

TEST(LiveWorkload, NamesDeathsRepairsAndWhatWasLostWithTheirHolder) {
    Scenario scenario = shortScenario();
    scenario.recovery = {true, 20 * kNsPerMs};
    FaultSettings fault;
    fault.role = FaultRole::consumer;
    fault.probability = 0.002;
    fault.count = 2;
    scenario.faults.push_back(fault);
    LiveOptions options;
    options.heapMode = HeapMode::off;
    auto session = LiveSession::runScenario(scenario, options);
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    const auto summary = (*session)->summary();
    ASSERT_TRUE(summary && summary->recovery);
    EXPECT_TRUE(summary->isAccountedFor);
    EXPECT_EQ(summary->recovery->deaths, 2U);
    EXPECT_EQ(summary->recovery->slotsOfMessages, 2U);
    ASSERT_EQ(summary->lostMessages.size(), 2U);
    EXPECT_EQ(summary->lostMessages[0].holder, "consumer 0");
    EXPECT_EQ(summary->messages->lostWithHolder, 2U);
    int deaths = 0;
    int repairs = 0;
    for (const Marker& marker : *(*session)->view()->markers) {
        deaths += marker.kind == MarkerKind::workerDied ? 1 : 0;
        repairs += marker.text.rfind("repaired: C0 (pid ", 0) == 0 ? 1 : 0;
    }
    EXPECT_EQ(deaths, 2);
    EXPECT_EQ(repairs, 2);
}

TEST(LiveWorkload, StopsWithinASecondAndLeavesNoRing) {
    Scenario scenario = shortScenario();
    scenario.run.durationNs = 0;
    LiveOptions options;
    options.heapMode = HeapMode::off;
    std::string ring;
    const std::int64_t tookNs = shortestOfFive(kNsPerSecond, [&] {
        auto session = LiveSession::runScenario(scenario, options);
        if (!session || !eventually([&] { return (*session)->view()->ring != nullptr; })) {
            ADD_FAILURE() << (session ? "it has no ring" : session.error().message);
            return INT64_MAX;
        }
        ring = (*session)->view()->ring->name;
        const std::int64_t askedNs = monotonicNs();
        (*session)->requestStop();
        EXPECT_TRUE((*session)->waitFor(kPatienceNs));
        EXPECT_EQ((*session)->summary()->outcome, "interrupted");
        EXPECT_NE(access(("/dev/shm/" + ring).c_str(), F_OK), 0);
        return monotonicNs() - askedNs;
    });
    EXPECT_LE(tookNs, kNsPerSecond);
}

TEST(LiveWorkload, LeavesNothingBehindWhenItIsDestroyedWhileRunning) {
    Scenario scenario = shortScenario();
    scenario.run.durationNs = 0;
    auto session = LiveSession::runScenario(scenario, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE(eventually([&] {
        const auto seen = (*session)->view();
        return seen->ring && !seen->workers->empty();
    }));
    const auto view = (*session)->view();
    session->reset();
    EXPECT_NE(access(("/dev/shm/" + view->ring->name).c_str(), F_OK), 0);
    for (const WorkerRow& worker : *view->workers) {
        EXPECT_NE(kill(worker.pid, 0), 0) << worker.pid;
    }
}

TEST(LiveWorkload, RefusesAnUnwritableFileBeforeAnythingIsStarted) {
    LiveOptions options;
    options.outputFile = "/no/such/folder/run.ringscope";
    const auto session = LiveSession::runScenario(shortScenario(), options);
    ASSERT_FALSE(session.has_value());
    EXPECT_NE(session.error().message.find(options.outputFile), std::string::npos);
}

// docs/tracks.md with its placeholders filled in lists exactly what a workload brings.
TEST(LiveWorkload, HasOnlyTracksThatAreDocumented) {
    const auto text = readFile(std::string(TRACKS_DOCUMENT));
    ASSERT_TRUE(text.has_value());
    std::set<std::string> documented;
    const std::regex row("\\n\\| `([^`]+)` \\| (gauge|counter) \\|");
    for (std::sregex_iterator it(text->begin(), text->end(), row), end; it != end; ++it) {
        documented.insert((*it)[1].str());
    }
    Scenario scenario = shortScenario();
    scenario.run.durationNs = 1500 * kNsPerMs;
    auto session = LiveSession::runScenario(scenario, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    std::set<std::string> found;
    for (const TrackGroup& group : (*session)->view()->groups) {
        for (const TrackDescription& track : *group.tracks) {
            std::string name = std::regex_replace(track.name, std::regex("^[PCW][0-9]+\\."), "P0.");
            name = std::regex_replace(name, std::regex("^ring\\.ch[0-9]+\\."), "ring.chN.");
            found.insert(name);
            EXPECT_FALSE(track.help.empty()) << track.name;
            EXPECT_FALSE(track.label.empty()) << track.name;
        }
    }
    for (const std::string& name : found) {
        EXPECT_TRUE(documented.contains(name)) << name << " is not in docs/tracks.md";
    }
    for (const std::string& name : documented) {
        EXPECT_TRUE(found.contains(name)) << name << " is in docs/tracks.md only";
    }
}

// The program compares nothing itself: the same one allocating 1000 blocks more must read 1000
// more, whatever its start-up allocates.
std::uint64_t allocationsOf(const std::string& blocks) {
    auto session = LiveSession::runCommand({ALLOCATING_TARGET, blocks}, {});
    if (!session || !(*session)->waitFor(kPatienceNs) || !(*session)->summary()->heap) {
        ADD_FAILURE() << "not recorded";
        return 0;
    }
    return (*session)->summary()->heap->allocations;
}

TEST(LiveCommand, CountsExactlyWhatAProgramAllocates) {
    EXPECT_EQ(allocationsOf("1234") - allocationsOf("234"), 1000U);
}

TEST(LiveCommand, ReadsTheLedgerOfAProgramThatEndsAtOnce) {
    auto session = LiveSession::runCommand({ALLOCATING_TARGET, "10"}, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    const auto summary = (*session)->summary();
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->outcome, "completed");
    ASSERT_TRUE(summary->heap) << "its ledger was read although it ended at once";
    EXPECT_EQ(static_cast<double>(summary->heap->allocations),
              lastValue(*(*session)->view(), "heap.allocations"));
    EXPECT_LE(summary->heap->frees, summary->heap->allocations);
}

// What is recorded of a program's heap changes while it runs.
TEST(LiveCommand, RecordsCallStacksFromWhenItIsAskedTo) {
    auto session = LiveSession::runCommand({PROFILE_TARGET, "steady"}, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    const auto waitUntil = [&](auto holds) {
        for (int i = 0; i < 1000 && !holds(*(*session)->view()); ++i) {
            (void)(*session)->waitFor(10 * kNsPerMs);
        }
        return holds(*(*session)->view());
    };
    const auto hasMarker = [](const std::string& text) {
        return [text](const SessionView& view) {
            return std::any_of(view.markers->begin(), view.markers->end(), [&](const auto& each) {
                return each.text.find(text) != std::string::npos;
            });
        };
    };
    ASSERT_TRUE(waitUntil([](const SessionView& view) { return view.find("heap.allocations"); }));
    (*session)->setHeapMode(HeapMode::exact);
    ASSERT_TRUE(waitUntil(hasMarker("every block is recorded")));
    (*session)->setHeapMode(HeapMode::counts);
    ASSERT_TRUE(waitUntil(hasMarker("only counted from now on")));
    // Those that were recorded are followed: it frees all of them within 1000 more.
    ASSERT_TRUE(waitUntil([&](const SessionView& view) {
        (*session)->requestHeaps();
        return view.liveHeaps && !view.liveHeaps->empty() &&
               view.liveHeaps->front()->profile.total.blocks > 0 &&
               view.liveHeaps->front()->profile.total.liveBlocks == 0;
    }));
    (*session)->requestStop();
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    ASSERT_EQ((*session)->view()->heaps->size(), 1U) << "and it is in the session";
    EXPECT_EQ((*session)->view()->heaps->front()->profile.total.liveBlocks, 0U);
}

TEST(LiveCommand, SaysHowAProgramDied) {
    LiveOptions options;
    options.heapMode = HeapMode::off;
    auto session = LiveSession::runCommand({"sh", "-c", "sleep 0.2; kill -SEGV $$"}, options);
    ASSERT_TRUE(session.has_value()) << session.error().message;
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    EXPECT_EQ((*session)->summary()->workers.at(0).outcome, "killed by SIGSEGV");
    const auto view = (*session)->view();
    ASSERT_EQ(view->markers->size(), 1U);
    EXPECT_EQ(view->markers->front().kind, MarkerKind::workerDied);
}

TEST(LiveCommand, RefusesAProgramThatIsMissing) {
    const auto session = LiveSession::runCommand({"no-such-program-of-ringscope"}, {});
    ASSERT_FALSE(session.has_value());
    EXPECT_EQ(session.error().kind, ErrorKind::target);
    EXPECT_FALSE(LiveSession::runCommand({}, {}).has_value());
}

TEST(LiveRing, ShowsASegmentAndTheSlotThatIsAskedFor) {
    SegmentSpec spec;
    spec.name = segmentName("live-test");
    spec.channels = {{64, 64, 0, "first"}, {128, 64, 0, "second"}};
    const auto segment = Segment::create(spec);
    ASSERT_TRUE(segment.has_value()) << segment.error().message;
    auto session = LiveSession::attachRing(spec.name, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    (*session)->requestSlotDetail(1, 5);
    std::shared_ptr<const SlotSnapshot> shown;
    ASSERT_TRUE(eventually([&] {
        shown = (*session)->view()->slotSnapshot;
        return shown && shown->detail;
    }));
    EXPECT_EQ(shown->channelName, "second");
    EXPECT_EQ(shown->detail->slot, 5U);
    EXPECT_TRUE((*session)->view()->find("ring.ch1.fill"));
    (*session)->requestStop();
    EXPECT_TRUE((*session)->waitFor(kPatienceNs));
    EXPECT_EQ(access(("/dev/shm/" + spec.name).c_str(), F_OK), 0) << "it is not ours to remove";
    EXPECT_FALSE(LiveSession::attachRing("no-such-ring-of-ringscope", {}).has_value());
}

// Of the source "slots"; 0 before its first sample is published.
std::int64_t slotPeriodNs(const LiveSession& session) {
    for (const SourceStatus& source : session.view()->sources) {
        if (source.name == "slots" && source.samples > 0) {
            return source.periodNs;
        }
    }
    return 0;
}

TEST(LiveRing, ReadsSlotsOftenOnlyWhileSomebodyLooks) {
    SegmentSpec spec;
    spec.name = segmentName("live-slots-test");
    spec.channels = {{64, 64, 0, ""}};
    const auto segment = Segment::create(spec);
    ASSERT_TRUE(segment.has_value()) << segment.error().message;
    auto session = LiveSession::attachRing(spec.name, {});
    ASSERT_TRUE(session.has_value()) << session.error().message;
    EXPECT_TRUE(eventually([&] { return slotPeriodNs(**session) == 500 * kNsPerMs; }));
    (*session)->watchChannel(0);
    EXPECT_TRUE(eventually([&] { return slotPeriodNs(**session) == 50 * kNsPerMs; }));
    const std::int64_t askedNs = monotonicNs();
    (*session)->requestStop();
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    ASSERT_TRUE((*session)->view()->slotSnapshot);
    EXPECT_GE((*session)->view()->slotSnapshot->timeNs, askedNs) << "the end is shown too";
}

} // namespace
} // namespace ringscope
