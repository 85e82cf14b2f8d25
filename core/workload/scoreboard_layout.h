// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/workload/latency_histogram.h"
#include "core/workload/run_plan.h"

namespace ringscope::layout {

// The scoreboard of a run: one anonymous file (memfd) that the run hands to its workers, so it has
// no name and nothing to clean up. Every word has one writer; the run reads by pread and writes its
// few words by pwrite, so that it adds nothing to what the workers are charged for their pages.
//
//   0            BoardHeader      geometry and plan: constant once a worker runs
//   4096         BoardControl     written by the run, read by every worker
//   8192         WorkerBoard[n]   counters: each written by its worker
//   areaOffset   area of worker 0, 1, ...   areaBytes each, written by that worker alone:
//                  SenderRecord[channels]   what it published
//                  LatencyBuckets
//                  ReceiptEntry[kReceiptLogEntries]   receipts on their way to the run
//                  PendingBlock[senders * channels]   receipts that are being collected
constexpr std::uint64_t kBoardMagic = 0x4452414f42435352; // "RSCBOARD"
constexpr std::uint32_t kBoardVersion = 2;
constexpr std::uint64_t kControlOffset = 4096;
constexpr std::uint64_t kWorkersOffset = 8192;
constexpr std::uint32_t kReceiptLogEntries = 512;
constexpr std::uint32_t kReceiptBlockBits = 4096; // messages of one sender and channel in a block
constexpr std::uint32_t kReceiptBlockWords = kReceiptBlockBits / 64;

// How far the run is; workers only ever see it grow.
enum class RunCommand : std::uint32_t {
    prepare = 0, // wait
    attach = 1,  // the ring is there
    run = 2,
    stop = 3,  // producers: no further message
    drain = 4, // no producer is left: consumers leave when they find the ring empty
    leave = 5, // whoever is still there leaves after the message in hand
};

struct BoardHeader {
    std::uint64_t magic;
    std::uint32_t version;
    std::uint32_t workers;
    std::uint64_t areaOffset;
    std::uint64_t areaBytes;
    std::uint64_t latencyOffset; // within an area
    std::uint64_t logOffset;
    std::uint64_t pendingOffset;
    RunPlan plan;
};
static_assert(sizeof(BoardHeader) <= kControlOffset);

struct BoardControl {
    std::uint32_t command; // RunCommand
    std::uint32_t reserved0;
    std::int64_t startNs;       // when the workers were let go; intended send times count from here
    std::int64_t measureFromNs; // messages meant to be sent earlier are warm-up
    std::uint64_t reserved1[13];
};
static_assert(sizeof(BoardControl) == 128);

enum class WorkerPhase : std::uint32_t {
    starting = 0,
    ready = 1,
    running = 2,
    done = 3,
    failed = 4
};

// One worker's numbers. Lines are apart by who writes them.
struct alignas(128) WorkerBoard {
    std::uint32_t phase; // WorkerPhase
    std::int32_t pid;
    std::int32_t tid;
    std::uint32_t rosterWaits; // times it found the roster full
    std::int64_t continueAtNs; // it stops itself and is to be continued then; 0 = it does not
    std::uint32_t faults[kMaxFaults]; // times that each was done, over all lives
    std::uint64_t reserved1[5];
    // Written for each batch.
    std::uint64_t sent;
    std::uint64_t received;
    std::uint64_t bytes;
    std::uint64_t fullWaits;
    std::uint64_t emptyWaits;
    std::uint64_t tombstones;
    std::uint64_t lastPosition;
    std::uint64_t corrupted;    // all of them
    std::uint64_t unidentified; // corrupted so that nobody can tell which message it was
    std::uint64_t duplicated;   // as seen by this worker alone
    std::uint64_t reordered;
    std::uint64_t receiptHead; // entries put into the log
    std::uint64_t logWaits;    // times the log was full
    std::uint64_t foreign;     // messages received that no worker of the run sent
    std::uint64_t reserved2[2];
    // Written by the run.
    std::uint64_t receiptTail; // entries taken out of the log
    std::uint32_t killSignal;  // raise it while holding a slot; 0 = none
    std::uint32_t rejoins;     // times it was told to leave and join again
    std::uint32_t life;        // 0, and one more each time it was put back in place
    std::uint32_t reserved3;
    std::uint64_t reserved4[13];
    // Why it could not start; read once phase is failed.
    char error[384];
};
static_assert(sizeof(WorkerBoard) == 768);
static_assert(offsetof(WorkerBoard, sent) == 128 && offsetof(WorkerBoard, receiptTail) == 256);

// What a worker published on one channel. batch* say what it is publishing just now: when
// batchSequence equals sent, positions [batchPosition, + batchCount) are being committed, and
// whether each was is told by its slot. Stored in that order before commit(), sent after it.
struct SenderRecord {
    std::uint64_t sent; // messages surely published = the next sequence
    std::uint64_t batchPosition;
    std::uint64_t batchCount;
    std::uint64_t batchSequence; // of its first message; ~0 = never
    std::uint64_t reserved[4];
};
static_assert(sizeof(SenderRecord) == 64);

// Receipts for 4096 messages in a row of one sender on one channel, in a log of one writer (the
// consumer) and one reader (the run).
struct ReceiptEntry {
    std::uint64_t pair; // sender * channels + channel
    std::uint64_t block;
    std::uint64_t words[kReceiptBlockWords];
};
static_assert(sizeof(ReceiptEntry) == 528);

// The block that a consumer is collecting. Moved to the log when a message of another block comes.
// When the consumer dies it is read here, unless flushTicket says that its content has reached the
// log: flushTicket = n holds while the block is entry n - 1, from before that is published until
// the block has been emptied.
struct PendingBlock {
    std::uint64_t block;        // + 1; 0 = empty
    std::uint64_t nextSequence; // one beyond the highest received so far
    std::uint64_t flushTicket;
    std::uint64_t reserved[5];
    std::uint64_t words[kReceiptBlockWords];
};
static_assert(sizeof(PendingBlock) == 576);

static_assert(std::is_trivially_copyable_v<BoardHeader> && std::is_standard_layout_v<BoardHeader>);
static_assert(std::is_trivially_copyable_v<WorkerBoard> && std::is_standard_layout_v<WorkerBoard>);

} // namespace ringscope::layout
