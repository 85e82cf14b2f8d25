// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/latest.h"
#include "core/base/thread.h"
#include "core/session/run_summary.h"
#include "core/session/session_frame.h"
#include "core/session/session_view.h"
#include "core/session/slot_coding.h"

namespace ringscope {

// The file behind a live session, written by a thread of its own. Once a second it takes the newest
// view and appends what is new in it, so nothing is queued and the recorder never waits: a slow
// disk only makes the next frame larger, and the history that waits is the session's own. After an
// error (disk full) it tries again each second; what is not in the file by then is counted.
//
// Owner's thread: create(), begin(), finish(), the destructor. Any thread: status().
class SessionWriter {
public:
    struct Status {
        std::uint64_t bytes = 0;
        std::uint64_t rows = 0;     // in the file
        std::uint64_t rowsLost = 0; // not in it since an error; falls if the disk recovers
        std::uint64_t frames = 0;
        std::int64_t costNs = 0; // CPU time of the last turn
        std::optional<Error> error;
    };

    // Opens (and if need be makes) the file without changing what is in it. Errors (failed): not
    // writable, a folder, being recorded into by another program. limitBytes: of the file, 0: none;
    // no frame is begun that would not fit.
    [[nodiscard]] static Expected<std::unique_ptr<SessionWriter>>
    create(const std::string& path, std::uint64_t limitBytes = 0);
    SessionWriter(const SessionWriter&) = delete;
    SessionWriter& operator=(const SessionWriter&) = delete;
    // Without finish(): stops and leaves the file as a kill would. Without begin(): removes the
    // file if create() made it.
    ~SessionWriter();

    // Empties the file, writes its head, starts the thread. Errors (failed): the disk is full.
    [[nodiscard]] Expected<void> begin(const Provenance& provenance,
                                       const Latest<SessionView>& views);
    // Writes what is left of the last view, the summary and the index, and waits for that; at most
    // patienceNs without any progress (a pipe that nobody reads), then gives up. After it status()
    // is final.
    void finish(std::shared_ptr<const SessionView> last, const RunSummary& summary,
                std::int64_t patienceNs = 10'000'000'000);

    [[nodiscard]] Status status() const;
    [[nodiscard]] const std::string& path() const noexcept { return m_path; }

private:
    struct IndexEntry {
        FrameType type;
        std::int64_t firstNs;
        std::int64_t lastNs;
        std::uint64_t offset;
    };
    SessionWriter(std::string path, FileDescriptor file, bool isNew, bool isRegular);
    void run(const std::stop_token& stop);
    // Each is false when the disk did not take it: the next turn tries again from there.
    bool writeView(const SessionView& view);
    bool writeGroups(const SessionView& view);
    bool writeSamples(const SessionView& view);
    bool writeSampleFrame(std::string& payload, std::vector<std::size_t>& rows,
                          std::int64_t firstNs, std::int64_t lastNs);
    bool writeMarkers(const SessionView& view);
    bool writeStalls(const SessionView& view);
    bool writeMaps(const SessionView& view);
    bool writeAnnotations(const SessionView& view);
    bool writeHeaps(const SessionView& view);
    bool writeHeapMoments(const SessionView& view);
    bool writeState(const SessionView& view);
    bool writeEnd(const SessionView& view, const std::string& summaryJson);
    bool writeFrame(FrameType type, std::int64_t firstNs, std::int64_t lastNs,
                    std::string_view payload);
    bool writeBytes(std::string_view bytes);
    void reportError(int errnoValue);
    void report(const Error& error);
    void countRows(const SessionView& view, bool isAllWritten);

    // Constant after begin().
    std::string m_path;
    FileDescriptor m_file;
    bool m_isNew;     // create() made it
    bool m_isRegular; // not a pipe or device
    std::uint64_t m_limitBytes = 0;
    const Latest<SessionView>* m_views = nullptr;
    std::shared_ptr<const Provenance> m_provenance;

    // Writer's thread only, once begun.
    std::uint64_t m_offset = 0;
    std::vector<IndexEntry> m_index;
    std::vector<std::size_t> m_rowsWritten; // by group; its size: groups described so far
    std::uint64_t m_turns = 0;
    std::shared_ptr<const std::vector<Marker>> m_markersWritten;
    std::size_t m_stallsWritten = 0;
    std::size_t m_mapsWritten = 0;
    std::size_t m_heapsWritten = 0;
    std::shared_ptr<const std::vector<HeapAnnotationRecord>> m_annotationsWritten;
    std::size_t m_leaksWritten = 0;
    std::size_t m_momentsWritten = 0;
    std::shared_ptr<const SlotSnapshot> m_slotsWritten;
    SlotEncoder m_slotEncoder;

    // Set by the owner when waiting any longer is pointless; relaxed, it only ends a loop.
    std::atomic<bool> m_isGivenUp{false};
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::condition_variable m_doneChanged;
    std::shared_ptr<const SessionView> m_last; // Guarded by m_mutex.
    std::string m_summaryJson;                 // Guarded by m_mutex.
    bool m_isDone = false;                     // Guarded by m_mutex.
    Status m_status;                           // Guarded by m_mutex.

    Thread m_thread;
};

} // namespace ringscope
