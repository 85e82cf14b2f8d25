// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/annotation_layout.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

// Names of a program's annotations and where they are in the ledger. No locks: a name may be looked
// up and added by any thread, and by a signal handler in the middle of the same.
namespace ringscope::tracker {

// Text in zero padded words, as the ledger has it. The last byte stays zero.
template <std::size_t WordCount>
struct PackedText {
    std::uint64_t words[WordCount] = {};

    explicit PackedText(const char* text) noexcept {
        constexpr std::size_t kMost = WordCount * 8 - 1;
        std::size_t length = 0;
        for (; text[length] != '\0' && length < kMost; ++length) {
            put(length, text[length]);
        }
        // Cut between characters, not within one of UTF-8.
        if (length == kMost && (text[length] & 0xc0) == 0x80) {
            while (length > 0 && (text[length] & 0xc0) == 0x80) {
                put(--length, '\0');
            }
        }
    }

    void storeIn(LedgerCounter (&to)[WordCount]) const noexcept {
        for (std::size_t i = 0; i < WordCount; ++i) {
            to[i].store(words[i], std::memory_order_relaxed);
        }
    }
    [[nodiscard]] bool isSame(const LedgerCounter (&other)[WordCount]) const noexcept {
        for (std::size_t i = 0; i < WordCount; ++i) {
            if (other[i].load(std::memory_order_relaxed) != words[i]) {
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t hash = 0;
        for (std::size_t i = 0; i < WordCount && words[i] != 0; ++i) {
            hash = (hash ^ words[i]) * 0x9e37'79b9'7f4a'7c15;
            hash ^= hash >> 32U;
        }
        return hash;
    }

private:
    void put(std::size_t at, char value) noexcept {
        const std::uint64_t byte = static_cast<unsigned char>(value);
        const auto shift = static_cast<unsigned>(at % 8 * 8);
        words[at / 8] = (words[at / 8] & ~(std::uint64_t{0xff} << shift)) | (byte << shift);
    }
};
using PackedName = PackedText<kNameWords>;

// By hash: the number of an entry of one table of the ledger, 0 where there is none.
class NameIndex {
public:
    // The entry of that name, which gets the next free one if it is new; 0: all are taken.
    template <typename Entry>
    [[nodiscard]] std::uint32_t find(const PackedName& name, Entry* table,
                                     std::atomic<std::uint32_t>& used) noexcept {
        std::uint32_t added = 0;
        const std::uint64_t hash = name.hash();
        for (std::uint64_t i = 0; i < kPlaces; ++i) {
            std::atomic<std::uint16_t>& place = m_places[(hash + i) % kPlaces];
            // Acquire: pairs with the exchange below, so that the entry has its name.
            std::uint16_t entry = place.load(std::memory_order_acquire);
            if (entry == 0) {
                added = added != 0 ? added : add(name, table, used);
                if (added == 0 || place.compare_exchange_strong(
                                      entry, static_cast<std::uint16_t>(added),
                                      std::memory_order_acq_rel, std::memory_order_acquire)) {
                    return added;
                }
            }
            // Where another thread was first, what was added stays empty, or is for the next place.
            if (name.isSame(table[entry].name)) {
                return entry;
            }
        }
        return 0;
    }

private:
    static constexpr std::size_t kPlaces = 1024; // of which at most kMostAnnotations are taken

    template <typename Entry>
    static std::uint32_t add(const PackedName& name, Entry* table,
                             std::atomic<std::uint32_t>& used) noexcept {
        std::uint32_t number = used.load(std::memory_order_relaxed);
        do {
            if (number >= kMostAnnotations) {
                return 0;
            }
        } while (!used.compare_exchange_weak(number, number + 1, std::memory_order_relaxed,
                                             std::memory_order_relaxed));
        name.storeIn(table[number].name);
        table[number].isNamed.store(1, std::memory_order_release); // pairs with the reader's copy
        return number;
    }

    std::atomic<std::uint16_t> m_places[kPlaces] = {};
};
static_assert(kMostAnnotations < 1024);

} // namespace ringscope::tracker
