// SPDX-License-Identifier: MIT
#include "core/heap/tracker/elf_object.h"

#include <cstring>

namespace ringscope::tracker {

namespace {

constexpr std::uintptr_t kPage = 4096;

} // namespace

ElfObject::ElfObject(const dl_phdr_info& object) noexcept
    : m_base(object.dlpi_addr)
    , m_headers(object.dlpi_phdr)
    , m_headerCount(object.dlpi_phnum) {
    for (int i = 0; i < m_headerCount; ++i) {
        const ElfW(Phdr)& header = m_headers[i];
        if (header.p_type == PT_GNU_RELRO) {
            // As the loader rounds it: a last page that holds other data too stays writable.
            m_protectedBegin = (m_base + header.p_vaddr) & ~(kPage - 1);
            m_protectedEnd = (m_base + header.p_vaddr + header.p_memsz) & ~(kPage - 1);
        } else if (header.p_type == PT_DYNAMIC) {
            readDynamic(reinterpret_cast<const ElfW(Dyn)*>(m_base + header.p_vaddr));
        }
    }
}

void ElfObject::readDynamic(const ElfW(Dyn) * entry) noexcept {
    // glibc makes addresses of the offsets in this table, except where it cannot write to it.
    const auto address = [this](const ElfW(Dyn) * of) {
        const std::uintptr_t value = of->d_un.d_ptr;
        return value >= m_base ? value : m_base + value;
    };
    for (; entry->d_tag != DT_NULL; ++entry) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            m_symbols = reinterpret_cast<const ElfW(Sym)*>(address(entry));
            break;
        case DT_STRTAB:
            m_strings = reinterpret_cast<const char*>(address(entry));
            break;
        case DT_GNU_HASH:
            m_gnuHash = reinterpret_cast<const std::uint32_t*>(address(entry));
            break;
        case DT_HASH:
            m_hash = reinterpret_cast<const std::uint32_t*>(address(entry));
            break;
        case DT_VERSYM:
            m_versions = reinterpret_cast<const std::uint16_t*>(address(entry));
            break;
        case DT_JMPREL:
            m_plt = reinterpret_cast<const ElfW(Rela)*>(address(entry));
            break;
        case DT_PLTRELSZ:
            m_pltCount = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_RELA:
            m_data = reinterpret_cast<const ElfW(Rela)*>(address(entry));
            break;
        case DT_RELASZ:
            m_dataCount = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_RPATH:
        case DT_RUNPATH:
            m_hasSearchPath = true;
            break;
        default:
            break;
        }
    }
    m_pltCount = m_plt != nullptr && hasSymbols() ? m_pltCount : 0;
    m_dataCount = m_data != nullptr && hasSymbols() ? m_dataCount : 0;
}

bool ElfObject::contains(std::uintptr_t address) const noexcept {
    for (int i = 0; i < m_headerCount; ++i) {
        const ElfW(Phdr)& header = m_headers[i];
        if (header.p_type == PT_LOAD && address - (m_base + header.p_vaddr) < header.p_memsz) {
            return true;
        }
    }
    return false;
}

bool ElfObject::hasCodeAt(std::uintptr_t address) const noexcept {
    for (int i = 0; i < m_headerCount; ++i) {
        const ElfW(Phdr)& header = m_headers[i];
        if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 &&
            address - (m_base + header.p_vaddr) < header.p_memsz) {
            return true;
        }
    }
    return false;
}

bool ElfObject::isDefinition(std::uint32_t index, const char* name) const noexcept {
    constexpr std::uint16_t kHiddenVersion = 0x8000; // an earlier one, for old programs
    const ElfW(Sym)& symbol = m_symbols[index];
    return symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
           ELF64_ST_BIND(symbol.st_info) != STB_LOCAL &&
           (m_versions == nullptr || (m_versions[index] & kHiddenVersion) == 0) &&
           std::strcmp(m_strings + symbol.st_name, name) == 0;
}

// The table's format: https://flapenguin.me/elf-dt-gnu-hash and binutils' elf/common.h.
std::uint32_t ElfObject::findByGnuHash(const char* name) const noexcept {
    std::uint32_t hash = 5381;
    for (const char* at = name; *at != '\0'; ++at) {
        hash = hash * 33 + static_cast<unsigned char>(*at);
    }
    const std::uint32_t bucketCount = m_gnuHash[0];
    const std::uint32_t firstIndex = m_gnuHash[1];
    const std::uint32_t filterWords = m_gnuHash[2];
    const std::uint32_t* const buckets = m_gnuHash + 4 + std::size_t{filterWords} * 2;
    const std::uint32_t* const chain = buckets + bucketCount;
    std::uint32_t index = bucketCount != 0 ? buckets[hash % bucketCount] : 0;
    if (index < firstIndex) {
        return 0;
    }
    for (;; ++index) {
        const std::uint32_t entry = chain[index - firstIndex];
        if ((entry | 1U) == (hash | 1U) && isDefinition(index, name)) {
            return index;
        }
        if ((entry & 1U) != 0) {
            return 0;
        }
    }
}

// The System V ABI's.
std::uint32_t ElfObject::findByHash(const char* name) const noexcept {
    const std::uint32_t bucketCount = m_hash[0];
    std::uint32_t hash = 0;
    for (const char* at = name; *at != '\0'; ++at) {
        hash = (hash << 4U) + static_cast<unsigned char>(*at);
        const std::uint32_t high = hash & 0xf0000000U;
        hash = (hash ^ (high >> 24U)) & ~high;
    }
    const std::uint32_t* const chain = m_hash + 2 + bucketCount;
    std::uint32_t index = bucketCount != 0 ? m_hash[2 + hash % bucketCount] : 0;
    while (index != 0 && !isDefinition(index, name)) {
        index = chain[index];
    }
    return index;
}

std::uintptr_t ElfObject::definitionOf(const char* name) const noexcept {
    if (!hasSymbols()) {
        return 0;
    }
    const std::uint32_t index = m_gnuHash != nullptr ? findByGnuHash(name)
                                : m_hash != nullptr  ? findByHash(name)
                                                     : 0;
    return index != 0 ? m_base + m_symbols[index].st_value : 0;
}

} // namespace ringscope::tracker
