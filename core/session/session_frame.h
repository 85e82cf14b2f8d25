// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

// The frames of a session file; docs/file-format.md is its specification.
//
//   0    SessionFileHeader (64)
//   64   frame: FrameHeader (48) | stored payload | zeros to a multiple of 8
//   ...  frame
//        frame of type index, and SessionFileTrailer (24) behind it: only when the recording ended
//
// Every number is little-endian. A frame is only believed when both of its checksums hold, so a
// reader can look for the next one behind damage.
constexpr char kSessionMagic[8] = {'R', 'I', 'N', 'G', 'S', 'E', 'S', 'S'};
constexpr std::uint32_t kSessionFormat = 1;
constexpr std::uint32_t kFrameMagic = 0x4D46'5352; // "RSFM"
constexpr char kTrailerMagic[8] = {'R', 'S', 'I', 'N', 'D', 'E', 'X', '1'};
constexpr std::size_t kFrameAlignment = 8;
// A frame that claims more is damaged, whatever its checksums say.
constexpr std::uint32_t kMaxFrameBytes = 64U << 20U;

enum class FrameType : std::uint16_t {
    provenance = 1, // JSON
    groups = 2,     // JSON
    samples = 3,
    markers = 4, // JSON
    state = 5,   // JSON: sources, workers, ring, own cost
    slots = 6,
    summary = 7, // JSON
    index = 8,
    stall = 9,
    map = 10,
    heap = 11,
    annotations = 12, // JSON
    leaks = 13,       // JSON
    heapMoment = 14,
};

struct SessionFileHeader {
    char magic[8];
    std::uint32_t format;
    std::uint32_t headerBytes; // 64
    std::int64_t startMonotonicNs;
    std::int64_t startWallNs;
    std::uint8_t reserved[28];
    std::uint32_t checksum; // CRC32C of the bytes before it
};
static_assert(sizeof(SessionFileHeader) == 64);

struct FrameHeader {
    std::uint32_t magic;
    std::uint16_t type;
    std::uint16_t flags;  // kFrameIsZstd
    std::uint32_t number; // 0, 1, 2, ... in the order of writing
    std::uint32_t storedBytes;
    std::uint32_t rawBytes;
    std::uint32_t payloadChecksum; // CRC32C of the stored bytes
    std::int64_t firstNs;          // monotonic time of what is in it
    std::int64_t lastNs;
    std::uint32_t reserved;
    std::uint32_t checksum; // CRC32C of the bytes before it
};
static_assert(sizeof(FrameHeader) == 48);
constexpr std::uint16_t kFrameIsZstd = 1;

struct SessionFileTrailer {
    char magic[8];
    std::uint64_t indexOffset; // of the index frame
    std::uint32_t reserved;
    std::uint32_t checksum; // CRC32C of the bytes before it
};
static_assert(sizeof(SessionFileTrailer) == 24);

// CRC-32C (Castagnoli), as iSCSI and ext4 use it.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

[[nodiscard]] std::string encodeFileHeader(std::int64_t startMonotonicNs, std::int64_t startWallNs);
// The whole frame, padded. Compressed when that makes it smaller. payload.size() <= kMaxFrameBytes.
[[nodiscard]] std::string encodeFrame(FrameType type, std::uint32_t number, std::int64_t firstNs,
                                      std::int64_t lastNs, std::string_view payload);
[[nodiscard]] std::string encodeTrailer(std::uint64_t indexOffset);

// Empty unless magic, checksum and sizes are right. bytes.size() >= sizeof(FrameHeader).
[[nodiscard]] std::optional<FrameHeader> decodeFrameHeader(std::string_view bytes);
// The payload as it was before encodeFrame(); empty when a checksum or the compression is wrong.
[[nodiscard]] std::optional<std::string> decodePayload(const FrameHeader& header,
                                                       std::string_view stored);
// Bytes from a frame's start to the next one's.
[[nodiscard]] std::uint64_t frameExtent(const FrameHeader& header) noexcept;

} // namespace ringscope
