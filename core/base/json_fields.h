// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

// For the .cpp files of core that read JSON; not part of the headers that others include.
namespace ringscope {

using Json = nlohmann::ordered_json;

template <typename T>
inline constexpr bool kIsJsonList = false;
template <typename T>
inline constexpr bool kIsJsonList<std::vector<T>> = true;
template <typename T, std::size_t N>
inline constexpr bool kIsJsonList<std::array<T, N>> = true;

// get<T>(), which makes anything of a number that does not fit into an integer, even what C++
// leaves undefined: here that throws as well.
template <typename T>
T valueOfJson(const Json& json) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        const bool isFitting =
            json.is_number_unsigned()
                ? std::in_range<T>(json.template get<std::uint64_t>())
                : json.is_number_integer() && std::in_range<T>(json.template get<std::int64_t>());
        if (!isFitting) {
            throw Json::out_of_range::create(406, "no whole number in range", &json);
        }
    }
    if constexpr (kIsJsonList<T>) {
        for (const Json& item : json) {
            (void)valueOfJson<typename T::value_type>(item);
        }
    }
    return json.template get<T>();
}

// Reads typed fields of one object. A missing key or null leaves the target as it is; another type
// throws Json::exception, which the file that parses turns into an Error.
class Fields {
public:
    explicit Fields(const Json& json)
        : m_json(json) {}

    template <typename T>
    const Fields& read(const char* key, T& to) const {
        const auto found = m_json.find(key);
        if (found != m_json.end() && !found->is_null()) {
            to = valueOfJson<T>(*found);
        }
        return *this;
    }
    // As read(); empty stays empty.
    template <typename T>
    const Fields& readOptional(const char* key, std::optional<T>& to) const {
        const auto found = m_json.find(key);
        if (found != m_json.end() && !found->is_null()) {
            to = valueOfJson<T>(*found);
        }
        return *this;
    }
    // read(Fields) on the object under key, when there is one.
    template <typename Read>
    const Fields& part(const char* key, Read read) const {
        const auto found = m_json.find(key);
        if (found != m_json.end() && found->is_object()) {
            read(Fields(*found));
        }
        return *this;
    }
    // read(Fields) on each object of the list under key.
    template <typename Read>
    const Fields& each(const char* key, Read read) const {
        const auto found = m_json.find(key);
        if (found != m_json.end() && found->is_array()) {
            for (const Json& item : *found) {
                if (item.is_object()) {
                    read(Fields(item));
                }
            }
        }
        return *this;
    }

private:
    const Json& m_json;
};

// Names from outside (files, processes) need not be UTF-8; that is no reason to fail.
inline std::string dumpJson(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace ringscope
