// SPDX-License-Identifier: MIT
#include "core/memory/string_finder.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace ringscope {

namespace {

constexpr bool isPrintable(char c) {
    return (c >= ' ' && c <= '~') || c == '\t';
}

} // namespace

StringFinder::StringFinder(const StringRules& rules)
    : m_rules(rules) {
    assert(m_rules.minChars >= 1);
}

void StringFinder::feed(std::uint64_t address, std::string_view bytes) {
    if (address != m_next) {
        endAll();
    }
    m_next = address + bytes.size();
    for (const char c : bytes) {
        if (isPrintable(c)) {
            takeChar(m_ascii, c, address);
        } else if (m_ascii.chars != 0) {
            end(m_ascii, TextEncoding::ascii);
        }
        if (m_rules.encodings == SearchedEncodings::asciiAndUtf16) {
            takeUtf16(c, address);
        }
        if (m_isCut) {
            return;
        }
        ++address;
    }
}

std::vector<FoundString> StringFinder::finish() {
    endAll();
    std::vector<FoundString> found = std::move(m_found);
    // Those of different encodings came in the order of their ends.
    std::stable_sort(found.begin(), found.end(), [](const FoundString& a, const FoundString& b) {
        return a.address < b.address;
    });
    return found;
}

void StringFinder::takeChar(Candidate& candidate, char c, std::uint64_t address) {
    if (candidate.chars == 0) {
        candidate.address = address;
    }
    if (candidate.text.size() < m_rules.keptChars) {
        candidate.text += c;
    }
    ++candidate.chars;
}

// c may be the second byte of the character that began with the byte before.
void StringFinder::takeUtf16(char c, std::uint64_t address) {
    Candidate& candidate = m_utf16[(address - 1) & 1U];
    if (c == '\0' && isPrintable(m_previous)) {
        takeChar(candidate, m_previous, address - 1);
    } else if (candidate.chars != 0) {
        end(candidate, TextEncoding::utf16);
    }
    m_previous = c;
}

void StringFinder::end(Candidate& candidate, TextEncoding encoding) {
    if (candidate.chars >= m_rules.minChars) {
        if (m_found.size() < m_rules.maxStrings) {
            const std::uint64_t bytesPerChar = encoding == TextEncoding::utf16 ? 2 : 1;
            m_found.push_back({candidate.address, candidate.chars * bytesPerChar, encoding,
                               std::move(candidate.text)});
        } else {
            m_isCut = true;
        }
    }
    candidate.chars = 0;
    candidate.text.clear();
}

void StringFinder::endAll() {
    end(m_ascii, TextEncoding::ascii);
    for (Candidate& candidate : m_utf16) {
        end(candidate, TextEncoding::utf16);
    }
    m_previous = '\0';
}

} // namespace ringscope
