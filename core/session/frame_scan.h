// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/session/session_frame.h"

namespace ringscope {

struct FoundFrame {
    FrameHeader header;
    std::uint64_t offset = 0;
};

// Where the frames of a file are, in its order, and what between them is none.
struct FrameScan {
    std::vector<FoundFrame> frames; // headers are right; payloads are not looked at yet
    bool isHeaderDamaged = false;
    bool isEnded = false; // index and trailer are there
    std::uint64_t damagedParts = 0;
    std::uint64_t damagedBytes = 0;

    void addDamage(std::uint64_t bytes) {
        ++damagedParts;
        damagedBytes += bytes;
    }
};

// Reads the frames of a session file that nobody vouches for, by pread: a file that is cut short
// meanwhile reads short and does no harm. Borrows the descriptor. One thread.
class FrameReader {
public:
    explicit FrameReader(const FileDescriptor& file);

    struct FileHeader {
        SessionFileHeader header;
        bool isDamaged = false; // its checksum is wrong, but a frame follows where one should
    };
    // Errors (damaged): no session file, cut short within the header, of another version.
    [[nodiscard]] Expected<FileHeader> readFileHeader(const std::string& name) const;
    // By the index when the recording ended properly, else by going from frame to frame; behind
    // damage the next frame is looked for.
    [[nodiscard]] FrameScan findFrames(const FileHeader& header) const;
    // Empty when the payload is damaged.
    [[nodiscard]] std::optional<std::string> readPayload(const FoundFrame& frame) const;
    [[nodiscard]] std::uint64_t fileBytes() const noexcept { return m_fileBytes; }

private:
    [[nodiscard]] std::string readAt(std::uint64_t offset, std::size_t count) const;
    [[nodiscard]] std::optional<FoundFrame> frameAt(std::uint64_t offset) const;
    [[nodiscard]] std::optional<std::uint64_t> frameFrom(std::uint64_t offset) const;
    [[nodiscard]] bool isTrailerAt(std::uint64_t offset, std::uint64_t indexOffset) const;
    [[nodiscard]] bool findByIndex(FrameScan& scan) const;
    void findByScan(FrameScan& scan) const;

    const FileDescriptor& m_file;
    std::uint64_t m_fileBytes = 0;
};

} // namespace ringscope
