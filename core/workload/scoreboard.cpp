// SPDX-License-Identifier: MIT
#include "core/workload/scoreboard.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace ringscope {

namespace {

constexpr std::uint64_t kPage = 4096;

std::uint64_t toPages(std::uint64_t bytes) {
    return (bytes + kPage - 1) / kPage * kPage;
}

layout::BoardHeader geometryOf(const layout::RunPlan& plan) {
    layout::BoardHeader header{};
    header.magic = layout::kBoardMagic;
    header.version = layout::kBoardVersion;
    header.workers = plan.workers();
    header.areaOffset =
        toPages(layout::kWorkersOffset + header.workers * sizeof(layout::WorkerBoard));
    header.latencyOffset = plan.channels * sizeof(layout::SenderRecord);
    header.logOffset = toPages(header.latencyOffset + sizeof(LatencyBuckets));
    header.pendingOffset =
        toPages(header.logOffset + layout::kReceiptLogEntries * sizeof(layout::ReceiptEntry));
    header.areaBytes =
        toPages(header.pendingOffset + std::uint64_t{plan.pairs()} * sizeof(layout::PendingBlock));
    header.plan = plan;
    return header;
}

Error noMemory(const char* what, int error) {
    return systemError(ErrorKind::failed,
                       std::string("the workload's scoreboard cannot be ") + what, error);
}

} // namespace

Scoreboard::Scoreboard(FileDescriptor file, const layout::BoardHeader& header)
    : m_file(std::move(file))
    , m_header(header)
    , m_workers(header.workers) {}

Expected<Scoreboard> Scoreboard::create(const layout::RunPlan& plan) {
    FileDescriptor file(::memfd_create("ringscope-run", MFD_CLOEXEC));
    if (!file.isOpen()) {
        return noMemory("created", errno);
    }
    const layout::BoardHeader header = geometryOf(plan);
    const std::uint64_t bytes = header.areaOffset + header.workers * header.areaBytes;
    if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
        return noMemory("given its size", errno);
    }
    Scoreboard board(std::move(file), header);
    board.write(&header, sizeof(header), 0);
    return board;
}

void Scoreboard::command(layout::RunCommand command) {
    write(&command, sizeof(command),
          layout::kControlOffset + offsetof(layout::BoardControl, command));
}

void Scoreboard::setTimes(std::int64_t startNs, std::int64_t measureFromNs) {
    write(&startNs, sizeof(startNs),
          layout::kControlOffset + offsetof(layout::BoardControl, startNs));
    write(&measureFromNs, sizeof(measureFromNs),
          layout::kControlOffset + offsetof(layout::BoardControl, measureFromNs));
}

template <typename Word>
void Scoreboard::writeWord(std::uint32_t worker, std::size_t offset, Word value) {
    write(&value, sizeof(value),
          layout::kWorkersOffset + worker * sizeof(layout::WorkerBoard) + offset);
}

void Scoreboard::raiseInWorker(std::uint32_t worker, int signal) {
    writeWord(worker, offsetof(layout::WorkerBoard, killSignal),
              static_cast<std::uint32_t>(signal));
}

void Scoreboard::tellToRejoin(std::uint32_t worker, std::uint32_t times) {
    writeWord(worker, offsetof(layout::WorkerBoard, rejoins), times);
}

void Scoreboard::setLife(std::uint32_t worker, std::uint32_t life) {
    writeWord(worker, offsetof(layout::WorkerBoard, life), life);
}

void Scoreboard::setSender(std::uint32_t worker, std::uint32_t channel,
                           const layout::SenderRecord& record) {
    write(&record, sizeof(record), areaOf(worker) + channel * sizeof(layout::SenderRecord));
}

void Scoreboard::clearPending(std::uint32_t worker, std::uint64_t pair) {
    const layout::PendingBlock empty{};
    write(&empty, sizeof(empty),
          areaOf(worker) + m_header.pendingOffset + pair * sizeof(layout::PendingBlock));
}

void Scoreboard::setReceiptTail(std::uint32_t worker, std::uint64_t tail) {
    writeWord(worker, offsetof(layout::WorkerBoard, receiptTail), tail);
}

const std::vector<layout::WorkerBoard>& Scoreboard::readWorkers() {
    read(m_workers.data(), m_workers.size() * sizeof(layout::WorkerBoard), layout::kWorkersOffset);
    return m_workers;
}

LatencyBuckets Scoreboard::readLatency(std::uint32_t worker) const {
    LatencyBuckets buckets{};
    read(&buckets, sizeof(buckets), areaOf(worker) + m_header.latencyOffset);
    return buckets;
}

std::vector<layout::SenderRecord> Scoreboard::readSender(std::uint32_t worker) const {
    std::vector<layout::SenderRecord> records(m_header.plan.channels);
    read(records.data(), records.size() * sizeof(layout::SenderRecord), areaOf(worker));
    return records;
}

layout::ReceiptEntry Scoreboard::readReceipt(std::uint32_t worker, std::uint64_t entry) const {
    layout::ReceiptEntry receipt{};
    read(&receipt, sizeof(receipt),
         areaOf(worker) + m_header.logOffset +
             entry % layout::kReceiptLogEntries * sizeof(layout::ReceiptEntry));
    return receipt;
}

std::vector<Scoreboard::Pending> Scoreboard::readPending(std::uint32_t worker) const {
    std::vector<Pending> found;
    const std::uint64_t begin = areaOf(worker) + m_header.pendingOffset;
    const std::uint64_t pairs = m_header.plan.pairs();
    std::uint64_t pair = 0;
    while (pair < pairs) {
        // Blocks that were never touched are holes in the file.
        const auto at = static_cast<off_t>(begin + pair * sizeof(layout::PendingBlock));
        const off_t written = ::lseek(m_file.get(), at, SEEK_DATA);
        if (written < 0) {
            break; // nothing but holes from here on
        }
        pair = std::max(pair, (static_cast<std::uint64_t>(written) - begin) /
                                  sizeof(layout::PendingBlock));
        const std::uint64_t end = std::min(pairs, pair + 64);
        for (; pair < end; ++pair) {
            Pending pending;
            pending.pair = pair;
            read(&pending.block, sizeof(pending.block),
                 begin + pair * sizeof(layout::PendingBlock));
            if (pending.block.block != 0) {
                found.push_back(pending);
            }
        }
    }
    return found;
}

void Scoreboard::read(void* to, std::size_t bytes, std::uint64_t offset) const {
    auto* at = static_cast<char*>(to);
    while (bytes > 0) {
        const ssize_t got = ::pread(m_file.get(), at, bytes, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) { // our own memfd cannot end early; zeroes are what was never written
            std::memset(at, 0, bytes);
            return;
        }
        at += got;
        offset += static_cast<std::uint64_t>(got);
        bytes -= static_cast<std::size_t>(got);
    }
}

void Scoreboard::write(const void* from, std::size_t bytes, std::uint64_t offset) {
    ssize_t written = -1;
    do {
        written = ::pwrite(m_file.get(), from, bytes, static_cast<off_t>(offset));
    } while (written < 0 && errno == EINTR);
    assert(written == static_cast<ssize_t>(bytes)); // memory that is not there is our end anyway
}

Expected<MappedScoreboard> MappedScoreboard::map(int descriptor) {
    layout::BoardHeader header{};
    const ssize_t got = ::pread(descriptor, &header, sizeof(header), 0);
    if (got != static_cast<ssize_t>(sizeof(header)) || header.magic != layout::kBoardMagic ||
        header.version != layout::kBoardVersion || header.workers != header.plan.workers()) {
        return makeError(ErrorKind::damaged, "the descriptor handed over is not the scoreboard of "
                                             "this version's workload");
    }
    MappedScoreboard board;
    board.m_descriptor = descriptor;
    const std::size_t bytes = header.areaOffset;
    void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (base == MAP_FAILED) {
        return noMemory("mapped", errno);
    }
    board.m_mappings.push_back({static_cast<std::byte*>(base), bytes});
    return board;
}

MappedScoreboard::MappedScoreboard(MappedScoreboard&& other) noexcept
    : m_descriptor(other.m_descriptor)
    , m_mappings(std::exchange(other.m_mappings, {})) {}

MappedScoreboard& MappedScoreboard::operator=(MappedScoreboard&& other) noexcept {
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_mappings, other.m_mappings);
    return *this;
}

MappedScoreboard::~MappedScoreboard() {
    for (const Mapping& mapping : m_mappings) {
        ::munmap(mapping.base, mapping.bytes);
    }
}

const layout::BoardHeader& MappedScoreboard::header() const noexcept {
    return *reinterpret_cast<const layout::BoardHeader*>(m_mappings.front().base);
}

layout::BoardControl& MappedScoreboard::control() const noexcept {
    return *reinterpret_cast<layout::BoardControl*>(m_mappings.front().base +
                                                    layout::kControlOffset);
}

layout::WorkerBoard& MappedScoreboard::worker(std::uint32_t worker) const noexcept {
    assert(worker < header().workers);
    return reinterpret_cast<layout::WorkerBoard*>(m_mappings.front().base +
                                                  layout::kWorkersOffset)[worker];
}

Expected<MappedScoreboard::Area> MappedScoreboard::mapArea(std::uint32_t worker) {
    const layout::BoardHeader& geometry = header();
    void* base =
        ::mmap(nullptr, geometry.areaBytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_descriptor,
               static_cast<off_t>(geometry.areaOffset + worker * geometry.areaBytes));
    if (base == MAP_FAILED) {
        return noMemory("mapped", errno);
    }
    auto* bytes = static_cast<std::byte*>(base);
    m_mappings.push_back({bytes, geometry.areaBytes});
    Area area;
    area.senders = reinterpret_cast<layout::SenderRecord*>(bytes);
    area.latency = reinterpret_cast<LatencyBuckets*>(bytes + geometry.latencyOffset);
    area.log = reinterpret_cast<layout::ReceiptEntry*>(bytes + geometry.logOffset);
    area.pending = reinterpret_cast<layout::PendingBlock*>(bytes + geometry.pendingOffset);
    return area;
}

} // namespace ringscope
