// SPDX-License-Identifier: MIT
#include "core/memory/process_counters.h"

#include <array>

#include "core/memory/proc_text.h"

namespace ringscope {

namespace {

template <typename Counters>
struct KilobyteField {
    std::string_view key;
    std::uint64_t Counters::*always = nullptr;
    std::optional<std::uint64_t> Counters::*ifReported = nullptr;
};

constexpr std::array kStatusFields = {
    KilobyteField<FastCounters>{"VmSize", &FastCounters::virtualSize},
    KilobyteField<FastCounters>{"VmRSS", &FastCounters::rss},
    KilobyteField<FastCounters>{"VmHWM", &FastCounters::rssPeak},
    KilobyteField<FastCounters>{"RssAnon", nullptr, &FastCounters::rssAnon},
    KilobyteField<FastCounters>{"RssFile", nullptr, &FastCounters::rssFile},
    KilobyteField<FastCounters>{"RssShmem", nullptr, &FastCounters::rssShmem},
    KilobyteField<FastCounters>{"VmPTE", nullptr, &FastCounters::pageTables},
    KilobyteField<FastCounters>{"VmSwap", nullptr, &FastCounters::swap},
    KilobyteField<FastCounters>{"HugetlbPages", nullptr, &FastCounters::hugetlb},
};

constexpr std::array kRollupFields = {
    KilobyteField<SlowCounters>{"Rss", &SlowCounters::rss},
    KilobyteField<SlowCounters>{"Pss", &SlowCounters::pss},
    KilobyteField<SlowCounters>{"Pss_Dirty", nullptr, &SlowCounters::pssDirty},
    KilobyteField<SlowCounters>{"Pss_Anon", nullptr, &SlowCounters::pssAnon},
    KilobyteField<SlowCounters>{"Pss_File", nullptr, &SlowCounters::pssFile},
    KilobyteField<SlowCounters>{"Pss_Shmem", nullptr, &SlowCounters::pssShmem},
    KilobyteField<SlowCounters>{"Shared_Clean", &SlowCounters::sharedClean},
    KilobyteField<SlowCounters>{"Shared_Dirty", &SlowCounters::sharedDirty},
    KilobyteField<SlowCounters>{"Private_Clean", &SlowCounters::privateClean},
    KilobyteField<SlowCounters>{"Private_Dirty", &SlowCounters::privateDirty},
    KilobyteField<SlowCounters>{"Referenced", &SlowCounters::referenced},
    KilobyteField<SlowCounters>{"Anonymous", &SlowCounters::anonymous},
    KilobyteField<SlowCounters>{"AnonHugePages", &SlowCounters::anonHugePages},
    KilobyteField<SlowCounters>{"Shared_Hugetlb", nullptr, &SlowCounters::sharedHugetlb},
    KilobyteField<SlowCounters>{"Private_Hugetlb", nullptr, &SlowCounters::privateHugetlb},
    KilobyteField<SlowCounters>{"Swap", &SlowCounters::swap},
    KilobyteField<SlowCounters>{"SwapPss", nullptr, &SlowCounters::swapPss},
    KilobyteField<SlowCounters>{"Locked", &SlowCounters::locked},
};

// Keys that the table does not name are of a newer kernel or of no interest here. True when the
// first two fields, without which it is another text, were there.
template <typename Counters, std::size_t kCount>
bool parseKilobyteFields(std::string_view text,
                         const std::array<KilobyteField<Counters>, kCount>& fields,
                         Counters& counters) {
    bool hasFirst = false;
    bool hasSecond = false;
    proc::forEachField(text, [&](std::string_view key, std::string_view rest) {
        for (const auto& field : fields) {
            if (field.key != key) {
                continue;
            }
            const auto bytes = proc::parseKilobytes(rest);
            if (field.always != nullptr && bytes) {
                counters.*field.always = *bytes;
            } else if (field.ifReported != nullptr) {
                counters.*field.ifReported = bytes;
            }
            hasFirst = hasFirst || (&field == &fields[0] && bytes);
            hasSecond = hasSecond || (&field == &fields[1] && bytes);
            return;
        }
    });
    return hasFirst && hasSecond;
}

} // namespace

std::optional<FastCounters> parseStatus(std::string_view text) {
    FastCounters counters;
    if (!parseKilobyteFields(text, kStatusFields, counters)) {
        return std::nullopt;
    }
    return counters;
}

std::optional<SlowCounters> parseSmapsRollup(std::string_view text) {
    SlowCounters counters;
    if (!parseKilobyteFields(text, kRollupFields, counters)) {
        return std::nullopt;
    }
    return counters;
}

} // namespace ringscope
