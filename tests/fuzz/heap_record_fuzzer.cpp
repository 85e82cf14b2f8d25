// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "core/export/heap_export.h"
#include "core/session/heap_coding.h"

// A heap profile in a damaged session file: what is read can be exported, and is written the same
// again.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    const auto record =
        decodeHeapRecord(std::string_view(reinterpret_cast<const char*>(data), size));
    if (record == nullptr) {
        return 0;
    }
    std::ostringstream out;
    writeDhat(*record, out);
    writeFolded(*record, HeapMeasure::peak, out);
    const std::string once = encodeHeapRecord(*record);
    const auto again = decodeHeapRecord(once);
    if (again == nullptr || encodeHeapRecord(*again) != once) {
        std::abort();
    }
    return 0;
}
