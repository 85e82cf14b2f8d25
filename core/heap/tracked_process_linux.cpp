// SPDX-License-Identifier: MIT
#include "core/heap/tracked_process.h"

#include <string>
#include <utility>

#include "core/heap/ledger_layout.h"
#include "core/heap/process_memory.h"
#include "core/heap/profile_layout.h"

namespace ringscope {

Expected<LedgerReader> openTrackedProcess(const ProcessIdentity& process) {
    const auto memory = ProcessMemory::open(process); // for its sentence, if it cannot be read
    if (!memory) {
        return memory.error();
    }
    auto ledger = mappedFile(memory->process(), kLedgerFileName);
    if (!ledger) {
        return makeError(ErrorKind::target,
                         "process " + std::to_string(process.pid) +
                             " runs without the heap tracker: start it with ringscope-cli record "
                             "--heap exact -- COMMAND");
    }
    auto profile = mappedFile(memory->process(), kProfileFileName);
    return LedgerReader::open(std::move(*ledger), memory->process(),
                              profile ? std::move(*profile) : nullptr);
}

} // namespace ringscope
