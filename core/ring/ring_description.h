// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace ringscope {

// Where the numbers of a ring lie that is not ours, as its user describes it in TOML
// (docs/other-rings.md). A value type; it has been checked in itself, not against any file.
struct RingDescription {
    struct Word { // little-endian
        std::uint64_t offset = 0;
        std::uint32_t size = 8; // 4 or 8
        std::uint32_t line = 0; // in the description
        std::string key;        // "head", for sentences
    };
    enum class Counting : std::uint8_t {
        counter, // counts messages, and wraps with its 4 or 8 bytes
        index,   // of a slot: begins at 0 again where capacity ends
    };
    struct Channel {
        std::string name;
        std::uint64_t capacity = 0; // when there is no capacityWord
        std::optional<Word> capacityWord;
        Word head; // next to consume
        Word tail; // next to produce
        Counting counting = Counting::counter;
        std::uint32_t line = 0;
    };
    static constexpr std::uint64_t kMostSlots = std::uint64_t{1} << 40U;
    static constexpr std::size_t kMostChannels = 256;

    std::string source; // of this description, as named to the user
    std::string object; // a name under /dev/shm or a path; empty when it is not given
    std::vector<Channel> channels;
};

// Errors (usage): what is wrong, and in which line of the source.
[[nodiscard]] Expected<RingDescription> parseRingDescription(std::string_view toml,
                                                             const std::string& source);
// Errors: as parseRingDescription(); the file cannot be read (target).
[[nodiscard]] Expected<RingDescription> loadRingDescription(const std::string& path);

} // namespace ringscope
