// SPDX-License-Identifier: MIT
#include "core/heap/symbolizer.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "core/heap/module_symbols.h"

namespace ringscope {

namespace {

// Each text once.
class TextTable {
public:
    explicit TextTable(std::vector<std::string>& texts)
        : m_texts(texts) {}

    std::uint32_t numberOf(const std::string& text) {
        if (text.empty()) {
            return 0;
        }
        const auto [it, isNew] =
            m_numbers.try_emplace(text, static_cast<std::uint32_t>(m_texts.size()));
        if (isNew) {
            m_texts.push_back(text);
        }
        return it->second;
    }

private:
    std::vector<std::string>& m_texts;
    std::unordered_map<std::string, std::uint32_t> m_numbers;
};

class Symbolization {
public:
    // open: gives the names of a file, by its path and build id.
    using Open = std::function<ModuleSymbols&(const std::string& path, const std::string& buildId)>;

    Symbolization(const HeapProfile& profile, Open open)
        : m_profile(profile)
        , m_open(std::move(open))
        , m_texts(m_symbols.texts) {}

    HeapSymbols run(const SymbolOptions& options) {
        findLocations();
        m_symbols.sources.assign(m_profile.modules.size(), SymbolSource::notAsked);
        // Modules one after the other, so that each is opened once.
        std::vector<std::uint32_t> order(m_symbols.locations.size() - 1);
        std::iota(order.begin(), order.end(), 1);
        std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
            return m_symbols.locations[a].module < m_symbols.locations[b].module;
        });
        for (std::size_t from = 0; from < order.size();) {
            const std::uint32_t module = m_symbols.locations[order[from]].module;
            std::size_t to = from;
            while (to < order.size() && m_symbols.locations[order[to]].module == module) {
                ++to;
            }
            if (module != CodeLocation::kNoModule) {
                nameModule(module, {order.data() + from, order.data() + to}, options.root);
            }
            from = to;
            if (options.progress &&
                !options.progress(static_cast<double>(from) / static_cast<double>(order.size()))) {
                break;
            }
        }
        return std::move(m_symbols);
    }

private:
    struct Range {
        const std::uint32_t* first;
        const std::uint32_t* last;
        [[nodiscard]] const std::uint32_t* begin() const { return first; }
        [[nodiscard]] const std::uint32_t* end() const { return last; }
    };

    void findLocations() {
        struct Key {
            std::uint64_t address;
            std::uint32_t module;
            bool operator==(const Key&) const = default;
        };
        struct Hash {
            std::size_t operator()(const Key& key) const {
                return (key.address ^ std::uint64_t{key.module} << 48U) * 0x9e3779b97f4a7c15U >>
                       16U;
            }
        };
        std::unordered_map<Key, std::uint32_t, Hash> numbers;
        m_symbols.locationOfNode.assign(m_profile.nodes.size(), 0);
        for (std::uint32_t node = 1; node < m_profile.nodes.size(); ++node) {
            const std::uint64_t address = m_profile.nodes[node].address;
            if (address == 0) {
                continue;
            }
            const HeapModule* const module = m_profile.moduleOf(node);
            CodeLocation location;
            location.address = address;
            if (module != nullptr) {
                location.module = static_cast<std::uint32_t>(module - m_profile.modules.data());
                location.address -= module->bias;
            }
            const auto [it, isNew] =
                numbers.try_emplace({location.address, location.module},
                                    static_cast<std::uint32_t>(m_symbols.locations.size()));
            if (isNew) {
                m_symbols.locations.push_back(location);
            }
            m_symbols.locationOfNode[node] = it->second;
        }
    }

    void nameModule(std::uint32_t number, Range locations, const std::string& root) {
        const HeapModule& module = m_profile.modules[number];
        ModuleSymbols& symbols = m_open(root + module.path, module.buildId);
        m_symbols.sources[number] = symbols.source();
        if (symbols.source() != SymbolSource::symbols &&
            symbols.source() != SymbolSource::debugInfo) {
            return;
        }
        for (const std::uint32_t each : locations) {
            CodeLocation& location = m_symbols.locations[each];
            location.firstFrame = static_cast<std::uint32_t>(m_symbols.frames.size());
            // A return address is behind the call, and may be of the next line or function.
            for (const auto& frame : symbols.framesAt(location.address - 1)) {
                m_symbols.frames.push_back({m_texts.numberOf(demangledOnce(frame.function)),
                                            m_texts.numberOf(frame.file), frame.line});
            }
            location.frameCount =
                static_cast<std::uint32_t>(m_symbols.frames.size()) - location.firstFrame;
        }
    }

    const std::string& demangledOnce(const std::string& name) {
        const auto [it, isNew] = m_demangled.try_emplace(name);
        if (isNew) {
            it->second = demangled(name);
        }
        return it->second;
    }

    const HeapProfile& m_profile;
    Open m_open;
    HeapSymbols m_symbols;
    TextTable m_texts;
    std::unordered_map<std::string, std::string> m_demangled;
};

} // namespace

// Those that were asked for last. Debug information of a large program takes some 100 MB.
class Symbolizer::Modules {
public:
    ModuleSymbols& open(const std::string& path, const std::string& buildId) {
        const auto known = std::find_if(m_all.begin(), m_all.end(), [&](const Module& module) {
            return module.path == path && module.buildId == buildId && !buildId.empty();
        });
        if (known != m_all.end()) {
            std::rotate(known, known + 1, m_all.end());
        } else {
            if (m_all.size() == kMost) {
                m_all.erase(m_all.begin());
            }
            m_all.push_back({path, buildId, std::make_unique<ModuleSymbols>(path, buildId)});
        }
        return *m_all.back().symbols;
    }

private:
    static constexpr std::size_t kMost = 8;
    struct Module {
        std::string path;
        std::string buildId;
        std::unique_ptr<ModuleSymbols> symbols;
    };
    std::vector<Module> m_all; // the newest last
};

Symbolizer::Symbolizer()
    : m_modules(std::make_unique<Modules>()) {}
Symbolizer::~Symbolizer() = default;

HeapSymbols Symbolizer::namesOf(const HeapProfile& profile, const SymbolOptions& options) {
    const auto open = [this](const std::string& path, const std::string& buildId) -> auto& {
        return m_modules->open(path, buildId);
    };
    return Symbolization(profile, open).run(options);
}

} // namespace ringscope
