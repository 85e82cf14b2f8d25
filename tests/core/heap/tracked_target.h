// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/file_descriptor.h"
#include "core/heap/ledger_receiver.h"
#include "tests/core/heap/heap_account.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// What a program left behind when it ended.
struct Ending {
    int status = 0; // as waitpid gives it
    std::string output;
};

// Runs a program under the tracker, or without it, with pipes to its standard input and output.
class TrackedTarget {
public:
    enum class Tracker { on, off, withoutReader, sampled, exact };

    // preload: what LD_PRELOAD is to hold behind the tracker.
    explicit TrackedTarget(std::vector<std::string> command, Tracker tracker = Tracker::on,
                           const std::string& preload = "");
    TrackedTarget(const TrackedTarget&) = delete;
    TrackedTarget& operator=(const TrackedTarget&) = delete;
    ~TrackedTarget();

    // Waits until heap_target is at a checkpoint, at most 20 s.
    [[nodiscard]] std::optional<HeapAccount> atCheckpoint();
    void goOn();
    // Sends a letter and waits for it to come back, at most 20 s: false if it does not.
    [[nodiscard]] bool tell(char letter);
    // Reads the rest of its output and waits for its end.
    Ending end();

    // Ledgers announced so far, oldest first.
    [[nodiscard]] std::vector<LedgerReader>& ledgers();
    [[nodiscard]] LedgerReceiver& receiver() { return *m_receiver; }
    // From now on nobody listens; what was announced stays.
    void closeReceiver();
    [[nodiscard]] bool hasReceiver() const { return m_receiver.has_value(); }
    [[nodiscard]] int pid() const { return m_pid; }

private:
    std::optional<LedgerReceiver> m_receiver;
    std::vector<LedgerReader> m_ledgers;
    FileDescriptor m_toTarget;
    FileDescriptor m_fromTarget;
    int m_pid = -1;
};

} // namespace ringscope
