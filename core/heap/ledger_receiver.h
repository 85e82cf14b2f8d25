// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/heap/ledger_reader.h"

namespace ringscope {

// A profile that a process began to write later than its ledger.
struct AnnouncedProfile {
    std::int32_t pid = 0;
    std::int64_t ledgerStartedNs = 0; // LedgerReader::startedNs()
    std::shared_ptr<const ProfileReader> profile;
};

// Where tracked processes hand over their ledgers: an abstract unix socket whose name carries a
// nonce and is given to them in the environment. Has no thread: call poll() at one's own rate; up
// to 4096 announcements wait in the kernel, and a process never waits for the answer. One thread at
// a time.
class LedgerReceiver {
public:
    // Errors (failed): no socket to be had.
    [[nodiscard]] static Expected<LedgerReceiver> create();

    // Takes what has been announced since the last call, without waiting. Only processes of the
    // own user (or root) are heard, and only for themselves (SO_PEERCRED).
    [[nodiscard]] std::vector<LedgerReader> poll();
    // The profiles of ledgers of before that the calls of poll() have found since the last call.
    [[nodiscard]] std::vector<AnnouncedProfile> takeProfiles() noexcept {
        return std::exchange(m_profiles, {});
    }

    // Announcements that were not taken: malformed, for another process, or of another version.
    [[nodiscard]] std::uint64_t refused() const noexcept { return m_refused; }
    [[nodiscard]] const std::string& lastRefusal() const noexcept { return m_lastRefusal; }
    // Value of RINGSCOPE_HEAP_SOCKET; the abstract name without its leading zero byte.
    [[nodiscard]] const std::string& socketName() const noexcept { return m_socketName; }
    // For waiting with poll(2): readable when poll() has something to take.
    [[nodiscard]] int descriptor() const noexcept { return m_socket.get(); }

private:
    LedgerReceiver() = default;
    void acceptAll();
    // Empty: it was a profile.
    [[nodiscard]] Expected<std::optional<LedgerReader>>
    receiveFrom(const FileDescriptor& connection);

    FileDescriptor m_socket;
    std::vector<AnnouncedProfile> m_profiles;
    std::vector<FileDescriptor> m_connected; // accepted, and silent so far
    std::string m_socketName;
    std::uint64_t m_refused = 0;
    std::string m_lastRefusal;
};

} // namespace ringscope
