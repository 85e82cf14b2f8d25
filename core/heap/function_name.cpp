// SPDX-License-Identifier: MIT
#include "core/heap/function_name.h"

#include <string_view>
#include <utility>

namespace ringscope {

namespace {

constexpr std::pair<std::string_view, std::string_view> kSpellings[] = {
    {"std::__cxx11::", "std::"},
    {"std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string"},
    {"std::basic_string_view<char, std::char_traits<char> >", "std::string_view"},
    {"std::basic_istream<char, std::char_traits<char> >", "std::istream"},
    {"std::basic_ostream<char, std::char_traits<char> >", "std::ostream"},
};

// Defaults of the containers' last parameters.
constexpr std::string_view kDefaults[] = {", std::allocator<", ", std::less<",
                                          ", std::default_delete<", ", std::hash<",
                                          ", std::equal_to<"};

void replaceAll(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
        text.replace(at, what.size(), by);
    }
}

// Behind the bracket that is open at the place.
std::size_t behindBracket(const std::string& text, std::size_t at) {
    for (int depth = 1; at < text.size() && depth > 0; ++at) {
        depth += text[at] == '<' ? 1 : text[at] == '>' ? -1 : 0;
    }
    return at;
}

void removeDefault(std::string& text, std::string_view start) {
    for (std::size_t at = 0; (at = text.find(start, at)) != std::string::npos;) {
        const std::size_t end = behindBracket(text, at + start.size());
        // Only as an argument of a template: ">" or another one follows.
        const std::size_t next = text.find_first_not_of(' ', end);
        if (next != std::string::npos && text[next] == '>') {
            text.erase(at, next - at);
        } else if (next != std::string::npos && next == end && text[next] == ',') {
            text.erase(at, end - at);
        } else {
            at += start.size();
        }
    }
}

} // namespace

std::string shortFunctionName(std::string name) {
    for (const auto& [whole, brief] : kSpellings) {
        replaceAll(name, whole, brief);
    }
    // From within: what holds a default may be one.
    for (std::size_t before = 0; before != name.size();) {
        before = name.size();
        for (const std::string_view start : kDefaults) {
            removeDefault(name, start);
        }
    }
    return name;
}

} // namespace ringscope
