// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace ringscope {

static_assert(std::endian::native == std::endian::little, "session files are little-endian");

// Numbers as session files hold them: fixed width little-endian, or LEB128 varints (seven bits a
// byte, lowest first, the top bit says that more follow), signed ones as zigzag (0, -1, 1, -2,
// ...).
template <typename T>
void putFixed(std::string& to, T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    to.append(bytes, sizeof(T));
}

inline void putVarint(std::string& to, std::uint64_t value) {
    while (value >= 0x80) {
        to.push_back(static_cast<char>(value | 0x80U));
        value >>= 7U;
    }
    to.push_back(static_cast<char>(value));
}

inline void putSigned(std::string& to, std::int64_t value) {
    putVarint(to,
              (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U));
}

// Reads them back from bytes that nobody vouches for: past the end everything is 0 and hasFailed()
// is true for good.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes)
        : m_bytes(bytes) {}

    template <typename T>
    [[nodiscard]] T fixed() {
        T value{};
        const std::string_view from = take(sizeof(T));
        if (from.size() == sizeof(T)) {
            std::memcpy(&value, from.data(), sizeof(T));
        }
        return value;
    }

    [[nodiscard]] std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::string_view from = take(1);
            if (from.empty()) {
                return 0;
            }
            const auto byte = static_cast<unsigned char>(from[0]);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80) {
                return value;
            }
        }
        m_hasFailed = true;
        return 0;
    }

    [[nodiscard]] std::int64_t signedVarint() {
        const std::uint64_t value = varint();
        return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1U));
    }

    // Empty (and failed) when fewer are left.
    [[nodiscard]] std::string_view take(std::size_t count) {
        if (m_hasFailed || count > m_bytes.size()) {
            m_hasFailed = true;
            return {};
        }
        const std::string_view taken = m_bytes.substr(0, count);
        m_bytes.remove_prefix(count);
        return taken;
    }

    [[nodiscard]] bool hasFailed() const noexcept { return m_hasFailed; }
    [[nodiscard]] bool isAtEnd() const noexcept { return m_bytes.empty(); }
    [[nodiscard]] std::size_t left() const noexcept { return m_bytes.size(); }

private:
    std::string_view m_bytes;
    bool m_hasFailed = false;
};

} // namespace ringscope
