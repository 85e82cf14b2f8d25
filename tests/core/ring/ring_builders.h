// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <unistd.h>
#include <utility>

#include "core/base/file_descriptor.h"
#include "core/ring/segment.h"

namespace ringscope {

inline SegmentSpec specOf(std::uint64_t capacity, std::uint32_t payloadCapacity) {
    SegmentSpec spec;
    spec.name = segmentName("test");
    spec.channels = {ChannelSpec{capacity, payloadCapacity, 0, "only"}};
    return spec;
}

inline Segment makeSegment(const SegmentSpec& spec) {
    auto segment = Segment::create(spec);
    if (!segment) {
        ADD_FAILURE() << segment.error().message;
        std::abort();
    }
    return std::move(*segment);
}

inline Segment makeSegment(std::uint64_t capacity, std::uint32_t payloadCapacity) {
    return makeSegment(specOf(capacity, payloadCapacity));
}

inline std::span<const std::byte> bytesOf(const std::string& text) {
    return std::as_bytes(std::span(text));
}

inline std::string shmPath(const std::string& name) {
    return "/dev/shm/" + name;
}

// Overwrites bytes of a segment's file, as somebody hostile would.
template <typename T>
void poke(const std::string& name, std::uint64_t offset, T value) {
    const FileDescriptor file(::open(shmPath(name).c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::pwrite(file.get(), &value, sizeof(value), static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof(value)));
}

// A file under /dev/shm that goes away with this object.
class ShmFile {
public:
    explicit ShmFile(std::string name)
        : m_name(std::move(name)) {}
    ShmFile(const ShmFile&) = delete;
    ShmFile& operator=(const ShmFile&) = delete;
    ~ShmFile() { ::unlink(shmPath(m_name).c_str()); }
    [[nodiscard]] const std::string& name() const { return m_name; }

private:
    std::string m_name;
};

} // namespace ringscope
