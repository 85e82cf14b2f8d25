// SPDX-License-Identifier: MIT
#include "core/session/session_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/session/annotation_json.h"
#include "core/session/dhat_file.h"
#include "core/session/frame_scan.h"
#include "core/session/heap_coding.h"
#include "core/session/heap_moment_coding.h"
#include "core/session/leak_record.h"
#include "core/session/map_coding.h"
#include "core/session/sample_coding.h"
#include "core/session/session_frame.h"
#include "core/session/session_json.h"
#include "core/session/slot_coding.h"
#include "core/session/stall_coding.h"

namespace ringscope {

namespace {

constexpr std::uint32_t kMaxGroups = 65'536;
// Times beyond could not be subtracted from each other.
constexpr std::int64_t kLatestNs = std::int64_t{1} << 61U;

bool isSane(std::int64_t timeNs) {
    return timeNs > -kLatestNs && timeNs < kLatestNs;
}

// Puts the frames of one file together.
class Loader {
public:
    // Everything but samples, whose groups may be described in a later frame.
    void addDescription(const FoundFrame& frame, const std::string& payload);
    void addSamples(const std::string& payload);
    [[nodiscard]] SessionFile finish(const SessionFileHeader& header, const FrameScan& scan) &&;

private:
    struct Group {
        std::string source;
        std::shared_ptr<const std::vector<TrackDescription>> tracks;
        std::unique_ptr<SampleTable> samples;
        std::uint64_t nextRow = 0; // as the recording counted them
    };
    void addGroups(const std::string& payload);
    void addRun(const SampleRun& run);
    [[nodiscard]] std::string damage(const FrameScan& scan) const;

    std::optional<Provenance> m_provenance;
    std::vector<std::optional<Group>> m_groups;
    std::vector<Marker> m_markers;
    SessionState m_state;
    std::shared_ptr<const SlotSnapshot> m_slots;
    std::vector<std::shared_ptr<const StallPicture>> m_stalls;
    std::vector<std::shared_ptr<const MapRecord>> m_maps;
    std::vector<std::shared_ptr<const HeapRecord>> m_heaps;
    std::vector<HeapAnnotationRecord> m_annotations;
    std::vector<std::shared_ptr<const LeakRecord>> m_leaks;
    std::vector<std::shared_ptr<const HeapMomentRecord>> m_heapMoments;
    std::optional<RunSummary> m_summary;
    std::int64_t m_newestNs = std::numeric_limits<std::int64_t>::min();
    std::uint64_t m_unreadable = 0; // frames whose checksums hold and whose content makes no sense
    std::uint64_t m_missingRows = 0;
    std::uint64_t m_values = 0;
};

void Loader::addDescription(const FoundFrame& frame, const std::string& payload) {
    switch (static_cast<FrameType>(frame.header.type)) {
    case FrameType::provenance:
        if (auto provenance = provenanceFromJson(payload);
            provenance && isSane(provenance->startMonotonicNs)) {
            m_provenance = std::move(provenance);
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::groups:
        addGroups(payload);
        break;
    case FrameType::markers:
        if (const auto markers = markersFromJson(payload)) {
            std::copy_if(markers->begin(), markers->end(), std::back_inserter(m_markers),
                         [](const Marker& marker) { return isSane(marker.timeNs); });
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::state:
        if (auto state = stateFromJson(payload)) {
            m_state = std::move(*state);
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::slots:
        if (auto slotSnapshot = decodeSlots(ByteReader(payload), m_slots)) {
            m_slots = std::move(slotSnapshot);
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::stall:
        if (auto stall = decodeStall(payload); stall && isSane(stall->timeNs)) {
            m_stalls.push_back(std::move(stall));
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::map:
        if (auto map = decodeMapRecord(payload); map && isSane(map->timeNs)) {
            m_maps.push_back(std::move(map));
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::heap:
        if (auto heap = decodeHeapRecord(payload); heap && isSane(heap->timeNs)) {
            m_heaps.push_back(std::move(heap));
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::heapMoment:
        if (auto moment = decodeHeapMoment(payload); moment && isSane(moment->moment.timeNs)) {
            m_heapMoments.push_back(std::move(moment));
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::annotations:
        if (auto annotations = annotationsFromJson(payload)) {
            m_annotations = std::move(*annotations); // the newest holds all
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::leaks:
        if (auto leaks = decodeLeakRecord(payload); leaks && isSane(leaks->timeNs)) {
            m_leaks.push_back(std::make_shared<const LeakRecord>(std::move(*leaks)));
        } else {
            ++m_unreadable;
        }
        break;
    case FrameType::summary:
        if (auto summary = runSummaryFromJson(payload)) {
            m_summary = std::move(*summary);
        } else {
            ++m_unreadable;
        }
        break;
    default: // samples come later; others are a later version's, whose format is still 1
        break;
    }
}

void Loader::addGroups(const std::string& payload) {
    auto groups = groupsFromJson(payload);
    if (!groups) {
        ++m_unreadable;
        return;
    }
    for (GroupDescription& description : *groups) {
        if (description.group >= kMaxGroups) {
            ++m_unreadable;
            continue;
        }
        if (description.group >= m_groups.size()) {
            m_groups.resize(description.group + 1);
        }
        if (auto& group = m_groups[description.group]; !group) {
            group.emplace();
            group->source = std::move(description.source);
            group->samples = std::make_unique<SampleTable>(description.tracks.size());
            group->tracks = std::make_shared<const std::vector<TrackDescription>>(
                std::move(description.tracks));
        }
    }
}

void Loader::addSamples(const std::string& payload) {
    ByteReader reader(payload);
    while (!reader.isAtEnd()) {
        const std::optional<SampleRun> run = decodeSamples(reader);
        if (!run) {
            ++m_unreadable;
            return;
        }
        addRun(*run);
    }
}

void Loader::addRun(const SampleRun& run) {
    if (run.group >= m_groups.size() || !m_groups[run.group] ||
        m_groups[run.group]->tracks->size() != run.columns.size()) {
        m_missingRows += run.times.size();
        return;
    }
    Group& group = *m_groups[run.group];
    std::vector<double> row(run.columns.size(), std::numeric_limits<double>::quiet_NaN());
    if (run.firstRow > group.nextRow) {
        m_missingRows += run.firstRow - group.nextRow;
        if (isSane(run.times.front())) {
            group.samples->append(run.times.front() - 1, row); // a gap, where rows are missing
        }
        group.nextRow = run.firstRow;
    }
    for (std::size_t i = 0; i < run.times.size(); ++i) {
        if (run.firstRow + i != group.nextRow || !isSane(run.times[i])) {
            continue; // a row that is there already, or none that a recorder would write
        }
        for (std::size_t column = 0; column < row.size(); ++column) {
            row[column] = run.columns[column][i];
        }
        group.samples->append(run.times[i], row);
        ++group.nextRow;
        m_values += row.size();
        m_newestNs = std::max(m_newestNs, run.times[i]);
    }
}

std::string Loader::damage(const FrameScan& scan) const {
    std::vector<std::string> parts;
    if (scan.isHeaderDamaged) {
        parts.emplace_back("the head of the file is damaged");
    }
    if (!scan.isEnded) {
        parts.emplace_back("the recording was not ended (killed, cut short, or still running), so "
                           "its last moments are missing");
    }
    if (scan.damagedParts + m_unreadable > 0) {
        parts.push_back(
            std::to_string(scan.damagedParts + m_unreadable) +
            (scan.damagedParts + m_unreadable == 1 ? " damaged part (" : " damaged parts (") +
            formatBytes(static_cast<double>(scan.damagedBytes)) + ") could not be read");
    }
    if (m_missingRows > 0) {
        parts.push_back(std::to_string(m_missingRows) + " rows of samples are missing");
    }
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : "; ") + part;
    }
    return text;
}

SessionFile Loader::finish(const SessionFileHeader& header, const FrameScan& scan) && {
    if (!m_provenance) {
        m_provenance.emplace();
        m_provenance->startMonotonicNs =
            isSane(header.startMonotonicNs) ? header.startMonotonicNs : 0;
        m_provenance->startWallNs = header.startWallNs;
    }
    auto view = std::make_shared<SessionView>();
    view->damage = damage(scan);
    view->startNs = m_provenance->startMonotonicNs;
    view->endNs = std::max(view->startNs, m_newestNs);
    view->provenance = std::make_shared<const Provenance>(std::move(*m_provenance));
    for (std::optional<Group>& group : m_groups) {
        if (group) {
            view->groups.push_back(
                {std::move(group->source), std::move(group->tracks), group->samples->view()});
        }
    }
    std::stable_sort(m_markers.begin(), m_markers.end(),
                     [](const Marker& a, const Marker& b) { return a.timeNs < b.timeNs; });
    view->markers = std::make_shared<const std::vector<Marker>>(std::move(m_markers));
    view->workers = std::make_shared<const std::vector<WorkerRow>>(std::move(m_state.workers));
    view->participants =
        std::make_shared<const std::vector<ParticipantRow>>(std::move(m_state.participants));
    view->backlogs =
        std::make_shared<const std::vector<ChannelBacklog>>(std::move(m_state.backlogs));
    if (m_state.ring) {
        view->ring = std::make_shared<const RingTarget>(std::move(*m_state.ring));
    }
    view->slotSnapshot = std::move(m_slots);
    view->stalls = std::make_shared<const std::vector<std::shared_ptr<const StallPicture>>>(
        std::move(m_stalls));
    view->maps =
        std::make_shared<const std::vector<std::shared_ptr<const MapRecord>>>(std::move(m_maps));
    view->heaps =
        std::make_shared<const std::vector<std::shared_ptr<const HeapRecord>>>(std::move(m_heaps));
    view->heapAnnotations =
        std::make_shared<const std::vector<HeapAnnotationRecord>>(std::move(m_annotations));
    view->leaks =
        std::make_shared<const std::vector<std::shared_ptr<const LeakRecord>>>(std::move(m_leaks));
    view->heapMoments =
        std::make_shared<const std::vector<std::shared_ptr<const HeapMomentRecord>>>(
            std::move(m_heapMoments));
    view->sources = std::move(m_state.sources);
    view->self = m_state.self;
    view->generation = 1;
    SessionFile file;
    file.view = std::move(view);
    file.summary = std::move(m_summary);
    file.frames = scan.frames.size();
    file.values = m_values;
    return file;
}

} // namespace

Expected<SessionFile> SessionFile::open(const std::string& path) {
    // O_NONBLOCK: a pipe is refused below instead of waited for.
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.isOpen()) {
        return systemError(ErrorKind::target, "cannot open the session file " + path, errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return makeError(
            ErrorKind::target,
            path + (S_ISDIR(status.st_mode) ? " is a folder" : " is a pipe or device, not a file") +
                ", choose a session that Ringscope recorded");
    }
    return read(file, path);
}

namespace {

// Whether it is to be read as one of DHAT's: by its first bytes.
bool isOfDhat(const FileDescriptor& file) {
    char beginning[64] = {};
    const ssize_t got = ::pread(file.get(), beginning, sizeof(beginning), 0);
    return got > 0 && looksLikeDhat(std::string_view(beginning, static_cast<std::size_t>(got)));
}

// A session with nothing but that profile.
Expected<SessionFile> sessionOfDhat(const FileDescriptor& file, const std::string& name) {
    constexpr off_t kMostBytes = off_t{1} << 29U; // some 10 times that while it is read
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || status.st_size > kMostBytes) {
        return makeError(ErrorKind::damaged,
                         name + " is a text of more than 512 MiB: larger than any heap profile "
                                "that can be read");
    }
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t got = 0;
    while (got < text.size()) {
        const ssize_t n =
            ::pread(file.get(), &text[got], text.size() - got, static_cast<off_t>(got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return systemError(ErrorKind::target, "cannot read " + name, n < 0 ? errno : EIO);
        }
        got += static_cast<std::size_t>(n);
    }
    auto record = readDhat(text, name);
    if (!record) {
        return record.error();
    }
    SessionFile session;
    session.bytes = text.size();
    auto view = std::make_shared<SessionView>();
    Provenance provenance;
    provenance.scenario = "heap profile of " + record->name;
    provenance.startWallNs =
        status.st_mtim.tv_sec * 1000 * kNsPerMs - record->timeNs; // written at the end
    view->endNs = record->timeNs;
    view->provenance = std::make_shared<const Provenance>(std::move(provenance));
    view->heaps = std::make_shared<const std::vector<std::shared_ptr<const HeapRecord>>>(
        1, std::make_shared<const HeapRecord>(std::move(*record)));
    view->markers = std::make_shared<const std::vector<Marker>>();
    view->workers = std::make_shared<const std::vector<WorkerRow>>();
    view->participants = std::make_shared<const std::vector<ParticipantRow>>();
    view->backlogs = std::make_shared<const std::vector<ChannelBacklog>>();
    view->stalls = std::make_shared<const std::vector<std::shared_ptr<const StallPicture>>>();
    view->maps = std::make_shared<const std::vector<std::shared_ptr<const MapRecord>>>();
    view->generation = 1;
    session.view = std::move(view);
    return session;
}

} // namespace

Expected<SessionFile> SessionFile::read(const FileDescriptor& file, const std::string& name) {
    if (isOfDhat(file)) {
        return sessionOfDhat(file, name);
    }
    FrameReader reader(file);
    const auto header = reader.readFileHeader(name);
    if (!header) {
        return header.error();
    }
    const FrameScan scan = reader.findFrames(*header);
    Loader loader;
    FrameScan found = scan;
    for (const FoundFrame& frame : scan.frames) {
        if (frame.header.type == static_cast<std::uint16_t>(FrameType::samples)) {
            continue;
        }
        if (const auto payload = reader.readPayload(frame)) {
            loader.addDescription(frame, *payload);
        } else {
            found.addDamage(frameExtent(frame.header));
        }
    }
    for (const FoundFrame& frame : scan.frames) {
        if (frame.header.type != static_cast<std::uint16_t>(FrameType::samples)) {
            continue;
        }
        if (const auto payload = reader.readPayload(frame)) {
            loader.addSamples(*payload);
        } else {
            found.addDamage(frameExtent(frame.header));
        }
    }
    SessionFile session = std::move(loader).finish(header->header, found);
    session.bytes = reader.fileBytes();
    return session;
}

} // namespace ringscope
