// SPDX-License-Identifier: MIT
#include "core/heap/module_symbols.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <optional>
#include <unistd.h>
#include <unordered_map>

// Or libiberty declares basename() anew, unlike the C library.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

namespace ringscope {

namespace {

const Dwfl_Callbacks& callbacks() {
    static const Dwfl_Callbacks kCallbacks{dwfl_build_id_find_elf, dwfl_standard_find_debuginfo,
                                           dwfl_offline_section_address, nullptr};
    return kCallbacks;
}

bool isFunction(int tag) {
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

std::string textOf(Dwarf_Die& die, unsigned attribute) {
    Dwarf_Attribute value{};
    if (dwarf_attr_integrate(&die, attribute, &value) == nullptr) {
        return {};
    }
    const char* const text = dwarf_formstring(&value);
    return text != nullptr ? text : "";
}

std::string linkageNameOf(Dwarf_Die& die) {
    const std::string name = textOf(die, DW_AT_linkage_name);
    return name.empty() ? textOf(die, DW_AT_MIPS_linkage_name) : name;
}

// Where a function is declared: what was inlined, and what is defined outside of its class, only
// refers to that.
Dwarf_Die declarationOf(Dwarf_Die die) {
    for (const unsigned reference : {DW_AT_abstract_origin, DW_AT_specification}) {
        Dwarf_Attribute value{};
        Dwarf_Die other{};
        if (dwarf_attr(&die, reference, &value) != nullptr &&
            dwarf_formref_die(&value, &other) != nullptr) {
            die = other;
        }
    }
    return die;
}

// "(anonymous namespace)::Type::", of what encloses a declaration.
std::string scopeOf(Dwarf_Die& declaration) {
    Dwarf_Die* scopes = nullptr;
    const int count = dwarf_getscopes_die(&declaration, &scopes);
    std::string text;
    for (int i = 1; i < count; ++i) {
        const int tag = dwarf_tag(&scopes[i]);
        const bool isType =
            tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
        if (isType || tag == DW_TAG_namespace) {
            const std::string name = textOf(scopes[i], DW_AT_name);
            text.insert(0, (!name.empty() ? name
                            : isType      ? "(unnamed type)"
                                          : "(anonymous namespace)") +
                               std::string("::"));
        }
    }
    std::free(scopes); // NOLINT: by its contract
    return text;
}

bool isMangled(const std::string& name) {
    return name.rfind("_Z", 0) == 0 || name.rfind("_R", 0) == 0;
}

std::uint32_t numberOf(Dwarf_Die& die, unsigned attribute) {
    Dwarf_Attribute value{};
    Dwarf_Word number = 0;
    const bool isThere =
        dwarf_attr(&die, attribute, &value) != nullptr && dwarf_formudata(&value, &number) == 0;
    return isThere && number <= UINT32_MAX ? static_cast<std::uint32_t>(number) : 0;
}

struct CodeRange {
    Dwarf_Addr begin;
    Dwarf_Addr end;
    Dwarf_Off die;
};

template <typename Take>
void visitRanges(Dwarf_Die& die, Take take) {
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &begin, &end)) > 0;) {
        if (begin < end) {
            take(begin, end);
        }
    }
}

// Functions that lie within others are few: so many steps back are enough.
constexpr int kNested = 64;

// The one that holds the address and began last: the innermost of nested ones.
std::optional<Dwarf_Off> dieAt(const std::vector<CodeRange>& ranges, Dwarf_Addr address) {
    auto it = std::upper_bound(
        ranges.begin(), ranges.end(), address,
        [](Dwarf_Addr wanted, const CodeRange& range) { return wanted < range.begin; });
    for (int tries = 0; tries < kNested && it != ranges.begin(); ++tries) {
        --it;
        if (address < it->end) {
            return it->die;
        }
    }
    return std::nullopt;
}

void sortByBegin(std::vector<CodeRange>& ranges) {
    std::sort(ranges.begin(), ranges.end(), [](const CodeRange& a, const CodeRange& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
}

// Deeper than any compiler nests scopes: a file that says otherwise is damaged.
constexpr int kDeepest = 256;

} // namespace

class ModuleSymbols::Impl {
public:
    Impl(const std::string& path, const std::string& buildId) {
        if (::access(path.c_str(), R_OK) != 0) {
            return;
        }
        m_session = dwfl_begin(&callbacks());
        if (m_session == nullptr) {
            return;
        }
        dwfl_report_begin(m_session);
        m_module = dwfl_report_elf(m_session, path.c_str(), path.c_str(), -1, 0, true);
        dwfl_report_end(m_session, nullptr, nullptr);
        if (m_module == nullptr) {
            return;
        }
        if (!isBuild(buildId)) {
            m_source = SymbolSource::otherBuild;
            return;
        }
        m_debug = dwfl_module_getdwarf(m_module, &m_bias);
        m_source = m_debug != nullptr && hasUnits() ? SymbolSource::debugInfo
                   : !functions().empty()           ? SymbolSource::symbols
                                                    : SymbolSource::none;
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() {
        if (m_session != nullptr) {
            dwfl_end(m_session);
        }
    }

    [[nodiscard]] SymbolSource source() const { return m_source; }

    const std::vector<Frame>& framesAt(std::uint64_t address) {
        const auto [it, isNew] = m_known.try_emplace(address);
        if (isNew) {
            it->second = findFrames(address);
        }
        return it->second;
    }

private:
    std::vector<Frame> findFrames(std::uint64_t address) {
        std::vector<Frame> frames;
        if (m_source == SymbolSource::debugInfo) {
            frames = framesByDebugInfo(address);
        }
        // Functions of one unit alone have no linkage name there, but a symbol, with parameters.
        if (frames.empty() || !isMangled(frames.back().function)) {
            Frame frame = frameBySymbol(address);
            if (frames.empty() && !frame.function.empty()) {
                frames.push_back(std::move(frame));
            } else if (!frames.empty() &&
                       (isMangled(frame.function) || frames.back().function.empty())) {
                frames.back().function = std::move(frame.function);
            }
        }
        return frames;
    }

    [[nodiscard]] bool isBuild(const std::string& wanted) const {
        const unsigned char* bits = nullptr;
        GElf_Addr where = 0;
        const int bytes = dwfl_module_build_id(m_module, &bits, &where);
        const std::string found(reinterpret_cast<const char*>(bits),
                                bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
        return wanted.empty() || found == wanted;
    }

    [[nodiscard]] bool hasUnits() {
        Dwarf_Addr bias = 0;
        return dwfl_module_nextcu(m_module, nullptr, &bias) != nullptr;
    }

    struct Function {
        GElf_Addr begin;
        GElf_Addr end;
        unsigned rank; // of several names of one function the lowest is shown
        const char* name;
    };

    // Of the symbol tables. dwfl_module_addrinfo() would go through all of them for each address.
    const std::vector<Function>& functions() {
        if (m_areFunctionsKnown) {
            return m_symbols;
        }
        m_areFunctionsKnown = true;
        const int count = dwfl_module_getsymtab(m_module);
        for (int i = 1; i < count; ++i) {
            GElf_Sym symbol{};
            GElf_Addr begin = 0;
            GElf_Word section = SHN_UNDEF;
            const char* const name =
                dwfl_module_getsym_info(m_module, i, &symbol, &begin, &section, nullptr, nullptr);
            // What a library asks of others is in its table too, and is not its own.
            const auto type = GELF_ST_TYPE(symbol.st_info);
            if (name != nullptr && *name != '\0' && section != SHN_UNDEF && symbol.st_size > 0 &&
                (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE)) {
                m_symbols.push_back({begin, begin + symbol.st_size, rankOf(symbol, name), name});
            }
        }
        std::sort(m_symbols.begin(), m_symbols.end(), [](const Function& a, const Function& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.rank > b.rank;
        });
        return m_symbols;
    }

    // malloc rather than __libc_malloc.
    static unsigned rankOf(const GElf_Sym& symbol, const char* name) {
        const unsigned binding = GELF_ST_BIND(symbol.st_info) == STB_LOCAL ? 2 : 0;
        return binding + (*name == '_' && !isMangled(name) ? 1 : 0);
    }

    // Compilers need not write .debug_aranges, and clang does not: by the units' own ranges.
    const std::vector<CodeRange>& units() {
        if (!m_areUnitsKnown) {
            m_areUnitsKnown = true;
            Dwarf_Addr bias = 0;
            for (Dwarf_Die* unit = nullptr;
                 (unit = dwfl_module_nextcu(m_module, unit, &bias)) != nullptr;) {
                visitRanges(*unit, [&](Dwarf_Addr begin, Dwarf_Addr end) {
                    m_units.push_back({begin, end, dwarf_dieoffset(unit)});
                });
            }
            sortByBegin(m_units);
        }
        return m_units;
    }

    // Of all functions of a unit. dwarf_getscopes() would go through all of it for each address.
    const std::vector<CodeRange>& functionsOf(Dwarf_Die& unit) {
        const auto [it, isNew] = m_functions.try_emplace(dwarf_dieoffset(&unit));
        if (isNew) {
            addFunctions(unit, it->second, 0);
            sortByBegin(it->second);
        }
        return it->second;
    }

    static void addFunctions(Dwarf_Die& parent, std::vector<CodeRange>& ranges, int depth) {
        Dwarf_Die child{};
        if (depth > kDeepest || dwarf_child(&parent, &child) != 0) {
            return;
        }
        do {
            const int tag = dwarf_tag(&child);
            if (tag == DW_TAG_subprogram) {
                visitRanges(child, [&](Dwarf_Addr begin, Dwarf_Addr end) {
                    ranges.push_back({begin, end, dwarf_dieoffset(&child)});
                });
            }
            if (tag == DW_TAG_subprogram || tag == DW_TAG_namespace || tag == DW_TAG_module ||
                tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
                tag == DW_TAG_union_type || tag == DW_TAG_lexical_block) {
                addFunctions(child, ranges, depth + 1);
            }
        } while (dwarf_siblingof(&child, &child) == 0);
    }

    // The inlined calls in a function that hold the address, outermost first.
    static void addInlined(Dwarf_Die& parent, Dwarf_Addr address, std::vector<Dwarf_Die>& chain,
                           int depth) {
        Dwarf_Die child{};
        if (depth > kDeepest || dwarf_child(&parent, &child) != 0) {
            return;
        }
        do {
            const int tag = dwarf_tag(&child);
            if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
                dwarf_haspc(&child, address) == 1) {
                if (isFunction(tag)) {
                    chain.push_back(child);
                }
                addInlined(child, address, chain, depth + 1);
                return;
            }
        } while (dwarf_siblingof(&child, &child) == 0);
    }

    std::vector<Frame> framesByDebugInfo(std::uint64_t address) {
        const Dwarf_Addr inFile = address - m_bias;
        const auto unitAt = dieAt(units(), inFile);
        Dwarf_Die unit{};
        if (!unitAt || dwarf_offdie(m_debug, *unitAt, &unit) == nullptr) {
            return {};
        }
        const auto functionAt = dieAt(functionsOf(unit), inFile);
        Dwarf_Die function{};
        if (!functionAt || dwarf_offdie(m_debug, *functionAt, &function) == nullptr) {
            return {};
        }
        std::vector<Dwarf_Die> chain{function};
        addInlined(function, inFile, chain, 0);
        std::vector<Frame> frames;
        Frame place = placeAt(unit, inFile);
        for (std::size_t i = chain.size(); i-- > 0;) {
            frames.push_back({nameOf(chain[i]), place.file, place.line});
            if (i > 0) {
                place.file = fileOf(unit, numberOf(chain[i], DW_AT_call_file));
                place.line = numberOf(chain[i], DW_AT_call_line);
            }
        }
        return frames;
    }

    // As the linker has it where that is mangled (that of C may be an alias: __GI_malloc), or else
    // with what encloses it: finding that goes through the unit.
    std::string nameOf(Dwarf_Die& die) {
        std::string name = linkageNameOf(die);
        if (!isMangled(name)) {
            Dwarf_Die declaration = declarationOf(die);
            const auto [it, isNew] = m_names.try_emplace(dwarf_dieoffset(&declaration));
            if (isNew) {
                it->second = textOf(declaration, DW_AT_name);
                if (!it->second.empty()) {
                    it->second.insert(0, scopeOf(declaration));
                }
            }
            name = it->second;
        }
        return name;
    }

    static Frame placeAt(Dwarf_Die& unit, Dwarf_Addr inFile) {
        Frame frame;
        Dwarf_Line* const line = dwarf_getsrc_die(&unit, inFile);
        int number = 0;
        if (line == nullptr || dwarf_lineno(line, &number) != 0 || number <= 0) {
            return frame;
        }
        const char* const file = dwarf_linesrc(line, nullptr, nullptr);
        frame.file = file != nullptr ? file : "";
        frame.line = static_cast<std::uint32_t>(number);
        return frame;
    }

    static std::string fileOf(Dwarf_Die& unit, std::uint32_t number) {
        Dwarf_Files* files = nullptr;
        std::size_t count = 0;
        if (dwarf_getsrcfiles(&unit, &files, &count) != 0 || number >= count) {
            return {};
        }
        const char* const file = dwarf_filesrc(files, number, nullptr, nullptr);
        return file != nullptr ? file : "";
    }

    Frame frameBySymbol(std::uint64_t address) {
        const auto& all = functions();
        auto it = std::upper_bound(
            all.begin(), all.end(), address,
            [](GElf_Addr wanted, const Function& function) { return wanted < function.begin; });
        // Between the exported functions of a stripped library are others: only what the symbol
        // covers is its.
        for (int tries = 0; tries < kNested && it != all.begin(); ++tries) {
            --it;
            if (address < it->end) {
                return {it->name, {}, 0};
            }
        }
        return {};
    }

    Dwfl* m_session = nullptr;
    Dwfl_Module* m_module = nullptr;
    Dwarf* m_debug = nullptr;
    Dwarf_Addr m_bias = 0;
    SymbolSource m_source = SymbolSource::missing;
    std::unordered_map<std::uint64_t, std::vector<Frame>> m_known; // what was asked for
    bool m_areFunctionsKnown = false;
    std::vector<Function> m_symbols;
    bool m_areUnitsKnown = false;
    std::vector<CodeRange> m_units;
    std::unordered_map<Dwarf_Off, std::string> m_names; // of those without a linkage name
    std::unordered_map<Dwarf_Off, std::vector<CodeRange>> m_functions;
};

ModuleSymbols::ModuleSymbols(const std::string& path, const std::string& buildId)
    : m_impl(std::make_unique<Impl>(path, buildId)) {}

ModuleSymbols::~ModuleSymbols() = default;

SymbolSource ModuleSymbols::source() const {
    return m_impl->source();
}

const std::vector<ModuleSymbols::Frame>& ModuleSymbols::framesAt(std::uint64_t address) {
    return m_impl->framesAt(address);
}

std::string demangled(const std::string& name) {
    char* const plain = cplus_demangle(name.c_str(), DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
    if (plain == nullptr) {
        return name;
    }
    std::string text(plain);
    std::free(plain); // NOLINT: by its contract
    return text;
}

} // namespace ringscope
