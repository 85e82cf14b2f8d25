// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"

namespace ringscope {

// One line of /proc/PID/maps.
struct ImageMapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    bool isWritable = false;
    bool isExecutable = false;
    std::string path; // empty for anonymous memory
};

struct ImageSymbol {
    std::string name;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

// What of another process's memory has to be known to call a function there: its mappings, and the
// functions that a library exports, read from its memory, so that a library whose file was replaced
// by an update is found as it runs. A value of one moment. One thread.
class ProcessImage {
public:
    // Errors (target): no such process, or not permitted.
    [[nodiscard]] static Expected<ProcessImage> read(std::int32_t pid);

    [[nodiscard]] std::int32_t pid() const noexcept { return m_pid; }
    [[nodiscard]] const std::vector<ImageMapping>& mappings() const noexcept { return m_mappings; }
    [[nodiscard]] const ImageMapping* mappingAt(std::uint64_t address) const;
    // The first mapping of the library with that file name ("libc.so.6"); null: there is none.
    [[nodiscard]] const ImageMapping* library(const std::string& fileName) const;
    // True if the address lies in a mapping of that file.
    [[nodiscard]] bool isIn(std::uint64_t address, const std::string& path) const;

    // Its exported functions by address; empty if the memory is no ELF object. image: its first
    // mapping.
    [[nodiscard]] std::vector<ImageSymbol> functionsOf(const ImageMapping& image) const;

    // The first mapping of each object that exports a function of that name.
    [[nodiscard]] std::vector<ImageMapping> librariesWith(const std::string& function) const;
    // Where the dynamic loader lies; 0: there is none.
    [[nodiscard]] std::uint64_t loaderBase() const;
    // The path of the program itself, as the mappings have it.
    [[nodiscard]] const std::string& program() const noexcept { return m_program; }

    // The end of a code mapping that no code reaches to: at least so many bytes, all zero.
    [[nodiscard]] std::optional<std::uint64_t> unusedCode(std::size_t bytes) const;

    // False when not all of it could be read.
    [[nodiscard]] bool readMemory(std::uint64_t address, void* to, std::size_t bytes) const;

private:
    std::int32_t m_pid = 0;
    std::vector<ImageMapping> m_mappings;
    std::string m_program;
};

} // namespace ringscope
