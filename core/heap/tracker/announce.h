// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringscope::tracker {

// System calls are made by syscall(2): unlike libc's functions they are no cancellation points and
// no other preloaded library stands before them.

// Connects to the reader's abstract socket. -1 when nobody listens there, or when its queue stays
// full for 100 ms. Closed by closeDescriptor().
[[nodiscard]] int connectToReader(const char* socketName) noexcept;
// Hands the descriptors over; never waits. profile: -1 for none.
[[nodiscard]] bool announceLedger(int socket, int ledger, int profile, std::int32_t pid,
                                  std::int64_t startedNs) noexcept;
// The same of a profile that was made later. startedNs: of its ledger.
[[nodiscard]] bool announceProfile(int socket, int profile, std::int32_t pid,
                                   std::int64_t startedNs) noexcept;

// An anonymous file of that size, sealed against being resized; -1 when it cannot be had or when
// the process may not write files that large (growing it would then kill the process: SIGXFSZ).
[[nodiscard]] int makeSharedFile(const char* name, std::size_t bytes) noexcept;
void closeDescriptor(int fd) noexcept;

// Field 22 of /proc/self/stat; 0 when it cannot be read.
[[nodiscard]] std::uint64_t ownStartTicks() noexcept;

} // namespace ringscope::tracker
