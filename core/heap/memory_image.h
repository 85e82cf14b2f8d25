// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringscope {

// Addresses [begin, end) of a process.
struct MemoryRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    [[nodiscard]] std::uint64_t bytes() const { return end - begin; }
    bool operator==(const MemoryRange&) const = default;
};

// Sets of addresses: sorted, not empty, not touching.
using MemoryRanges = std::vector<MemoryRange>;
[[nodiscard]] MemoryRanges joined(MemoryRanges ranges); // any order, may overlap
[[nodiscard]] MemoryRanges without(const MemoryRanges& from, const MemoryRanges& taken);
[[nodiscard]] MemoryRanges common(const MemoryRanges& a, const MemoryRanges& b);
[[nodiscard]] std::uint64_t bytesOf(const MemoryRanges& ranges);

// Words of a process's memory as they were at one instant, as far as they were copied. Does not own
// them.
class MemoryImage {
public:
    // words: of [address, address + 8 * count); address is a multiple of 8. In rising order.
    void add(std::uint64_t address, const std::uint64_t* words, std::size_t count);

    // Calls each(word) for the aligned words that lie in [begin, end) and were copied, in order.
    template <typename Each>
    void visit(std::uint64_t begin, std::uint64_t end, Each each) const {
        begin = (begin + 7) & ~std::uint64_t{7};
        for (std::size_t i = pieceBehind(begin); i < m_pieces.size(); ++i) {
            const Piece& piece = m_pieces[i];
            if (piece.address >= end) {
                return;
            }
            const std::uint64_t from = begin > piece.address ? begin : piece.address;
            const std::uint64_t stop = end < piece.end ? end : piece.end;
            const std::uint64_t* word = piece.words + (from - piece.address) / 8;
            for (std::uint64_t at = from; at + 8 <= stop; at += 8) {
                each(*word++);
            }
        }
    }
    // The word at an address that is a multiple of 8; 0 where it was not copied.
    [[nodiscard]] std::uint64_t wordAt(std::uint64_t address) const;

private:
    struct Piece {
        std::uint64_t address;
        std::uint64_t end;
        const std::uint64_t* words;
    };
    // The first piece that ends behind it.
    [[nodiscard]] std::size_t pieceBehind(std::uint64_t address) const;

    std::vector<Piece> m_pieces;
};

} // namespace ringscope
