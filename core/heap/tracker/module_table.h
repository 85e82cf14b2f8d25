// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

#include "core/heap/profile_layout.h"
#include "core/heap/tracker/call_frame.h"

namespace ringscope::tracker {

// The libraries that stacks go through, with their build ids, in the profile: by them a reader
// tells which file an address belongs to, also when the library was unloaded or the process has
// ended. For all threads and without a lock.
class ModuleTable {
public:
    // Where the parts of a profile are mapped. What another one had is taken over: the child of a
    // fork has its parent's libraries.
    void use(unsigned char* profile) noexcept;
    // The next use() takes nothing over. The parts of before stay mapped: another thread may be
    // about to note something there.
    void forget() noexcept { m_isForgotten = true; }

    // generation: another one after each dlclose. True when the object lies where a different one
    // was seen before. When the table is full, nothing is noted.
    [[nodiscard]] bool note(const LoadedObject& object, std::uint64_t generation) noexcept;

private:
    // The last one that was noted at any of the object's addresses; null if none was.
    [[nodiscard]] ProfileModule* newestAt(const LoadedObject& object) const noexcept;
    void putName(ProfileModule& module, const char* name) noexcept;

    bool m_isForgotten = false;
    ProfileHeader* m_header = nullptr;
    ProfileModule* m_modules = nullptr;
    char* m_names = nullptr;
};

} // namespace ringscope::tracker
