// SPDX-License-Identifier: MIT
#include "core/session/frame_scan.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include "core/session/byte_coding.h"

namespace ringscope {

namespace {

constexpr std::size_t kSearchBytes = std::size_t{1} << 20U;
constexpr std::uint64_t kFirstFrame = sizeof(SessionFileHeader);

template <typename T>
T fromBytes(const std::string& bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), std::min(sizeof(T), bytes.size()));
    return value;
}

template <typename T>
bool hasRightChecksum(const std::string& bytes, const T& value) {
    return bytes.size() >= sizeof(T) &&
           crc32c(std::string_view(bytes).substr(0, sizeof(T) - sizeof(value.checksum))) ==
               value.checksum;
}

} // namespace

FrameReader::FrameReader(const FileDescriptor& file)
    : m_file(file) {
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && status.st_size > 0) {
        m_fileBytes = static_cast<std::uint64_t>(status.st_size);
    }
}

std::string FrameReader::readAt(std::uint64_t offset, std::size_t count) const {
    if (offset >= m_fileBytes) {
        return {};
    }
    std::string bytes(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, m_fileBytes - offset)), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t got = ::pread(m_file.get(), bytes.data() + done, bytes.size() - done,
                                    static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
}

Expected<FrameReader::FileHeader> FrameReader::readFileHeader(const std::string& name) const {
    const std::string bytes = readAt(0, sizeof(SessionFileHeader));
    const bool isOurs =
        bytes.compare(0, sizeof(kSessionMagic), kSessionMagic, sizeof(kSessionMagic)) == 0;
    FileHeader found{fromBytes<SessionFileHeader>(bytes), false};
    found.isDamaged = !isOurs || !hasRightChecksum(bytes, found.header);
    if (!found.isDamaged && found.header.format != kSessionFormat) {
        return makeError(ErrorKind::damaged,
                         name + " has session format " + std::to_string(found.header.format) +
                             " and this version reads format " + std::to_string(kSessionFormat) +
                             ", open it with the version of Ringscope that recorded it");
    }
    if (found.isDamaged && bytes.size() < sizeof(SessionFileHeader) && (isOurs || bytes.empty())) {
        return makeError(ErrorKind::damaged, name + " is cut short after " +
                                                 std::to_string(bytes.size()) +
                                                 " bytes, nothing of the session is left");
    }
    if (found.isDamaged && !isOurs && !frameAt(kFirstFrame)) {
        return makeError(ErrorKind::damaged,
                         name + " is not a session file, choose one that Ringscope recorded");
    }
    return found;
}

std::optional<FoundFrame> FrameReader::frameAt(std::uint64_t offset) const {
    const std::string bytes = readAt(offset, sizeof(FrameHeader));
    if (bytes.size() < sizeof(FrameHeader)) {
        return std::nullopt;
    }
    const std::optional<FrameHeader> header = decodeFrameHeader(bytes);
    return header ? std::optional(FoundFrame{*header, offset}) : std::nullopt;
}

// First frame at or after offset.
std::optional<std::uint64_t> FrameReader::frameFrom(std::uint64_t offset) const {
    offset = (offset + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
    for (; offset + sizeof(FrameHeader) <= m_fileBytes;) {
        // Windows overlap by a header, so that one across a border is seen.
        const std::string bytes = readAt(offset, kSearchBytes + sizeof(FrameHeader));
        if (bytes.size() < sizeof(FrameHeader)) {
            return std::nullopt;
        }
        for (std::size_t at = 0; at + sizeof(FrameHeader) <= bytes.size(); at += kFrameAlignment) {
            if (decodeFrameHeader(std::string_view(bytes).substr(at, sizeof(FrameHeader)))) {
                return offset + at;
            }
        }
        offset += kSearchBytes;
    }
    return std::nullopt;
}

bool FrameReader::isTrailerAt(std::uint64_t offset, std::uint64_t indexOffset) const {
    const std::string bytes = readAt(offset, sizeof(SessionFileTrailer));
    const auto trailer = fromBytes<SessionFileTrailer>(bytes);
    return hasRightChecksum(bytes, trailer) &&
           std::memcmp(trailer.magic, kTrailerMagic, sizeof(kTrailerMagic)) == 0 &&
           trailer.indexOffset == indexOffset;
}

FrameScan FrameReader::findFrames(const FileHeader& header) const {
    FrameScan scan;
    if (!findByIndex(scan)) {
        scan = {};
        findByScan(scan);
    }
    scan.isHeaderDamaged = header.isDamaged;
    return scan;
}

bool FrameReader::findByIndex(FrameScan& scan) const {
    if (m_fileBytes < kFirstFrame + sizeof(SessionFileTrailer)) {
        return false;
    }
    const std::uint64_t trailerOffset = m_fileBytes - sizeof(SessionFileTrailer);
    const auto trailer =
        fromBytes<SessionFileTrailer>(readAt(trailerOffset, sizeof(SessionFileTrailer)));
    const std::optional<FoundFrame> index = frameAt(trailer.indexOffset);
    if (!index || !isTrailerAt(trailerOffset, index->offset) ||
        index->header.type != static_cast<std::uint16_t>(FrameType::index)) {
        return false;
    }
    const std::optional<std::string> payload = readPayload(*index);
    if (!payload) {
        return false;
    }
    ByteReader reader(*payload);
    while (!reader.isAtEnd()) {
        const std::uint64_t offset = reader.varint();
        // Type and times are for readers that want a part only; the frames have them too.
        static_cast<void>(reader.varint());
        static_cast<void>(reader.signedVarint());
        static_cast<void>(reader.signedVarint());
        const std::uint64_t before = scan.frames.empty() ? 0 : scan.frames.back().offset;
        if (reader.hasFailed() || offset < kFirstFrame || offset <= before ||
            offset >= index->offset) {
            return false;
        }
        if (const std::optional<FoundFrame> frame = frameAt(offset)) {
            scan.frames.push_back(*frame);
        } else {
            scan.addDamage(sizeof(FrameHeader));
        }
    }
    scan.frames.push_back(*index);
    scan.isEnded = true;
    return true;
}

void FrameReader::findByScan(FrameScan& scan) const {
    std::uint64_t offset = kFirstFrame;
    while (offset < m_fileBytes) {
        const std::optional<FoundFrame> frame = frameAt(offset);
        if (frame && offset + frameExtent(frame->header) <= m_fileBytes) {
            scan.frames.push_back(*frame);
            offset += frameExtent(frame->header);
            if (frame->header.type == static_cast<std::uint16_t>(FrameType::index) &&
                isTrailerAt(offset, frame->offset)) {
                scan.isEnded = true;
                offset += sizeof(SessionFileTrailer);
            }
            continue;
        }
        const std::optional<std::uint64_t> next = frameFrom(offset + kFrameAlignment);
        if (!next) {
            // Nothing behind it: the end was cut off, or follows the end and is not ours.
            if (scan.isEnded) {
                scan.addDamage(m_fileBytes - offset);
            }
            return;
        }
        scan.addDamage(*next - offset);
        offset = *next;
    }
}

std::optional<std::string> FrameReader::readPayload(const FoundFrame& frame) const {
    return decodePayload(frame.header,
                         readAt(frame.offset + sizeof(FrameHeader), frame.header.storedBytes));
}

} // namespace ringscope
