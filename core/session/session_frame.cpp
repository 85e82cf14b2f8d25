// SPDX-License-Identifier: MIT
#include "core/session/session_frame.h"

#include <boost/crc.hpp>
#include <cassert>
#include <cstring>
#include <zstd.h>

namespace ringscope {

namespace {

constexpr int kCompressionLevel = 3;

template <typename T>
std::string_view bytesOf(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

template <typename T>
std::uint32_t checksumOf(const T& value) {
    return crc32c(bytesOf(value).substr(0, sizeof(T) - sizeof(value.checksum)));
}

std::uint64_t paddedSize(std::uint64_t bytes) {
    return (bytes + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

// Empty when compressing does not make it smaller.
std::string compressed(std::string_view payload) {
    std::string bytes(ZSTD_compressBound(payload.size()), '\0');
    const std::size_t size = ZSTD_compress(bytes.data(), bytes.size(), payload.data(),
                                           payload.size(), kCompressionLevel);
    bytes.resize(ZSTD_isError(size) != 0U || size >= payload.size() ? 0 : size);
    return bytes;
}

} // namespace

std::uint32_t crc32c(std::string_view bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

std::string encodeFileHeader(std::int64_t startMonotonicNs, std::int64_t startWallNs) {
    SessionFileHeader header{};
    std::memcpy(header.magic, kSessionMagic, sizeof(header.magic));
    header.format = kSessionFormat;
    header.headerBytes = sizeof(SessionFileHeader);
    header.startMonotonicNs = startMonotonicNs;
    header.startWallNs = startWallNs;
    header.checksum = checksumOf(header);
    return std::string(bytesOf(header));
}

std::string encodeFrame(FrameType type, std::uint32_t number, std::int64_t firstNs,
                        std::int64_t lastNs, std::string_view payload) {
    assert(payload.size() <= kMaxFrameBytes);
    const std::string smaller = compressed(payload);
    const std::string_view stored = smaller.empty() ? payload : std::string_view(smaller);
    FrameHeader header{};
    header.magic = kFrameMagic;
    header.type = static_cast<std::uint16_t>(type);
    header.flags = smaller.empty() ? 0 : kFrameIsZstd;
    header.number = number;
    header.storedBytes = static_cast<std::uint32_t>(stored.size());
    header.rawBytes = static_cast<std::uint32_t>(payload.size());
    header.payloadChecksum = crc32c(stored);
    header.firstNs = firstNs;
    header.lastNs = lastNs;
    header.checksum = checksumOf(header);
    std::string frame(bytesOf(header));
    frame += stored;
    frame.resize(frameExtent(header));
    return frame;
}

std::string encodeTrailer(std::uint64_t indexOffset) {
    SessionFileTrailer trailer{};
    std::memcpy(trailer.magic, kTrailerMagic, sizeof(trailer.magic));
    trailer.indexOffset = indexOffset;
    trailer.checksum = checksumOf(trailer);
    return std::string(bytesOf(trailer));
}

std::optional<FrameHeader> decodeFrameHeader(std::string_view bytes) {
    FrameHeader header;
    assert(bytes.size() >= sizeof(header));
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.magic != kFrameMagic || header.checksum != checksumOf(header) ||
        header.storedBytes > kMaxFrameBytes || header.rawBytes > kMaxFrameBytes) {
        return std::nullopt;
    }
    return header;
}

std::optional<std::string> decodePayload(const FrameHeader& header, std::string_view stored) {
    if (stored.size() != header.storedBytes || crc32c(stored) != header.payloadChecksum) {
        return std::nullopt;
    }
    if ((header.flags & kFrameIsZstd) == 0) {
        return std::string(stored);
    }
    std::string payload(header.rawBytes, '\0');
    const std::size_t size =
        ZSTD_decompress(payload.data(), payload.size(), stored.data(), stored.size());
    if (ZSTD_isError(size) != 0U || size != payload.size()) {
        return std::nullopt;
    }
    return payload;
}

std::uint64_t frameExtent(const FrameHeader& header) noexcept {
    return paddedSize(sizeof(FrameHeader) + std::uint64_t{header.storedBytes});
}

} // namespace ringscope
