// SPDX-License-Identifier: MIT
#include "core/session/heap_moment_coding.h"

#include <array>
#include <limits>

#include "core/session/byte_coding.h"

namespace ringscope {

namespace {

// Of a stack, in their order; new ones go to the end of the frame.
constexpr std::array kNumbers = {
    &HeapStackMoment::blocks,    &HeapStackMoment::bytes,           &HeapStackMoment::liveBlocks,
    &HeapStackMoment::liveBytes, &HeapStackMoment::temporaryBlocks, &HeapStackMoment::lifetimeNs,
};
constexpr std::uint64_t kLatestNs = std::uint64_t{1} << 62U;

} // namespace

std::string encodeHeapMoment(const HeapMomentRecord& record) {
    std::string to;
    putVarint(to, record.label.size());
    to += record.label;
    putVarint(to, static_cast<std::uint32_t>(record.process.pid));
    putVarint(to, record.process.startTicks);
    putVarint(to, static_cast<std::uint64_t>(record.profileStartNs));
    putVarint(to, static_cast<std::uint64_t>(record.moment.timeNs));
    putVarint(to, record.moment.stacks.size());
    std::uint32_t before = 0;
    for (const HeapStackMoment& stack : record.moment.stacks) {
        putVarint(to, stack.stack - before);
        before = stack.stack;
        for (const auto member : kNumbers) {
            putVarint(to, stack.*member);
        }
    }
    return to;
}

std::shared_ptr<const HeapMomentRecord> decodeHeapMoment(std::string_view payload) {
    ByteReader reader(payload);
    auto record = std::make_shared<HeapMomentRecord>();
    record->label = std::string(reader.take(reader.varint()));
    const std::uint64_t pid = reader.varint();
    record->process.pid = static_cast<std::int32_t>(pid);
    record->process.startTicks = reader.varint();
    const std::uint64_t startNs = reader.varint();
    const std::uint64_t timeNs = reader.varint();
    const std::uint64_t count = reader.varint();
    if (reader.hasFailed() || startNs > kLatestNs || timeNs > kLatestNs ||
        pid > std::numeric_limits<std::int32_t>::max() ||
        count > reader.left() / (1 + kNumbers.size())) {
        return nullptr;
    }
    record->profileStartNs = static_cast<std::int64_t>(startNs);
    record->moment.timeNs = static_cast<std::int64_t>(timeNs);
    record->moment.stacks.reserve(count);
    std::uint64_t number = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t step = reader.varint();
        number += step;
        if (reader.hasFailed() || (i > 0 && step == 0) ||
            number > std::numeric_limits<std::uint32_t>::max()) {
            return nullptr;
        }
        HeapStackMoment stack;
        stack.stack = static_cast<std::uint32_t>(number);
        for (const auto member : kNumbers) {
            stack.*member = reader.varint();
        }
        record->moment.stacks.push_back(stack);
    }
    return reader.hasFailed() ? nullptr : record;
}

} // namespace ringscope
