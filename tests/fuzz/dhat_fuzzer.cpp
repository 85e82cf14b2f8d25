// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "core/export/heap_export.h"
#include "core/heap/call_tree.h"
#include "core/session/dhat_file.h"
#include "core/session/heap_coding.h"

// A file of DHAT: what is read can be shown, exported and kept in a session.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    const auto record = readDhat(std::string_view(reinterpret_cast<const char*>(data), size), "it");
    if (!record) {
        return 0;
    }
    std::ostringstream out;
    writeDhat(*record, out);
    writeFolded(*record, HeapMeasure::total, out);
    (void)CallTree(record->profile, record->symbols, CallDirection::fromMain);
    if (decodeHeapRecord(encodeHeapRecord(*record)) == nullptr) {
        std::abort();
    }
    return 0;
}
