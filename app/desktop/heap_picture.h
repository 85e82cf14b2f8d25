// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/heap/call_tree.h"
#include "core/heap/heap_blocks.h"
#include "core/heap/symbolizer.h"
#include "core/session/heap_record.h"
#include "core/session/session_view.h"

namespace ringscope {

using HeapRecordPtr = std::shared_ptr<const HeapRecord>;

// Of the same image of the same process.
[[nodiscard]] bool isSameImage(const HeapRecord& a, const HeapRecord& b);

// A heap profile, ready to be shown. Immutable.
struct HeapPicture {
    HeapRecordPtr record;           // with the names of its code; the part of it that was asked for
    HeapRecordPtr whole;            // the same of all of the time
    std::optional<HeapRange> range; // that was asked for
    std::shared_ptr<const SessionView> timeline; // heapTimeline()'s
    std::shared_ptr<const CallTree> fromMain;
    std::shared_ptr<const CallTree> fromAllocation;
    std::shared_ptr<const HeapBlocks> blocks;
    // Of one function alone, if it was asked for: else null.
    std::shared_ptr<const CallFunction> around;
    std::shared_ptr<const CallTree> callees;
    std::shared_ptr<const CallTree> callers;
};

// What a picture is made of.
struct HeapQuestion {
    HeapRecordPtr record;
    HeapMoments moments; // of the record
    // Of the session; neither null.
    std::shared_ptr<const Provenance> provenance;
    std::shared_ptr<const std::vector<Marker>> markers;
    std::optional<HeapRange> range;             // empty: all of the time
    std::shared_ptr<const CallFunction> around; // null: no function is looked at by itself
};

// Makes them, and finds the names where the record has none. Keeps open what names are read from.
// Takes from milliseconds to many seconds: on a job's thread, one at a time.
class HeapPictures {
public:
    [[nodiscard]] std::shared_ptr<const HeapPicture> make(HeapQuestion question);

private:
    std::mutex m_mutex;
    Symbolizer m_symbolizer;
};

// What has to be known to read the numbers rightly: bounds, losses, code without names. Sentences;
// empty: nothing.
[[nodiscard]] QString heapRemarks(const HeapRecord& record);

} // namespace ringscope
