// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringscope {

// A file of mostly zeros in few bytes, so that a fuzzer's mutations hit what is read. A ring
// segment has 98,432 bytes of header, of which some hundred are set. Every input decodes to some
// image.
//
//   image    | u32 file size | u32 file size, late | run ... |       sizes in units of 64 bytes
//   run      | u32 offset | u16 bytes | u16 flags and repeats | u32 step | its bytes |
//                in words of 8                               in words of 8
//
// A run is written repeats + 1 times, step apart: a roster is full of entries that look alike. Late
// runs and the late size come when the observer has looked already.
struct SparseImage {
    static constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 32U;
    static constexpr std::uint64_t kMostBytesWritten = std::uint64_t{16} << 20U;

    struct Run {
        std::uint64_t offset = 0;
        std::uint32_t repeats = 0;
        std::uint64_t step = 0;
        bool isLate = false;
        std::vector<std::uint8_t> bytes;
    };
    std::uint64_t fileBytes = 0;
    std::uint64_t lateFileBytes = 0;
    std::vector<Run> runs;

    // Gives the file its size and writes the runs of that time; what lies behind the end is left
    // out.
    void writeTo(int file, bool isLate) const;
};

[[nodiscard]] SparseImage decodeImage(std::span<const std::uint8_t> input);
[[nodiscard]] std::vector<std::uint8_t> encodeImage(const SparseImage& image);
// The image of a file as it is.
[[nodiscard]] SparseImage imageOf(std::span<const std::uint8_t> file);

} // namespace ringscope
