// SPDX-License-Identifier: MIT
#include "core/session/session_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <iterator>
#include <limits>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/session/annotation_json.h"
#include "core/session/heap_coding.h"
#include "core/session/heap_moment_coding.h"
#include "core/session/leak_record.h"
#include "core/session/map_coding.h"
#include "core/session/sample_coding.h"
#include "core/session/session_json.h"
#include "core/session/stall_coding.h"

namespace ringscope {

namespace {

constexpr auto kTurn = std::chrono::seconds(1);
// A frame of samples is closed beyond this; only a backlog ever gets there.
constexpr std::size_t kSampleFrameBytes = std::size_t{2} << 20U;
constexpr std::size_t kRowsPerRun = 4096;
// Descriptions are written anew every so many turns: samples without theirs cannot be read.
constexpr std::uint64_t kTurnsPerRepeat = 30;
constexpr int kPipePollMs = 100;

// While it lives, a limit on file sizes and a pipe without reader are errors of a write, not the
// end of the program: both signals are sent to the thread that writes.
class WriteSignalsBlocked {
public:
    WriteSignalsBlocked() {
        sigemptyset(&m_signals);
        sigaddset(&m_signals, SIGXFSZ);
        sigaddset(&m_signals, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &m_signals, &m_before);
    }
    WriteSignalsBlocked(const WriteSignalsBlocked&) = delete;
    WriteSignalsBlocked& operator=(const WriteSignalsBlocked&) = delete;
    ~WriteSignalsBlocked() {
        const timespec atOnce{};
        while (sigtimedwait(&m_signals, nullptr, &atOnce) > 0) { // else they come now
        }
        pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
    }

private:
    sigset_t m_signals{};
    sigset_t m_before{};
};

std::uint64_t rowsOf(const SessionView& view) {
    std::uint64_t rows = 0;
    for (const TrackGroup& group : view.groups) {
        rows += group.samples.rows();
    }
    return rows;
}

} // namespace

SessionWriter::SessionWriter(std::string path, FileDescriptor file, bool isNew, bool isRegular)
    : m_path(std::move(path))
    , m_file(std::move(file))
    , m_isNew(isNew)
    , m_isRegular(isRegular) {}

Expected<std::unique_ptr<SessionWriter>> SessionWriter::create(const std::string& path,
                                                               std::uint64_t limitBytes) {
    const auto refuse = [&path](int errnoValue) {
        return systemError(ErrorKind::failed,
                           "cannot write the session file " + path + ", choose another path",
                           errnoValue);
    };
    constexpr mode_t kMode = 0644;
    bool isNew = true;
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
    if (!file.isOpen() && errno == EEXIST) {
        isNew = false;
        // O_NONBLOCK: a pipe without a reader is refused (ENXIO) instead of waited for.
        file.reset(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    }
    if (!file.isOpen()) {
        return refuse(errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        return refuse(errno);
    }
    const bool isRegular = S_ISREG(status.st_mode);
    if (isRegular && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return makeError(ErrorKind::failed, "another recording writes to " + path +
                                                " at this moment, choose another path");
    }
    std::unique_ptr<SessionWriter> writer(
        new SessionWriter(path, std::move(file), isNew, isRegular));
    writer->m_limitBytes = limitBytes;
    return writer;
}

SessionWriter::~SessionWriter() {
    if (!m_views) {
        if (m_isNew) {
            ::unlink(m_path.c_str());
        }
        return;
    }
    m_isGivenUp.store(true, std::memory_order_relaxed);
    m_thread.requestStop();
    m_thread.join();
}

Expected<void> SessionWriter::begin(const Provenance& provenance,
                                    const Latest<SessionView>& views) {
    const WriteSignalsBlocked blocked;
    if (m_isRegular && ::ftruncate(m_file.get(), 0) != 0) {
        return systemError(ErrorKind::failed, "cannot empty the session file " + m_path, errno);
    }
    m_provenance = std::make_shared<const Provenance>(provenance);
    const std::string header =
        encodeFileHeader(provenance.startMonotonicNs, provenance.startWallNs);
    const ssize_t written = ::write(m_file.get(), header.data(), header.size());
    if (written != static_cast<ssize_t>(header.size())) {
        return systemError(ErrorKind::failed,
                           "cannot write the session file " + m_path + ", choose another path",
                           written < 0 ? errno : ENOSPC);
    }
    m_offset = header.size();
    m_views = &views;
    m_thread = Thread(
        "session file", [this](const std::stop_token& stop) { run(stop); },
        [this](const Error& error) {
            const std::lock_guard<std::mutex> lock(m_mutex);
            m_status.error = error;
            m_isDone = true;
            m_doneChanged.notify_all();
        });
    return {};
}

void SessionWriter::run(const std::stop_token& stop) {
    const WriteSignalsBlocked blocked;
    const ThreadCpuClock cpu;
    while (!stop.stop_requested()) {
        std::shared_ptr<const SessionView> last;
        std::string summary;
        {
            std::unique_lock<std::mutex> lock(m_mutex);
            m_wake.wait_for(lock, stop, kTurn, [this] { return m_last != nullptr; });
            last = m_last;
            summary = m_summaryJson;
        }
        const std::int64_t startNs = cpu.nowNs();
        const std::shared_ptr<const SessionView> view = last ? last : m_views->get();
        const bool isWritten = writeView(*view) && (!last || writeEnd(*view, summary));
        countRows(*view, isWritten);
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_status.costNs = cpu.nowNs() - startNs;
        if (last) {
            m_isDone = true;
            m_doneChanged.notify_all();
            return;
        }
    }
}

void SessionWriter::finish(std::shared_ptr<const SessionView> last, const RunSummary& summary,
                           std::int64_t patienceNs) {
    {
        std::unique_lock<std::mutex> lock(m_mutex);
        m_last = std::move(last);
        m_summaryJson = toJson(summary);
        m_wake.notify_all();
        std::uint64_t bytes = m_status.bytes;
        while (!m_doneChanged.wait_for(lock, std::chrono::nanoseconds(patienceNs),
                                       [this] { return m_isDone; })) {
            if (m_status.bytes == bytes) {
                break;
            }
            bytes = m_status.bytes;
        }
    }
    m_isGivenUp.store(true, std::memory_order_relaxed);
    m_thread.join();
}

SessionWriter::Status SessionWriter::status() const {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_status;
}

bool SessionWriter::writeView(const SessionView& view) {
    const bool isRepeat = m_turns % kTurnsPerRepeat == 0;
    if (isRepeat || view.groups.size() > m_rowsWritten.size()) {
        if (!writeFrame(FrameType::provenance, view.startNs, view.endNs,
                        provenanceToJson(*m_provenance)) ||
            !writeGroups(view)) {
            return false;
        }
    }
    ++m_turns;
    return writeSamples(view) && writeMarkers(view) && writeStalls(view) && writeMaps(view) &&
           writeHeapMoments(view) && writeHeaps(view) && writeAnnotations(view) && writeState(view);
}

bool SessionWriter::writeGroups(const SessionView& view) {
    if (!writeFrame(FrameType::groups, view.startNs, view.endNs, groupsToJson(view.groups, 0))) {
        return false;
    }
    m_rowsWritten.resize(std::max(m_rowsWritten.size(), view.groups.size()));
    return true;
}

bool SessionWriter::writeSamples(const SessionView& view) {
    std::string payload;
    std::vector<std::size_t> rows = m_rowsWritten; // as they will be once the frame is written
    std::int64_t firstNs = std::numeric_limits<std::int64_t>::max();
    std::int64_t lastNs = std::numeric_limits<std::int64_t>::min();
    for (std::uint32_t group = 0; group < view.groups.size(); ++group) {
        const SampleTableView& samples = view.groups[group].samples;
        while (rows[group] < samples.rows()) {
            const std::size_t end = std::min(rows[group] + kRowsPerRun, samples.rows());
            encodeSamples(payload, group, samples, rows[group], end);
            firstNs = std::min(firstNs, samples.timeAt(rows[group]));
            lastNs = std::max(lastNs, samples.timeAt(end - 1));
            rows[group] = end;
            if (payload.size() >= kSampleFrameBytes &&
                !writeSampleFrame(payload, rows, firstNs, lastNs)) {
                return false;
            }
        }
    }
    return payload.empty() || writeSampleFrame(payload, rows, firstNs, lastNs);
}

bool SessionWriter::writeSampleFrame(std::string& payload, std::vector<std::size_t>& rows,
                                     std::int64_t firstNs, std::int64_t lastNs) {
    if (!writeFrame(FrameType::samples, firstNs, lastNs, payload)) {
        return false;
    }
    payload.clear();
    m_rowsWritten = rows;
    return true;
}

bool SessionWriter::writeMarkers(const SessionView& view) {
    if (view.markers == m_markersWritten) {
        return true;
    }
    // Markers are only ever added, and both lists are in the order of time.
    std::vector<Marker> fresh;
    const auto isEarlier = [](const Marker& a, const Marker& b) { return a.timeNs < b.timeNs; };
    static const std::vector<Marker> kNone;
    const std::vector<Marker>& known = m_markersWritten ? *m_markersWritten : kNone;
    std::set_difference(view.markers->begin(), view.markers->end(), known.begin(), known.end(),
                        std::back_inserter(fresh), isEarlier);
    if (!fresh.empty() && !writeFrame(FrameType::markers, fresh.front().timeNs, fresh.back().timeNs,
                                      markersToJson(fresh))) {
        return false;
    }
    m_markersWritten = view.markers;
    return true;
}

bool SessionWriter::writeStalls(const SessionView& view) {
    for (; view.stalls && m_stallsWritten < view.stalls->size(); ++m_stallsWritten) {
        const StallPicture& stall = *view.stalls->at(m_stallsWritten);
        if (!writeFrame(FrameType::stall, stall.timeNs, stall.timeNs, encodeStall(stall))) {
            return false;
        }
    }
    return true;
}

bool SessionWriter::writeMaps(const SessionView& view) {
    for (; view.maps && m_mapsWritten < view.maps->size(); ++m_mapsWritten) {
        const MapRecord& map = *view.maps->at(m_mapsWritten);
        if (!writeFrame(FrameType::map, map.timeNs, map.timeNs, encodeMapRecord(map))) {
            return false;
        }
    }
    return true;
}

bool SessionWriter::writeHeapMoments(const SessionView& view) {
    for (; view.heapMoments && m_momentsWritten < view.heapMoments->size(); ++m_momentsWritten) {
        const HeapMomentRecord& record = *view.heapMoments->at(m_momentsWritten);
        const std::string payload = encodeHeapMoment(record);
        if (payload.size() <= kMaxFrameBytes &&
            !writeFrame(FrameType::heapMoment, record.moment.timeNs, record.moment.timeNs,
                        payload)) {
            return false;
        }
    }
    return true;
}

bool SessionWriter::writeHeaps(const SessionView& view) {
    for (; view.heaps && m_heapsWritten < view.heaps->size(); ++m_heapsWritten) {
        const HeapRecord& heap = *view.heaps->at(m_heapsWritten);
        const std::string payload = encodeHeapRecord(heap);
        if (payload.size() > kMaxFrameBytes) {
            report(makeError(ErrorKind::failed,
                             "the heap profile of " + heap.label + " (" + heap.name + ") has " +
                                 std::to_string(heap.profile.stacks.size()) +
                                 " call stacks, more than a session file can hold"));
            continue;
        }
        if (!writeFrame(FrameType::heap, heap.timeNs, heap.timeNs, payload)) {
            return false;
        }
    }
    for (; view.leaks && m_leaksWritten < view.leaks->size(); ++m_leaksWritten) {
        const LeakRecord& leaks = *view.leaks->at(m_leaksWritten);
        const std::string payload = encodeLeakRecord(leaks);
        if (payload.size() <= kMaxFrameBytes &&
            !writeFrame(FrameType::leaks, leaks.timeNs, leaks.timeNs, payload)) {
            return false;
        }
    }
    return true;
}

bool SessionWriter::writeAnnotations(const SessionView& view) {
    if (view.heapAnnotations == m_annotationsWritten) {
        return true;
    }
    if (!writeFrame(FrameType::annotations, view.endNs, view.endNs,
                    annotationsToJson(*view.heapAnnotations))) {
        return false;
    }
    m_annotationsWritten = view.heapAnnotations;
    return true;
}

bool SessionWriter::writeState(const SessionView& view) {
    if (!writeFrame(FrameType::state, view.endNs, view.endNs, stateToJson(view))) {
        return false;
    }
    if (!view.slotSnapshot || view.slotSnapshot == m_slotsWritten) {
        return true;
    }
    const SlotSnapshot& slots = *view.slotSnapshot;
    if (!writeFrame(FrameType::slots, slots.timeNs, slots.timeNs, m_slotEncoder.encode(slots))) {
        m_slotEncoder = SlotEncoder(); // it takes for written what is not in the file
        return false;
    }
    m_slotsWritten = view.slotSnapshot;
    return true;
}

bool SessionWriter::writeEnd(const SessionView& view, const std::string& summaryJson) {
    if (!writeFrame(FrameType::provenance, view.startNs, view.endNs,
                    provenanceToJson(*m_provenance)) ||
        !writeGroups(view) ||
        !writeFrame(FrameType::summary, view.startNs, view.endNs, summaryJson)) {
        return false;
    }
    std::string index;
    for (const IndexEntry& entry : m_index) {
        putVarint(index, entry.offset);
        putVarint(index, static_cast<std::uint64_t>(entry.type));
        putSigned(index, entry.firstNs);
        putSigned(index, entry.lastNs - entry.firstNs);
    }
    const std::uint64_t indexOffset = m_offset;
    return writeFrame(FrameType::index, view.startNs, view.endNs, index) &&
           writeBytes(encodeTrailer(indexOffset)) &&
           (!m_isRegular || ::fdatasync(m_file.get()) == 0 || (reportError(errno), false));
}

bool SessionWriter::writeFrame(FrameType type, std::int64_t firstNs, std::int64_t lastNs,
                               std::string_view payload) {
    const std::uint64_t offset = m_offset;
    const std::string frame =
        encodeFrame(type, static_cast<std::uint32_t>(m_index.size()), firstNs, lastNs, payload);
    if (m_limitBytes != 0 && offset + frame.size() > m_limitBytes) {
        report(makeError(ErrorKind::failed, "the session file " + m_path +
                                                " has reached its limit of " +
                                                formatBytes(static_cast<double>(m_limitBytes)) +
                                                "; what follows is kept in memory only"));
        return false;
    }
    if (!writeBytes(frame)) {
        // Half a frame would be skipped by a reader; without it the file is whole.
        if (m_isRegular && ::ftruncate(m_file.get(), static_cast<off_t>(offset)) == 0 &&
            ::lseek(m_file.get(), static_cast<off_t>(offset), SEEK_SET) >= 0) {
            m_offset = offset;
        }
        return false;
    }
    m_index.push_back({type, firstNs, lastNs, offset});
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_status.bytes = m_offset;
    m_status.frames = m_index.size();
    return true;
}

bool SessionWriter::writeBytes(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(m_file.get(), bytes.data(), bytes.size());
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
            m_offset += static_cast<std::uint64_t>(written);
            continue;
        }
        if (written < 0 && errno == EAGAIN && !m_isGivenUp.load(std::memory_order_relaxed)) {
            pollfd wait{m_file.get(), POLLOUT, 0};
            ::poll(&wait, 1, kPipePollMs);
            continue;
        }
        if (written < 0 && errno == EINTR) {
            continue;
        }
        reportError(written < 0 ? errno : ENOSPC);
        return false;
    }
    return true;
}

void SessionWriter::reportError(int errnoValue) {
    report(systemError(ErrorKind::failed,
                       "the session file " + m_path +
                           " could not be written on (recording goes on in memory; free some "
                           "space, it is tried again each second)",
                       errnoValue));
}

// Once: the first is what has to be mended.
void SessionWriter::report(const Error& error) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (!m_status.error) {
        m_status.error = error;
    }
}

void SessionWriter::countRows(const SessionView& view, bool isAllWritten) {
    std::uint64_t written = 0;
    for (const std::size_t rows : m_rowsWritten) {
        written += rows;
    }
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_status.rows = written;
    m_status.rowsLost = isAllWritten ? 0 : rowsOf(view) - written;
}

} // namespace ringscope
