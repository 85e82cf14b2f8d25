// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/workload/scoreboard_layout.h"

namespace ringscope {

// The run's end of the scoreboard (scoreboard_layout.h): reads by pread, writes its own words by
// pwrite, maps nothing. One thread at a time.
class Scoreboard {
public:
    // Errors (failed): no memory to be had.
    [[nodiscard]] static Expected<Scoreboard> create(const layout::RunPlan& plan);

    [[nodiscard]] int descriptor() const noexcept { return m_file.get(); }
    [[nodiscard]] const layout::RunPlan& plan() const noexcept { return m_header.plan; }
    [[nodiscard]] std::uint32_t workerCount() const noexcept { return m_header.workers; }

    void command(layout::RunCommand command);
    void setTimes(std::int64_t startNs, std::int64_t measureFromNs);
    void raiseInWorker(std::uint32_t worker, int signal);
    void tellToRejoin(std::uint32_t worker, std::uint32_t times);
    // Of a worker that is dead, before another takes its place.
    void setLife(std::uint32_t worker, std::uint32_t life);
    void setSender(std::uint32_t worker, std::uint32_t channel, const layout::SenderRecord& record);
    void clearPending(std::uint32_t worker, std::uint64_t pair);
    void setReceiptTail(std::uint32_t worker, std::uint64_t tail);

    // The boards of all workers, in their order; valid until the next call.
    [[nodiscard]] const std::vector<layout::WorkerBoard>& readWorkers();
    [[nodiscard]] LatencyBuckets readLatency(std::uint32_t worker) const;
    [[nodiscard]] std::vector<layout::SenderRecord> readSender(std::uint32_t worker) const;
    // entry: its number since the start; it must still be in the log.
    [[nodiscard]] layout::ReceiptEntry readReceipt(std::uint32_t worker, std::uint64_t entry) const;
    // Blocks that hold something, by pair; the untouched ones cost nothing.
    struct Pending {
        std::uint64_t pair = 0;
        layout::PendingBlock block;
    };
    [[nodiscard]] std::vector<Pending> readPending(std::uint32_t worker) const;

private:
    Scoreboard(FileDescriptor file, const layout::BoardHeader& header);
    template <typename Word>
    void writeWord(std::uint32_t worker, std::size_t offset, Word value);
    void read(void* to, std::size_t bytes, std::uint64_t offset) const;
    void write(const void* from, std::size_t bytes, std::uint64_t offset);
    [[nodiscard]] std::uint64_t areaOf(std::uint32_t worker) const noexcept {
        return m_header.areaOffset + worker * m_header.areaBytes;
    }

    FileDescriptor m_file;
    layout::BoardHeader m_header;
    std::vector<layout::WorkerBoard> m_workers;
};

// A worker's end: header, control words and boards mapped once per process, and the area of each
// worker that runs in it. Any thread of that process; each worker writes its own board and area.
class MappedScoreboard {
public:
    // Errors (damaged): not a scoreboard of this version; (failed): it cannot be mapped.
    [[nodiscard]] static Expected<MappedScoreboard> map(int descriptor);

    MappedScoreboard(const MappedScoreboard&) = delete;
    MappedScoreboard& operator=(const MappedScoreboard&) = delete;
    MappedScoreboard(MappedScoreboard&& other) noexcept;
    MappedScoreboard& operator=(MappedScoreboard&& other) noexcept;
    ~MappedScoreboard();

    [[nodiscard]] const layout::BoardHeader& header() const noexcept;
    [[nodiscard]] const layout::RunPlan& plan() const noexcept { return header().plan; }
    [[nodiscard]] layout::BoardControl& control() const noexcept;
    [[nodiscard]] layout::WorkerBoard& worker(std::uint32_t worker) const noexcept;

    // The area of one worker; mapped until the scoreboard goes.
    struct Area {
        layout::SenderRecord* senders = nullptr; // by channel
        LatencyBuckets* latency = nullptr;
        layout::ReceiptEntry* log = nullptr;
        layout::PendingBlock* pending = nullptr; // by pair
    };
    [[nodiscard]] Expected<Area> mapArea(std::uint32_t worker);

private:
    MappedScoreboard() = default;
    struct Mapping {
        std::byte* base = nullptr;
        std::size_t bytes = 0;
    };
    int m_descriptor = -1;
    std::vector<Mapping> m_mappings; // first: header, control and boards
};

} // namespace ringscope
