// SPDX-License-Identifier: MIT
#include "core/ring/ring_description.h"

#include <algorithm>
#include <initializer_list>

#include "core/base/file_descriptor.h"
#include "core/base/toml.h"

namespace ringscope {

namespace {

constexpr std::int64_t kLargestOffset = std::int64_t{1} << 48U;

std::string numbered(const toml::node& node) {
    if (const auto* whole = node.as_integer()) {
        return std::to_string(whole->get());
    }
    const auto* words = node.as_string();
    return words != nullptr ? "\"" + words->get() + "\"" : "something else";
}

// One description being read: the first mistake stays.
class Reading {
public:
    explicit Reading(const std::string& source) { m_description.source = source; }

    Expected<RingDescription> read(const toml::table& root) {
        refuseOthers(root, "", {"object", "channels"});
        m_description.object = text(root, "", "object");
        const toml::node* channels = root.get("channels");
        const auto* list = channels != nullptr ? channels->as_array() : nullptr;
        if (list == nullptr || list->empty() || !list->is_array_of_tables()) {
            fail(channels != nullptr ? lineOf(*channels) : 1,
                 "it describes no channel; head each of them [[channels]]");
        }
        for (std::size_t i = 0; !m_error && i < list->size(); ++i) {
            readChannel(*list->get(i)->as_table());
        }
        if (m_error) {
            return *m_error;
        }
        return std::move(m_description);
    }

    void fail(std::uint32_t line, const std::string& sentence) {
        if (!m_error) {
            m_error = makeError(ErrorKind::usage, m_description.source + ":" +
                                                      std::to_string(line) + ": " + sentence);
        }
    }
    [[nodiscard]] Error error() const { return *m_error; }

private:
    static std::uint32_t lineOf(const toml::node& node) {
        return static_cast<std::uint32_t>(node.source().begin.line);
    }

    void refuseOthers(const toml::table& table, const std::string& prefix,
                      std::initializer_list<std::string_view> known) {
        for (const auto& [key, node] : table) {
            if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
                std::string names;
                for (const std::string_view name : known) {
                    names += (names.empty() ? "" : ", ") + std::string(name);
                }
                fail(static_cast<std::uint32_t>(key.source().begin.line),
                     "there is no key '" + prefix + std::string(key.str()) + "'; here are " +
                         names);
            }
        }
    }

    std::string text(const toml::table& table, const std::string& prefix, const char* key) {
        const toml::node* node = table.get(key);
        if (node == nullptr) {
            return "";
        }
        const auto* words = node->as_string();
        if (words == nullptr || words->get().empty() || words->get().size() > 1000 ||
            std::any_of(words->get().begin(), words->get().end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
            fail(lineOf(*node), prefix + key + " must be a text of one line");
            return "";
        }
        return words->get();
    }

    std::uint64_t whole(const toml::table& table, const std::string& prefix, const char* key,
                        std::int64_t least, std::int64_t most) {
        const toml::node* node = table.get(key);
        if (node == nullptr) {
            fail(lineOf(table), prefix + key + " is missing");
            return 0;
        }
        const auto* number = node->as_integer();
        if (number == nullptr || number->get() < least || number->get() > most) {
            fail(lineOf(*node), prefix + key + " is " + numbered(*node) +
                                    ", it must be a whole number from " + std::to_string(least) +
                                    " to " + std::to_string(most));
            return 0;
        }
        return static_cast<std::uint64_t>(number->get());
    }

    const toml::table* part(const toml::table& table, const char* key) {
        const toml::node* node = table.get(key);
        if (node == nullptr || !node->is_table()) {
            fail(lineOf(node != nullptr ? *node : table), std::string(key) +
                                                              " must say where it is: " + key +
                                                              " = { offset = 64, size = 8 }");
            return nullptr;
        }
        return node->as_table();
    }

    RingDescription::Word word(const toml::table& table, const char* key) {
        RingDescription::Word word;
        word.key = key;
        const std::string prefix = std::string(key) + ".";
        word.offset = whole(table, prefix, "offset", 0, kLargestOffset);
        word.size = static_cast<std::uint32_t>(whole(table, prefix, "size", 4, 8));
        if (m_error) {
            return word;
        }
        word.line = lineOf(*table.get("offset"));
        if (word.size != 4 && word.size != 8) {
            fail(lineOf(*table.get("size")),
                 prefix + "size is " + std::to_string(word.size) + ", it must be 4 or 8");
        } else if (word.offset % word.size != 0) {
            fail(word.line, prefix + "offset is " + std::to_string(word.offset) +
                                ", not a multiple of its size " + std::to_string(word.size) +
                                ": it would be read while it is half written");
        }
        return word;
    }

    RingDescription::Word cursor(const toml::table& channel, const char* key,
                                 RingDescription::Counting* counting) {
        const toml::table* table = part(channel, key);
        if (table == nullptr) {
            return {};
        }
        const std::string prefix = std::string(key) + ".";
        refuseOthers(*table, prefix, {"offset", "size", "wraps"});
        const std::string wraps = text(*table, prefix, "wraps");
        if (!wraps.empty() && wraps != "counter" && wraps != "index") {
            fail(lineOf(*table->get("wraps")),
                 prefix + "wraps is \"" + wraps + "\", it must be \"counter\" or \"index\"");
        }
        *counting = wraps == "index" ? RingDescription::Counting::index
                                     : RingDescription::Counting::counter;
        return word(*table, key);
    }

    void readChannel(const toml::table& table) {
        refuseOthers(table, "", {"name", "capacity", "head", "tail", "count", "stride"});
        RingDescription::Channel channel;
        channel.line = lineOf(table);
        channel.name = text(table, "", "name");
        if (const toml::node* capacity = table.get("capacity"); capacity && capacity->is_table()) {
            refuseOthers(*capacity->as_table(), "capacity.", {"offset", "size"});
            channel.capacityWord = word(*capacity->as_table(), "capacity");
        } else {
            channel.capacity = whole(table, "", "capacity", 1,
                                     static_cast<std::int64_t>(RingDescription::kMostSlots));
        }
        auto tailCounting = RingDescription::Counting::counter;
        channel.head = cursor(table, "head", &channel.counting);
        channel.tail = cursor(table, "tail", &tailCounting);
        if (channel.counting != tailCounting || channel.head.size != channel.tail.size) {
            fail(channel.tail.line,
                 "head and tail are not alike: both must have the same size and wrap the same way");
        }
        repeat(table, channel);
    }

    void repeat(const toml::table& table, const RingDescription::Channel& channel) {
        constexpr auto kMost = static_cast<std::int64_t>(RingDescription::kMostChannels);
        const bool isArray = table.contains("count");
        const std::uint64_t count = isArray ? whole(table, "", "count", 1, kMost) : 1;
        const std::uint64_t stride =
            count > 1 ? whole(table, "", "stride", 8, kLargestOffset / kMost) : 0;
        if (stride % 8 != 0) {
            fail(lineOf(*table.get("stride")),
                 "stride is " + std::to_string(stride) + ", it must be a multiple of 8");
        }
        if (m_description.channels.size() + count > RingDescription::kMostChannels) {
            fail(channel.line, "these are more than 256 channels");
        }
        for (std::uint64_t i = 0; !m_error && i < count; ++i) {
            RingDescription::Channel one = channel;
            one.name += !one.name.empty() && count > 1 ? " " + std::to_string(i) : "";
            one.head.offset += i * stride;
            one.tail.offset += i * stride;
            if (one.capacityWord) {
                one.capacityWord->offset += i * stride;
            }
            m_description.channels.push_back(std::move(one));
        }
    }

    RingDescription m_description;
    std::optional<Error> m_error;
};

} // namespace

Expected<RingDescription> parseRingDescription(std::string_view toml, const std::string& source) {
    Reading reading(source);
    const toml::parse_result parsed = toml::parse(toml);
    if (parsed.failed()) {
        reading.fail(static_cast<std::uint32_t>(parsed.error().source().begin.line),
                     "this is not TOML: " + std::string(parsed.error().description()));
        return reading.error();
    }
    return reading.read(parsed.table());
}

Expected<RingDescription> loadRingDescription(const std::string& path) {
    constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
    const auto text = readFile(path, kMaxBytes + 1);
    if (!text) {
        return text.error();
    }
    if (text->size() > kMaxBytes) {
        return makeError(ErrorKind::usage, path + " is larger than 1 MiB, which no description of "
                                                  "a ring is; name one (docs/other-rings.md)");
    }
    return parseRingDescription(*text, path);
}

} // namespace ringscope
