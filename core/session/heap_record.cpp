// SPDX-License-Identifier: MIT
#include "core/session/heap_record.h"

#include <algorithm>

namespace ringscope {

HeapMoments momentsOf(const HeapMomentRecords* all, const HeapRecord& record) {
    HeapMoments moments;
    if (all == nullptr) {
        return moments;
    }
    for (const auto& one : *all) {
        if (one->process.pid == record.process.pid &&
            one->process.startTicks == record.process.startTicks &&
            one->profileStartNs == record.profile.startNs &&
            one->moment.timeNs <= record.profile.timeNs) {
            moments.push_back(std::shared_ptr<const HeapMoment>(one, &one->moment));
        }
    }
    std::stable_sort(moments.begin(), moments.end(),
                     [](const auto& a, const auto& b) { return a->timeNs < b->timeNs; });
    return moments;
}

} // namespace ringscope
