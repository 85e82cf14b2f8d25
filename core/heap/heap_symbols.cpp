// SPDX-License-Identifier: MIT
#include "core/heap/heap_symbols.h"

#include <cstdio>

namespace ringscope {

namespace {

std::string hexadecimal(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

} // namespace

const char* symbolSourceText(SymbolSource source) {
    switch (source) {
    case SymbolSource::notAsked:
        return "was not needed";
    case SymbolSource::none:
        return "has no symbols";
    case SymbolSource::missing:
        return "cannot be read";
    case SymbolSource::otherBuild:
        return "was replaced by another build since it was mapped";
    case SymbolSource::symbols:
        return "has symbols but no debug information: functions without files and lines";
    case SymbolSource::debugInfo:
        return "has debug information";
    }
    return "";
}

std::string HeapSymbols::functionName(const HeapProfile& profile, std::uint32_t location,
                                      std::uint32_t frame) const {
    if (location >= locations.size()) {
        return {};
    }
    const CodeLocation& code = locations[location];
    if (frame < code.frameCount && code.firstFrame + frame < frames.size()) {
        const std::uint32_t text = frames[code.firstFrame + frame].function;
        if (text != 0 && text < texts.size()) {
            return texts[text];
        }
    }
    if (code.module >= profile.modules.size()) {
        return "[code made at run time] " + hexadecimal(code.address);
    }
    const std::string& path = profile.modules[code.module].path;
    const std::string file = path.substr(path.find_last_of('/') + 1);
    return (file.empty() ? "[unnamed module]" : file) + "+" + hexadecimal(code.address);
}

} // namespace ringscope
