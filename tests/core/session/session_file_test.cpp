// SPDX-License-Identifier: MIT
#include "core/session/session_file.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/session/session.h"
#include "core/session/session_frame.h"
#include "core/session/session_writer.h"
#include "core/session/slot_coding.h"
#include "core/session/stall_coding.h"
#include "tests/support/temporary_folder.h"

namespace ringscope {
namespace {

constexpr std::int64_t kStartNs = 5'000'000'000;

Provenance testProvenance() {
    Provenance provenance;
    provenance.version = "1.2.3";
    provenance.machine = "a machine \xff not UTF-8";
    provenance.kernel = "Linux 6.1";
    provenance.scenario = "steady";
    provenance.scenarioToml = "[ring]\ncapacity = 1024\n";
    provenance.seed = 0xFFFF'FFFF'FFFF'FFFF;
    provenance.startMonotonicNs = kStartNs;
    provenance.startWallNs = 1'700'000'000'000'000'000;
    return provenance;
}

std::shared_ptr<const SlotSnapshot> testSlots(std::int64_t timeNs) {
    auto snapshot = std::make_shared<SlotSnapshot>();
    snapshot->timeNs = timeNs;
    snapshot->epochNs = kStartNs;
    snapshot->cursors = {2, 8192, 40'000, 40'010};
    snapshot->channelName = "orders";
    snapshot->slotStride = 128;
    snapshot->payloadCapacity = 80;
    snapshot->blocks.resize(2);
    auto block = std::make_shared<SlotBlock>();
    block->readAtNs = timeNs;
    block->count = kSlotsPerBlock;
    for (std::size_t i = 0; i < kSlotsPerBlock; ++i) {
        block->states[i] = static_cast<SlotState>(i % kSlotStateCount);
        block->sequences[i] = 40'000 + i * 3;
        block->changedAtMs[i] = static_cast<std::uint32_t>(i % 100);
    }
    snapshot->blocks[1] = block;
    snapshot->holders.push_back({40'001, 2, 4711, 4712, true, false});
    return snapshot;
}

// A small session with one of everything.
std::unique_ptr<Session> smallSession(int rows) {
    auto session = std::make_unique<Session>(testProvenance());
    const GroupId ring = session->addGroup(
        "cursors", {{"ring.ch0.fill", "ch0", Unit::percent, TrackKind::gauge, "Fill."},
                    {"ring.ch0.sent", "sent", Unit::count, TrackKind::counter, "Sent."}});
    const GroupId memory = session->addGroup(
        "memory", {{"memory.rss", "RSS", Unit::bytes, TrackKind::gauge, "Resident."}});
    for (int row = 0; row < rows; ++row) {
        const std::int64_t timeNs = kStartNs + row * std::int64_t{1000000};
        session->append(ring, timeNs, std::vector<double>{row % 7 * 12.5, row * 3.0});
        if (row % 50 == 0) {
            session->append(memory, timeNs, std::vector<double>{row == 0 ? NAN : row * 4096.0});
        }
    }
    session->addMarker({kStartNs + 7, MarkerKind::stall, "stuck"});
    session->addMarker({kStartNs + 3, MarkerKind::user, "here"});
    WorkerRow worker;
    worker.role = "producer";
    worker.index = 3;
    worker.pid = 4711;
    worker.tid = 4712;
    worker.state = WorkerState::died;
    worker.messages = std::uint64_t{1} << 63U;
    worker.messagesPerSecond = 0.1;
    worker.fullWaits = 5;
    worker.emptyWaits = 6;
    worker.lastPosition = 381;
    worker.rssBytes = 4096;
    worker.outcome = "killed by SIGKILL";
    session->setWorkers({worker});
    ParticipantRow participant;
    participant.isProducer = true;
    participant.channel = 1;
    participant.pid = 4711;
    participant.command = "writer";
    participant.liveness = Liveness::dead;
    participant.heldFirst = 7;
    participant.heldCount = 2;
    participant.heldNs = 1'500'000'000;
    participant.blocked = Blocked::consumers;
    session->setParticipants({participant});
    session->addStall(std::make_shared<const StallPicture>(
        StallPicture{kStartNs + 7, "stuck", testSlots(kStartNs + 7), {participant}}));
    session->setRing({"ringscope-test", 1 << 20, 1088, true, {{0, 1024, 5, 9}, {1, 2048, 1, 1}}});
    session->setSlotSnapshot(testSlots(kStartNs + 10));
    session->setSources({{"cursors", 1'000'000, 900, 1000, 3}});
    session->setSelf({3.5, 12345678});
    return session;
}

RunSummary smallSummary() {
    RunSummary summary;
    summary.scenario = "steady";
    summary.outcome = "completed";
    summary.seed = 7;
    summary.durationSeconds = 1.5;
    summary.messages.emplace(RunSummary::Messages{}).sent = 100;
    summary.messages->received = 99;
    summary.messages->lost = summary.messages->lostWithHolder = 1;
    summary.recovery = RunSummary::Recovery{3, 2, 1, 4, 5, 6, 7, {"position 9 waits for pid 8"}};
    summary.lostMessages.push_back({1, 0, 42, 43, "consumer 3", 44});
    summary.workers.push_back({"producer", 1, 2, 3, 4, "completed"});
    return summary;
}

class SessionFileTest : public testing::Test {
protected:
    std::string path(const std::string& name = "test.ringscope") const {
        return m_folder.path() + "/" + name;
    }
    // Writes a whole session; its file's bytes.
    std::string record(Session& session, const RunSummary& summary) {
        auto writer = SessionWriter::create(path());
        EXPECT_TRUE(writer.has_value()) << writer.error().message;
        Latest<SessionView> latest;
        session.publish(kStartNs, true, latest);
        EXPECT_TRUE((*writer)->begin(session.provenance(), latest).has_value());
        (*writer)->finish(session.makeView(kStartNs, false), summary);
        EXPECT_FALSE((*writer)->status().error);
        return *readFile(path());
    }
    static Expected<SessionFile> readBytes(const std::string& bytes) {
        const FileDescriptor file(memfd_create("session", MFD_CLOEXEC));
        EXPECT_EQ(write(file.get(), bytes.data(), bytes.size()),
                  static_cast<ssize_t>(bytes.size()));
        return SessionFile::read(file, "test.ringscope");
    }

    TemporaryFolder m_folder;
};

void expectSameSamples(const SampleTableView& a, const SampleTableView& b) {
    ASSERT_EQ(a.rows(), b.rows());
    ASSERT_EQ(a.columns(), b.columns());
    for (std::size_t row = 0; row < a.rows(); ++row) {
        EXPECT_EQ(a.timeAt(row), b.timeAt(row));
        for (std::size_t column = 0; column < a.columns(); ++column) {
            const double x = a.valueAt(column, row);
            const double y = b.valueAt(column, row);
            EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y))) << x << " " << y;
        }
    }
}

TEST_F(SessionFileTest, BringsASessionBackAsItWas) {
    const auto session = smallSession(9000); // more than two chunks
    record(*session, smallSummary());
    const auto file = SessionFile::open(path());
    ASSERT_TRUE(file.has_value()) << file.error().message;
    const SessionView& view = *file->view;
    const auto before = session->makeView(0, false);

    EXPECT_EQ(view.damage, "");
    EXPECT_FALSE(view.isLive);
    EXPECT_EQ(view.startNs, before->startNs);
    EXPECT_EQ(view.endNs, before->endNs);
    EXPECT_EQ(view.provenance->seed, before->provenance->seed);
    EXPECT_EQ(view.provenance->scenarioToml, before->provenance->scenarioToml);
    EXPECT_EQ(view.provenance->startWallNs, before->provenance->startWallNs);
    ASSERT_EQ(view.groups.size(), 2U);
    for (std::size_t group = 0; group < 2; ++group) {
        EXPECT_EQ(view.groups[group].source, before->groups[group].source);
        for (std::size_t track = 0; track < view.groups[group].tracks->size(); ++track) {
            const TrackDescription& is = (*view.groups[group].tracks)[track];
            const TrackDescription& was = (*before->groups[group].tracks)[track];
            EXPECT_EQ(is.name, was.name);
            EXPECT_EQ(is.label, was.label);
            EXPECT_EQ(is.unit, was.unit);
            EXPECT_EQ(is.kind, was.kind);
            EXPECT_EQ(is.help, was.help);
        }
        expectSameSamples(view.groups[group].samples, before->groups[group].samples);
    }
    EXPECT_EQ(view.groups[0].samples.summarize(1, 0, 9000).max, 8999 * 3.0);
}

TEST_F(SessionFileTest, BringsMarkersWorkersRingAndSourcesBack) {
    const auto session = smallSession(10);
    record(*session, smallSummary());
    const auto file = SessionFile::open(path());
    ASSERT_TRUE(file.has_value());
    const SessionView& view = *file->view;
    ASSERT_EQ(view.markers->size(), 2U);
    EXPECT_EQ(view.markers->at(0).text, "here");
    EXPECT_EQ(view.markers->at(1).kind, MarkerKind::stall);
    ASSERT_EQ(view.workers->size(), 1U);
    const WorkerRow& worker = view.workers->front();
    EXPECT_EQ(worker.state, WorkerState::died);
    EXPECT_EQ(worker.messages, std::uint64_t{1} << 63U);
    EXPECT_EQ(worker.outcome, "killed by SIGKILL");
    EXPECT_EQ(worker.lastPosition, 381U);
    ASSERT_TRUE(view.participants);
    EXPECT_EQ(*view.participants, *session->makeView(0, false)->participants);
    EXPECT_EQ(view.participants->at(0).command, "writer");
    ASSERT_TRUE(view.ring);
    EXPECT_TRUE(view.ring->isDmxp);
    ASSERT_EQ(view.ring->channels.size(), 2U);
    EXPECT_EQ(view.ring->channels[0].tail, 9U);
    ASSERT_EQ(view.sources.size(), 1U);
    EXPECT_EQ(view.sources[0].lost, 3U);
    EXPECT_EQ(view.self.rssBytes, 12345678U);
    ASSERT_TRUE(file->summary);
    EXPECT_EQ(toJson(*file->summary), toJson(smallSummary()));
}

TEST_F(SessionFileTest, BringsThePicturesOfStallsBack) {
    const auto session = smallSession(10);
    record(*session, smallSummary());
    const auto file = SessionFile::open(path());
    ASSERT_TRUE(file.has_value());
    ASSERT_EQ(file->view->stalls->size(), 1U);
    const auto stall = file->view->stallAt(kStartNs + 7);
    ASSERT_NE(stall, nullptr);
    EXPECT_EQ(stall->text, "stuck");
    EXPECT_EQ(stall->participants, session->makeView(0, false)->stalls->at(0)->participants);
    const auto was = testSlots(kStartNs + 7);
    EXPECT_EQ(stall->slotSnapshot->cursors.tail, was->cursors.tail);
    ASSERT_EQ(stall->slotSnapshot->blocks.size(), was->blocks.size());
    for (std::size_t i = 0; i < was->blocks.size(); ++i) {
        ASSERT_EQ(was->blocks[i] == nullptr, stall->slotSnapshot->blocks[i] == nullptr);
        if (was->blocks[i]) {
            EXPECT_EQ(stall->slotSnapshot->blocks[i]->states, was->blocks[i]->states);
            EXPECT_EQ(stall->slotSnapshot->blocks[i]->sequences, was->blocks[i]->sequences);
        }
    }
}

TEST(StallCoding, RefusesWhatMakesNoSense) {
    const StallPicture stall{5, "stuck", testSlots(5), {}};
    const std::string whole = encodeStall(stall);
    ASSERT_NE(decodeStall(whole), nullptr);
    for (std::size_t cut = 0; cut < whole.size(); cut += whole.size() / 97 + 1) {
        const auto decoded = decodeStall(whole.substr(0, cut)); // may be whole blocks, never more
        EXPECT_TRUE(!decoded || decoded->slotSnapshot) << cut;
    }
    EXPECT_EQ(decodeStall(""), nullptr);
    EXPECT_EQ(decodeStall(std::string(40, '\xff')), nullptr);
}

TEST_F(SessionFileTest, BringsSlotsBack) {
    const auto session = smallSession(10);
    record(*session, smallSummary());
    const auto file = SessionFile::open(path());
    ASSERT_TRUE(file.has_value());
    const auto& is = file->view->slotSnapshot;
    const auto was = testSlots(kStartNs + 10);
    ASSERT_TRUE(is);
    EXPECT_EQ(is->channelName, "orders");
    EXPECT_EQ(is->cursors.tail, 40'010U);
    ASSERT_EQ(is->blocks.size(), 2U);
    EXPECT_FALSE(is->blocks[0]);
    ASSERT_TRUE(is->blocks[1]);
    EXPECT_EQ(is->blocks[1]->states, was->blocks[1]->states);
    EXPECT_EQ(is->blocks[1]->sequences, was->blocks[1]->sequences);
    EXPECT_EQ(is->blocks[1]->changedAtMs, was->blocks[1]->changedAtMs);
    ASSERT_EQ(is->holders.size(), 1U);
    EXPECT_EQ(is->holders[0].tid, 4712);
    EXPECT_TRUE(is->holders[0].isProducer);
}

// Of a ring whose every block changes all the time, each frame has room for some: all get their
// turn.
TEST_F(SessionFileTest, WritesEveryBlockOfALargeRingInTurn) {
    constexpr std::size_t kBlocks = 3 * kMaxBlocksPerFrame;
    SlotEncoder encoder;
    std::shared_ptr<const SlotSnapshot> decoded;
    for (int frame = 0; frame < 3; ++frame) {
        SlotSnapshot snapshot;
        snapshot.cursors = {0, kBlocks * kSlotsPerBlock, 0, 0};
        for (std::size_t i = 0; i < kBlocks; ++i) {
            auto block = std::make_shared<SlotBlock>();
            block->count = kSlotsPerBlock;
            snapshot.blocks.push_back(std::move(block));
        }
        const std::string bytes = encoder.encode(snapshot);
        decoded = decodeSlots(ByteReader(bytes), decoded);
        ASSERT_TRUE(decoded);
    }
    for (const auto& block : decoded->blocks) {
        EXPECT_TRUE(block);
    }
}

// Without its index a file is read frame by frame; what lies between two frames is damage.
TEST_F(SessionFileTest, CountsADamagedFrameOfACutFile) {
    const auto session = smallSession(300);
    std::string bytes = record(*session, smallSummary());
    bytes.resize(bytes.size() - sizeof(SessionFileTrailer));
    const std::size_t second = bytes.find("RSFM", bytes.find("RSFM") + 4);
    ASSERT_NE(second, std::string::npos);
    bytes[second] = 'X';
    const auto file = readBytes(bytes);
    ASSERT_TRUE(file.has_value());
    EXPECT_NE(file->view->damage.find("1 damaged part ("), std::string::npos) << file->view->damage;
}

TEST_F(SessionFileTest, OpensCutAnywhereAndSaysSo) {
    const std::string whole = record(*smallSession(60), smallSummary());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto file = readBytes(whole.substr(0, length));
        if (length < sizeof(SessionFileHeader)) {
            ASSERT_FALSE(file.has_value()) << length;
            EXPECT_EQ(file.error().kind, ErrorKind::damaged);
            continue;
        }
        ASSERT_TRUE(file.has_value()) << length << ": " << file.error().message;
        EXPECT_NE(file->view->damage, "") << length;
        for (const TrackGroup& group : file->view->groups) {
            EXPECT_LE(group.samples.rows(), 60U);
        }
    }
}

TEST_F(SessionFileTest, KeepsEveryWholeFrameOfACutFile) {
    const auto session = smallSession(2000);
    const std::string whole = record(*session, smallSummary());
    // The index, its trailer, and a bit of what is before them are gone.
    const auto file = readBytes(whole.substr(0, whole.size() - 64));
    ASSERT_TRUE(file.has_value());
    expectSameSamples(file->view->groups[0].samples,
                      session->makeView(0, false)->groups[0].samples);
    EXPECT_NE(file->view->damage.find("not ended"), std::string::npos) << file->view->damage;
}

TEST_F(SessionFileTest, SurvivesAnyFlippedBit) {
    const std::string whole = record(*smallSession(60), smallSummary());
    std::mt19937 random(3);
    int silent = 0;
    for (std::size_t byte = 0; byte < whole.size(); ++byte) {
        std::string flipped = whole;
        flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << random() % 8));
        const auto file = readBytes(flipped);
        if (byte >= 8 && byte < 12 && !file.has_value()) {
            continue;
        }
        ASSERT_TRUE(file.has_value()) << byte << ": " << file.error().message;
        silent += file->view->damage.empty() ? 1 : 0;
    }
    // Only padding between frames and the trailer's reserved bytes may change unseen.
    EXPECT_LT(silent, 8 * 16);
}

TEST_F(SessionFileTest, SurvivesManyFlippedBits) {
    const std::string whole = record(*smallSession(200), smallSummary());
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        std::string flipped = whole;
        for (unsigned i = 0; i <= seed % 40; ++i) {
            const std::size_t at = 64 + random() % (whole.size() - 64);
            flipped[at] = static_cast<char>(random());
        }
        const auto file = readBytes(flipped);
        ASSERT_TRUE(file.has_value()) << "seed " << seed;
    }
}

// Frames whose checksums hold and whose content lies: what only a hostile file has.
TEST_F(SessionFileTest, SurvivesHostileFrames) {
    const std::string whole = record(*smallSession(60), smallSummary());
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::string bytes = encodeFileHeader(kStartNs, 0);
        std::size_t offset = sizeof(SessionFileHeader);
        std::uint32_t number = 0;
        while (offset + sizeof(FrameHeader) <= whole.size()) {
            const auto header =
                decodeFrameHeader(std::string_view(whole).substr(offset, sizeof(FrameHeader)));
            if (!header) {
                break;
            }
            auto payload =
                decodePayload(*header, std::string_view(whole).substr(offset + sizeof(FrameHeader),
                                                                      header->storedBytes));
            ASSERT_TRUE(payload);
            for (unsigned i = 0; i < 3 && !payload->empty(); ++i) {
                (*payload)[random() % payload->size()] = static_cast<char>(random());
            }
            bytes += encodeFrame(static_cast<FrameType>(header->type), number++, header->firstNs,
                                 header->lastNs, *payload);
            offset += frameExtent(*header);
        }
        const auto file = readBytes(bytes);
        ASSERT_TRUE(file.has_value());
        static_cast<void>(file->view->match("*"));
    }
}

TEST_F(SessionFileTest, CountsRowsThatADamagedFrameTookWithIt) {
    const auto session = std::make_unique<Session>(testProvenance());
    const GroupId group = session->addGroup("one", {{"a", "a", Unit::none, TrackKind::gauge, ""}});
    Latest<SessionView> latest;
    auto writer = SessionWriter::create(path());
    ASSERT_TRUE(writer.has_value());
    session->publish(kStartNs, true, latest);
    ASSERT_TRUE((*writer)->begin(session->provenance(), latest).has_value());
    // One frame holds less than 2 MiB of samples: incompressible ones make several.
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> values;
    constexpr std::size_t kRows = 600'000;
    for (std::size_t row = 0; row < kRows; ++row) {
        session->append(group, kStartNs + static_cast<std::int64_t>(row),
                        std::vector<double>{values(random)});
    }
    (*writer)->finish(session->makeView(kStartNs, false), smallSummary());
    std::string bytes = *readFile(path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    const auto file = readBytes(bytes);
    ASSERT_TRUE(file.has_value());
    EXPECT_NE(file->view->damage.find("1 damaged part"), std::string::npos) << file->view->damage;
    EXPECT_NE(file->view->damage.find("rows of samples are missing"), std::string::npos)
        << file->view->damage;
    const SampleTableView& samples = file->view->groups[0].samples;
    EXPECT_LT(samples.rows(), kRows);
    EXPECT_GT(samples.rows(), kRows / 3);
    EXPECT_EQ(samples.summarize(0, 0, samples.rows()).gaps, 1U) << "a gap where rows are missing";
}

TEST_F(SessionFileTest, RefusesAnotherVersionAndOtherFiles) {
    std::string bytes = record(*smallSession(3), smallSummary());
    SessionFileHeader header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    header.format = 9;
    header.checksum = crc32c({reinterpret_cast<const char*>(&header), sizeof(header) - 4});
    std::memcpy(bytes.data(), &header, sizeof(header));
    const auto other = readBytes(bytes);
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().kind, ErrorKind::damaged);
    EXPECT_NE(other.error().message.find("format 9"), std::string::npos);

    const auto text = readBytes(std::string(1000, 'x'));
    ASSERT_FALSE(text.has_value());
    EXPECT_NE(text.error().message.find("not a session file"), std::string::npos);
    const auto missing = SessionFile::open(path("missing"));
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().kind, ErrorKind::target);
}

} // namespace
} // namespace ringscope
