// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/memory/address_space.h"

namespace ringscope {

// An address space, and how to tell whether its process still has it: exec puts another in its
// place while pid and start time stay. One thread.
class HeldAddressSpace {
public:
    HeldAddressSpace(AddressSpace space, FileDescriptor smaps)
        : m_space(std::move(space))
        , m_smaps(std::move(smaps)) {}
    // What was read of the process until now is of this address space.
    [[nodiscard]] bool isStillThere() const;
    [[nodiscard]] AddressSpace& space() { return m_space; }

private:
    AddressSpace m_space;
    FileDescriptor m_smaps;
};

// As readAddressSpace().
[[nodiscard]] Expected<HeldAddressSpace> holdAddressSpace(const ProcessIdentity& process);

} // namespace ringscope
