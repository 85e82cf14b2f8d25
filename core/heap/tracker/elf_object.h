// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <link.h>

namespace ringscope::tracker {

// The dynamic tables of a loaded program or library, as the loader has them in memory. To be used
// while the object cannot be unloaded: within dl_iterate_phdr.
class ElfObject {
public:
    explicit ElfObject(const dl_phdr_info& object) noexcept;

    [[nodiscard]] bool hasSymbols() const noexcept {
        return m_symbols != nullptr && m_strings != nullptr;
    }
    [[nodiscard]] bool contains(std::uintptr_t address) const noexcept;
    [[nodiscard]] bool hasCodeAt(std::uintptr_t address) const noexcept;
    [[nodiscard]] bool hasSearchPath() const noexcept { return m_hasSearchPath; }
    // Where the loader has taken away the right to write; whole pages, empty if none.
    [[nodiscard]] std::uintptr_t protectedBegin() const noexcept { return m_protectedBegin; }
    [[nodiscard]] std::uintptr_t protectedEnd() const noexcept { return m_protectedEnd; }

    // The exported function of that name that is defined here; 0: none.
    [[nodiscard]] std::uintptr_t definitionOf(const char* name) const noexcept;

    // Calls take(place, type, symbolName, ownDefinition) for each word that holds the address of a
    // named symbol.
    template <typename Take>
    void visitReferences(Take take) const noexcept {
        visit(m_plt, m_pltCount, take);
        visit(m_data, m_dataCount, take);
    }

private:
    template <typename Take>
    void visit(const ElfW(Rela) * relocations, std::size_t count, Take& take) const noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            const ElfW(Rela)& relocation = relocations[i];
            const auto type = static_cast<std::uint32_t>(ELF64_R_TYPE(relocation.r_info));
            if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64) ||
                (type == R_X86_64_64 && relocation.r_addend != 0)) {
                continue;
            }
            const ElfW(Sym)& symbol = m_symbols[ELF64_R_SYM(relocation.r_info)];
            take(m_base + relocation.r_offset, type, m_strings + symbol.st_name,
                 symbol.st_shndx != SHN_UNDEF ? m_base + symbol.st_value : 0);
        }
    }
    void readDynamic(const ElfW(Dyn) * entry) noexcept;
    [[nodiscard]] bool isDefinition(std::uint32_t index, const char* name) const noexcept;
    [[nodiscard]] std::uint32_t findByGnuHash(const char* name) const noexcept;
    [[nodiscard]] std::uint32_t findByHash(const char* name) const noexcept;

    std::uintptr_t m_base;
    const ElfW(Phdr) * m_headers;
    int m_headerCount;
    const ElfW(Sym) * m_symbols = nullptr;
    const char* m_strings = nullptr;
    const std::uint32_t* m_gnuHash = nullptr;
    const std::uint32_t* m_hash = nullptr;
    const std::uint16_t* m_versions = nullptr;
    const ElfW(Rela) * m_plt = nullptr;
    std::size_t m_pltCount = 0;
    const ElfW(Rela) * m_data = nullptr;
    std::size_t m_dataCount = 0;
    std::uintptr_t m_protectedBegin = 0;
    std::uintptr_t m_protectedEnd = 0;
    bool m_hasSearchPath = false;
};

} // namespace ringscope::tracker
