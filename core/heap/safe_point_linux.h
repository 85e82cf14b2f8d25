// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/heap/process_image_linux.h"

struct user_regs_struct;

namespace ringscope {

// Judges whether a stopped thread of another process can be made to call the loader and malloc
// where it stands: nothing on its stack may hold a lock that those take, or be half way through
// what they use. The stack is unwound by the tables of the code that is on it (elfutils' libdw),
// and must be known to its end. One thread, that traces the thread in question.
class SafePoint {
public:
    SafePoint(std::int32_t pid, const ProcessImage& image, const ImageMapping& libc,
              const std::vector<ImageSymbol>& libcFunctions);
    SafePoint(const SafePoint&) = delete;
    SafePoint& operator=(const SafePoint&) = delete;
    ~SafePoint();

    // Why not, in words that follow "thread N "; empty: it can.
    [[nodiscard]] std::optional<std::string> objectionTo(std::int32_t tid,
                                                         const user_regs_struct& registers) const;

private:
    struct Unwinder;
    [[nodiscard]] std::optional<std::string> objectionToFrame(std::uint64_t pc) const;
    [[nodiscard]] const ImageSymbol* libcFunctionAt(std::uint64_t pc) const;
    void findAllocatorCode();

    const ProcessImage& m_image;
    const std::vector<ImageSymbol>& m_libcFunctions; // by address
    std::string m_libcPath;
    std::string m_loaderPath;
    std::vector<std::string>
        m_allocatorPaths; // of libraries that have a malloc, beside libc: the tracker too
    // Where libc's own allocator lies, with its functions that have no symbol.
    std::uint64_t m_allocatorBegin = 0;
    std::uint64_t m_allocatorEnd = 0;
    std::unique_ptr<Unwinder> m_unwinder;
};

} // namespace ringscope
