// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class TextEncoding : std::uint8_t {
    ascii,
    utf16, // little-endian
};

// A text that was found in memory.
struct FoundString {
    std::uint64_t address = 0;
    std::uint64_t size = 0; // bytes, all of them
    TextEncoding encoding = TextEncoding::ascii;
    std::string text; // its first StringRules::keptChars characters

    bool operator==(const FoundString&) const = default;
};

enum class SearchedEncodings { ascii, asciiAndUtf16 };

struct StringRules {
    std::size_t minChars = 4; // at least 1
    SearchedEncodings encodings = SearchedEncodings::ascii;
    std::size_t keptChars = 256;
    std::size_t maxStrings = 10'000;
};

// Finds texts in bytes that come piece by piece: at least minChars printable characters of ASCII,
// or tabs, in a row. In UTF-16 the same characters, each followed by a byte of 0, at even or odd
// addresses. Other alphabets are not looked for. One thread.
class StringFinder {
public:
    explicit StringFinder(const StringRules& rules);

    // A piece that begins where the last one ended goes on with its text; any other begins anew.
    void feed(std::uint64_t address, std::string_view bytes);
    // There was one more than maxStrings: no more are taken.
    [[nodiscard]] bool isCut() const { return m_isCut; }
    // What was found, by address. Call once, at the end; isCut() is only then the last word.
    [[nodiscard]] std::vector<FoundString> finish();

private:
    // A text that is being read.
    struct Candidate {
        std::uint64_t address = 0;
        std::uint64_t chars = 0;
        std::string text;
    };

    void takeChar(Candidate& candidate, char c, std::uint64_t address);
    void takeUtf16(char c, std::uint64_t address);
    void end(Candidate& candidate, TextEncoding encoding);
    void endAll();

    // Constant after construction.
    StringRules m_rules;

    Candidate m_ascii;
    std::array<Candidate, 2> m_utf16; // of characters at even and odd addresses
    std::uint64_t m_next = 0;         // where the last piece ended
    char m_previous = '\0';           // the byte before; 0, which begins no character, after a gap
    bool m_isCut = false;
    std::vector<FoundString> m_found;
};

} // namespace ringscope
