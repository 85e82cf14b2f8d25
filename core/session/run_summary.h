// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/session/annotation_record.h"
#include "core/session/sizing.h"

namespace ringscope {

// What a session comes to when it has ended: the numbers of `run --json` (docs/command-line.md),
// and the last record of a session file. Parts that the session did not observe are empty.
struct RunSummary {
    struct Messages {
        std::uint64_t sent = 0; // published, also by a worker that died
        std::uint64_t received = 0;
        std::uint64_t lost = 0;
        std::uint64_t lostWithHolder = 0; // of lost: with the slot of a dead consumer
        std::uint64_t duplicated = 0;
        std::uint64_t reordered = 0; // judged per producer and channel
        std::uint64_t corrupted = 0;
        std::uint64_t inRing = 0;
        std::uint64_t takenByOthers = 0; // of ours, in a ring that others use too
        std::uint64_t foreign = 0;       // of others, received by us
    };
    struct LatencyNs {
        std::uint64_t p50 = 0;
        std::uint64_t p90 = 0;
        std::uint64_t p99 = 0;
        std::uint64_t p999 = 0;
        std::uint64_t max = 0;
        std::uint64_t samples = 0;
    };
    struct Ring {
        std::string name;
        std::uint32_t channels = 0;
        std::uint64_t capacity = 0; // of a channel
        std::uint32_t slotStride = 0;
        std::uint64_t bytes = 0;
        double fillMaxPercent = 0; // as sampled
        std::uint64_t fullWaits = 0;
        std::uint64_t emptyWaits = 0;
    };
    struct Heap {
        std::uint64_t allocations = 0;
        std::uint64_t frees = 0;
        std::uint64_t liveBytes = 0;                   // not freed when each process ended (or now)
        std::uint64_t peakBytes = 0;                   // as sampled, of all processes together
        std::optional<double> allocationsPerMessage;   // empty when no message was sent
        std::vector<HeapAnnotationRecord> annotations; // of programs that use ringscope/heap.h
    };
    struct Memory {
        std::uint64_t rssPeak = 0;            // peaks of the sum over all processes, as sampled
        std::optional<std::uint64_t> pssPeak; // empty: not permitted, or never read
        std::optional<std::uint64_t> privatePeak;
        std::uint64_t minorFaults = 0; // while observed
        std::uint64_t majorFaults = 0;
    };
    // Workers that died and what was done about it; zeroes in a run in which nobody did.
    struct Recovery {
        std::uint64_t deaths = 0;
        std::uint64_t restarts = 0;
        std::uint64_t stops = 0;             // as planned, sleeping ones included
        std::uint64_t rosterWaits = 0;       // times a worker found the roster full
        std::uint64_t tombstones = 0;        // slots of producers that were given back
        std::uint64_t slotsOfMessages = 0;   // slots of consumers, with a message in each
        std::uint64_t standstillNs = 0;      // longest time without a message sent or received
        std::vector<std::string> unrepaired; // a sentence each
    };
    // A message of Messages::lostWithHolder.
    struct LostMessage {
        std::uint32_t producer = 0;
        std::uint32_t channel = 0;
        std::uint64_t sequence = 0;
        std::uint64_t position = 0;
        std::string holder; // "consumer 3"
        std::int32_t holderPid = 0;
    };
    // Of the processes that were searched at their ends: blocks, and bytes.
    struct Leaks {
        std::uint64_t processes = 0;
        std::uint64_t definite = 0;
        std::uint64_t definiteBytes = 0;
        std::uint64_t indirect = 0;
        std::uint64_t indirectBytes = 0;
        std::uint64_t possible = 0;
        std::uint64_t possibleBytes = 0;
        std::uint64_t reachable = 0;
        std::uint64_t reachableBytes = 0;
    };
    struct Worker {
        std::string role;
        std::uint32_t index = 0;
        std::int32_t pid = 0;
        std::int32_t tid = 0;
        std::uint64_t messages = 0;
        std::string outcome;
    };

    std::string scenario; // or what was attached to
    std::uint64_t seed = 0;
    double durationSeconds = 0;
    // completed, interrupted, worker_died, stalled; for other targets: completed (it ended) or
    // interrupted.
    std::string outcome;
    // The delivery check held, or a death the scenario planned was accounted for: exit status 0.
    bool isAccountedFor = true;
    std::optional<Messages> messages;
    double throughputPerSecond = 0;
    std::optional<LatencyNs> latency;
    std::optional<Ring> ring;
    std::optional<Heap> heap;
    std::optional<Leaks> leaks; // empty: no search was asked for, or none was possible
    std::optional<Memory> memory;
    std::optional<Recovery> recovery;
    std::vector<LostMessage> lostMessages; // the first thousand
    std::vector<ChannelSizing> sizing;     // of each channel, over the whole session
    std::vector<Worker> workers;
};

// The one JSON document of `run --json`, keys as docs/command-line.md names them, two spaces deep.
[[nodiscard]] std::string toJson(const RunSummary& summary);
// Errors (damaged): not such a document.
[[nodiscard]] Expected<RunSummary> runSummaryFromJson(const std::string& text);

} // namespace ringscope
