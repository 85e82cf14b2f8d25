// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope::testing {

template <typename Value>
void put(std::string& bytes, std::size_t offset, Value value) {
    if (bytes.size() < offset + sizeof(Value)) {
        bytes.resize(offset + sizeof(Value));
    }
    std::memcpy(bytes.data() + offset, &value, sizeof(Value));
}

// Writes an ELF core by hand: header, program headers, notes, and as many zeros as are dumped.
class CoreBuilder {
public:
    explicit CoreBuilder(std::uint16_t machine = 62)
        : m_machine(machine) {}

    // protection: 4 read, 2 write, 1 execute.
    CoreBuilder& load(std::uint64_t start, std::uint64_t size, std::uint32_t protection,
                      std::uint64_t dumped = 0) {
        m_loads.push_back({start, size, dumped, protection});
        return *this;
    }
    CoreBuilder& file(std::uint64_t start, std::uint64_t end, std::uint64_t page,
                      std::string_view name) {
        const std::size_t at = m_files.size();
        put(m_files, at, start);
        put(m_files, at + 8, end);
        put(m_files, at + 16, page);
        m_names += std::string(name) + '\0';
        return *this;
    }
    CoreBuilder& thread(std::int32_t tid, std::uint64_t stackPointer) {
        std::string body(m_machine == 62 ? 336 : 392, '\0');
        put(body, 32, tid);
        put(body, m_machine == 62 ? 264 : 360, stackPointer);
        return note(1, body);
    }
    CoreBuilder& program(std::int32_t pid, std::string_view name, std::string_view command) {
        std::string body(136, '\0');
        put(body, 24, pid);
        body.replace(40, name.size(), name);
        body.replace(56, command.size(), command);
        return note(3, body);
    }
    CoreBuilder& auxv(std::uint64_t key, std::uint64_t value) {
        const std::size_t at = m_auxv.size();
        put(m_auxv, at, key);
        put(m_auxv, at + 8, value);
        return *this;
    }
    CoreBuilder& note(std::uint32_t type, std::string body) {
        const std::size_t at = m_notes.size();
        put<std::uint32_t>(m_notes, at, 5);
        put(m_notes, at + 4, static_cast<std::uint32_t>(body.size()));
        put(m_notes, at + 8, type);
        m_notes += std::string("CORE\0\0\0\0", 8);
        body.resize((body.size() + 3) / 4 * 4);
        m_notes += body;
        return *this;
    }
    // The number of segments stands in section header 0, as with more than 65,534.
    CoreBuilder& manySegments() {
        m_hasSection = true;
        return *this;
    }

    [[nodiscard]] std::string build() {
        if (!m_files.empty()) {
            std::string body;
            put<std::uint64_t>(body, 0, m_files.size() / 24);
            put<std::uint64_t>(body, 8, 4096);
            note(0x46494c45, body + m_files + m_names);
        }
        if (!m_auxv.empty()) {
            note(6, m_auxv);
        }
        const std::size_t segments = m_loads.size() + 1;
        const std::size_t notesAt = 64 + segments * 56;
        std::string bytes("\177ELF\2\1\1", 7);
        bytes.resize(64);
        put<std::uint16_t>(bytes, 16, 4);
        put(bytes, 18, m_machine);
        put<std::uint64_t>(bytes, 32, 64);
        put<std::uint16_t>(bytes, 54, 56);
        put(bytes, 56, static_cast<std::uint16_t>(m_hasSection ? 0xffffU : segments));
        segment(bytes, 64, 4, 0, notesAt, 0, m_notes.size(), 0);
        std::uint64_t at = notesAt + m_notes.size();
        for (std::size_t i = 0; i < m_loads.size(); ++i) {
            const Load& load = m_loads[i];
            segment(bytes, 120 + i * 56, 1, load.protection, at, load.start, load.dumped,
                    load.size);
            at += load.dumped;
        }
        bytes += m_notes;
        bytes.resize(at);
        if (m_hasSection) {
            put<std::uint64_t>(bytes, 40, at);
            put(bytes, at + 44, static_cast<std::uint32_t>(segments));
            bytes.resize(at + 64);
        }
        return bytes;
    }

private:
    struct Load {
        std::uint64_t start, size, dumped;
        std::uint32_t protection;
    };

    static void segment(std::string& bytes, std::size_t at, std::uint32_t type,
                        std::uint32_t protection, std::uint64_t offset, std::uint64_t start,
                        std::uint64_t inFile, std::uint64_t size) {
        put(bytes, at, type);
        put(bytes, at + 4, protection);
        put(bytes, at + 8, offset);
        put(bytes, at + 16, start);
        put(bytes, at + 32, inFile);
        put(bytes, at + 40, size);
        put<std::uint64_t>(bytes, at + 48, 4096);
    }

    std::uint16_t m_machine;
    bool m_hasSection = false;
    std::vector<Load> m_loads;
    std::string m_files;
    std::string m_names;
    std::string m_auxv;
    std::string m_notes;
};

// A small program with a library, two threads and what the kernel maps.
inline CoreBuilder smallCore(std::uint16_t machine = 62) {
    CoreBuilder core(machine);
    core.load(0x400000, 0x1000, 4, 0x1000)
        .load(0x401000, 0x2000, 5)
        .load(0x403000, 0x2000, 6, 0x2000)
        .load(0x7f0000000000, 0x1000, 0)
        .load(0x7f0000001000, 0x8000, 6, 0x8000)
        .load(0x7f0000100000, 0x3000, 6, 0x3000)
        .load(0x7ffd00000000, 0x21000, 6, 0x1000)
        .load(0x7ffe00000000, 0x2000, 4)
        .load(0x7ffe00002000, 0x1000, 5, 0x1000)
        .file(0x400000, 0x401000, 0, "/opt/probe")
        .file(0x401000, 0x403000, 1, "/opt/probe")
        .file(0x403000, 0x404000, 3, "/opt/probe")
        .file(0x7e0000000000, 0x7e0000004000, 2, "/srv/data\nfile")
        .thread(70, 0x7ffd00020000)
        .thread(71, 0x7f0000008000)
        .program(70, "probe", "probe --fast  ")
        .auxv(6, 4096)
        .auxv(33, 0x7ffe00002000)
        .auxv(31, 0x7ffd00020fe0);
    return core;
}

} // namespace ringscope::testing
