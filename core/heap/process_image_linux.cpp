// SPDX-License-Identifier: MIT
#include "core/heap/process_image_linux.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <filesystem>
#include <sstream>
#include <sys/uio.h>

#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

constexpr std::size_t kMostSymbols = 200'000; // of one library; libc has 3,000
constexpr std::size_t kMostTextBytes = std::size_t{32} << 20U;

std::string fileNameOf(const std::string& path) {
    constexpr char kDeleted[] = " (deleted)"; // replaced by an update: the process has it still
    std::string name = path.substr(path.rfind('/') + 1);
    const std::size_t at = name.rfind(kDeleted);
    if (at != std::string::npos && at + sizeof(kDeleted) - 1 == name.size()) {
        name.resize(at);
    }
    return name;
}

// "7f0c1000-7f0c2000 r-xp 00000000 fe:01 1234   /usr/lib/libc.so.6"
std::optional<ImageMapping> parseMapping(const std::string& line) {
    ImageMapping mapping;
    char rights[5] = {};
    int pathAt = 0;
    unsigned long begin = 0;
    unsigned long end = 0;
    unsigned long offset = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %lx %*s %*s %n", &begin, &end, rights, &offset,
                    &pathAt) != 4) {
        return std::nullopt;
    }
    mapping.begin = begin;
    mapping.end = end;
    mapping.offset = offset;
    mapping.isWritable = rights[1] == 'w';
    mapping.isExecutable = rights[2] == 'x';
    mapping.path = line.substr(std::min(static_cast<std::size_t>(pathAt), line.size()));
    return mapping;
}

// The dynamic tables of an object in another process's memory.
struct DynamicTables {
    std::uint64_t symbols = 0;
    std::uint64_t strings = 0;
    std::uint64_t stringBytes = 0;
    std::uint64_t hash = 0;
    std::uint64_t gnuHash = 0;
    std::uint64_t versions = 0;
};

class ImageReader {
public:
    ImageReader(const ProcessImage& image, std::uint64_t base)
        : m_image(image)
        , m_base(base) {}

    std::vector<ImageSymbol> functions() {
        const auto tables = dynamicTables();
        const std::size_t count = tables ? symbolCount(*tables) : 0;
        if (count == 0 || count > kMostSymbols || tables->stringBytes > kMostTextBytes) {
            return {};
        }
        std::vector<Elf64_Sym> symbols(count);
        std::vector<std::uint16_t> versions(count);
        std::string strings(tables->stringBytes, '\0');
        if (!m_image.readMemory(tables->symbols, symbols.data(), count * sizeof(Elf64_Sym)) ||
            !m_image.readMemory(tables->strings, strings.data(), strings.size()) ||
            (tables->versions != 0 && !m_image.readMemory(tables->versions, versions.data(),
                                                          count * sizeof(std::uint16_t)))) {
            return {};
        }
        std::vector<ImageSymbol> functions;
        for (std::size_t i = 0; i < count; ++i) {
            const Elf64_Sym& symbol = symbols[i];
            constexpr std::uint16_t kHiddenVersion = 0x8000;
            if (symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
                symbol.st_name < strings.size() && (versions[i] & kHiddenVersion) == 0) {
                functions.push_back({strings.c_str() + symbol.st_name, m_bias + symbol.st_value,
                                     m_bias + symbol.st_value + symbol.st_size});
            }
        }
        std::sort(functions.begin(), functions.end(), [](const auto& a, const auto& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.name < b.name;
        });
        return functions;
    }

private:
    template <typename T>
    bool get(std::uint64_t address, T& value) const {
        return m_image.readMemory(address, &value, sizeof(value));
    }

    std::optional<DynamicTables> dynamicTables() {
        Elf64_Ehdr header{};
        if (!get(m_base, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
            header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phnum > 64) {
            return std::nullopt;
        }
        m_bias = header.e_type == ET_DYN ? m_base : 0;
        std::uint64_t dynamic = 0;
        for (std::uint16_t i = 0; i < header.e_phnum; ++i) {
            Elf64_Phdr part{};
            if (!get(m_base + header.e_phoff + i * sizeof(part), part)) {
                return std::nullopt;
            }
            dynamic = part.p_type == PT_DYNAMIC ? m_bias + part.p_vaddr : dynamic;
        }
        return dynamic != 0 ? readDynamic(dynamic) : std::nullopt;
    }

    std::optional<DynamicTables> readDynamic(std::uint64_t at) const {
        DynamicTables tables;
        constexpr int kMostEntries = 200;
        for (int i = 0; i < kMostEntries; ++i) {
            Elf64_Dyn entry{};
            if (!get(at + static_cast<std::uint64_t>(i) * sizeof(entry), entry)) {
                return std::nullopt;
            }
            // The loader has made addresses of most of these.
            const std::uint64_t value = entry.d_un.d_ptr;
            const std::uint64_t address = value >= m_bias ? value : value + m_bias;
            switch (entry.d_tag) {
            case DT_NULL:
                return tables;
            case DT_SYMTAB:
                tables.symbols = address;
                break;
            case DT_STRTAB:
                tables.strings = address;
                break;
            case DT_STRSZ:
                tables.stringBytes = value;
                break;
            case DT_HASH:
                tables.hash = address;
                break;
            case DT_GNU_HASH:
                tables.gnuHash = address;
                break;
            case DT_VERSYM:
                tables.versions = address;
                break;
            default:
                break;
            }
        }
        return std::nullopt;
    }

    // No table says it: the one has as many chains as there are symbols, the other's last chain
    // ends with the last symbol.
    std::size_t symbolCount(const DynamicTables& tables) const {
        if (tables.hash != 0) {
            std::uint32_t counts[2] = {};
            return get(tables.hash, counts) ? counts[1] : 0;
        }
        std::uint32_t head[4] = {};
        if (tables.gnuHash == 0 || !get(tables.gnuHash, head) || head[0] > kMostSymbols) {
            return 0;
        }
        std::vector<std::uint32_t> buckets(head[0]);
        const std::uint64_t bucketsAt =
            tables.gnuHash + sizeof(head) + std::uint64_t{head[2]} * sizeof(std::uint64_t);
        if (!m_image.readMemory(bucketsAt, buckets.data(), buckets.size() * 4)) {
            return 0;
        }
        std::uint64_t last = 0;
        for (const std::uint32_t bucket : buckets) {
            last = std::max<std::uint64_t>(last, bucket);
        }
        const std::uint64_t chains = bucketsAt + buckets.size() * 4;
        for (; last >= head[1] && last < kMostSymbols; ++last) {
            std::uint32_t entry = 0;
            if (!get(chains + (last - head[1]) * 4, entry)) {
                return 0;
            }
            if ((entry & 1U) != 0) {
                return last + 1;
            }
        }
        return 0;
    }

    const ProcessImage& m_image;
    std::uint64_t m_base;
    std::uint64_t m_bias = 0;
};

} // namespace

Expected<ProcessImage> ProcessImage::read(std::int32_t pid) {
    auto text = readFile("/proc/" + std::to_string(pid) + "/maps");
    if (!text) {
        return text.error();
    }
    ProcessImage image;
    image.m_pid = pid;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        if (auto mapping = parseMapping(line)) {
            image.m_mappings.push_back(std::move(*mapping));
        }
    }
    std::error_code error;
    image.m_program =
        std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error).string();
    return image;
}

std::vector<ImageMapping> ProcessImage::librariesWith(const std::string& function) const {
    std::vector<ImageMapping> found;
    for (const ImageMapping& mapping : m_mappings) {
        if (mapping.offset != 0 || mapping.path.empty() || mapping.path.front() != '/') {
            continue;
        }
        const auto functions = functionsOf(mapping);
        if (std::any_of(functions.begin(), functions.end(),
                        [&](const ImageSymbol& symbol) { return symbol.name == function; })) {
            found.push_back(mapping);
        }
    }
    return found;
}

std::uint64_t ProcessImage::loaderBase() const {
    const auto text = readFile("/proc/" + std::to_string(m_pid) + "/auxv");
    constexpr std::size_t kEntry = 2 * sizeof(std::uint64_t);
    for (std::size_t at = 0; text && at + kEntry <= text->size(); at += kEntry) {
        std::uint64_t entry[2] = {};
        std::memcpy(entry, text->data() + at, kEntry);
        if (entry[0] == AT_BASE) {
            return entry[1];
        }
    }
    return 0;
}

const ImageMapping* ProcessImage::mappingAt(std::uint64_t address) const {
    for (const ImageMapping& mapping : m_mappings) {
        if (address >= mapping.begin && address < mapping.end) {
            return &mapping;
        }
    }
    return nullptr;
}

const ImageMapping* ProcessImage::library(const std::string& fileName) const {
    for (const ImageMapping& mapping : m_mappings) {
        if (mapping.offset == 0 && fileNameOf(mapping.path) == fileName) {
            return &mapping;
        }
    }
    return nullptr;
}

bool ProcessImage::isIn(std::uint64_t address, const std::string& path) const {
    const ImageMapping* const mapping = mappingAt(address);
    return mapping != nullptr && !path.empty() && mapping->path == path;
}

std::vector<ImageSymbol> ProcessImage::functionsOf(const ImageMapping& image) const {
    return ImageReader(*this, image.begin).functions();
}

std::optional<std::uint64_t> ProcessImage::unusedCode(std::size_t bytes) const {
    // Twice as many zeros as are used: code itself has no such runs.
    std::vector<char> end(bytes * 2);
    for (const ImageMapping& mapping : m_mappings) {
        if (!mapping.isExecutable || mapping.isWritable || mapping.path.empty() ||
            mapping.path.front() != '/' || mapping.end - mapping.begin < end.size() ||
            !readMemory(mapping.end - end.size(), end.data(), end.size())) {
            continue;
        }
        if (std::all_of(end.begin(), end.end(), [](char byte) { return byte == 0; })) {
            return (mapping.end - bytes) & ~std::uint64_t{15};
        }
    }
    return std::nullopt;
}

bool ProcessImage::readMemory(std::uint64_t address, void* to, std::size_t bytes) const {
    iovec local{to, bytes};
    iovec remote{reinterpret_cast<void*>(address), bytes}; // NOLINT(performance-no-int-to-ptr)
    return ::process_vm_readv(m_pid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

} // namespace ringscope
