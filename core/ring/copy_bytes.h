// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>

namespace ringscope {

// memcpy for payloads whose length is known at run time only. Up to kInlineCopyBytes without a
// call: at 64 B the call is most of the cost of a message. Reads and writes [0, length) only.
constexpr std::size_t kInlineCopyBytes = 256;

namespace detail {

template <std::size_t kWidth>
inline void copyFixed(std::byte* to, const std::byte* from) noexcept {
    std::memcpy(to, from, kWidth); // constant size: two moves, no call
}

// Two overlapping halves cover every length in [kWidth, 2 * kWidth].
template <std::size_t kWidth>
inline void copyEnds(std::byte* to, const std::byte* from, std::size_t length) noexcept {
    copyFixed<kWidth>(to, from);
    copyFixed<kWidth>(to + length - kWidth, from + length - kWidth);
}

} // namespace detail

inline void copyBytes(std::byte* to, const std::byte* from, std::size_t length) noexcept {
    if (length > kInlineCopyBytes) {
        std::memcpy(to, from, length);
        return;
    }
    if (length >= 32) {
        for (std::size_t at = 0; at + 32 < length; at += 32) {
            detail::copyFixed<16>(to + at, from + at);
            detail::copyFixed<16>(to + at + 16, from + at + 16);
            asm volatile("" ::: "memory"); // else the compiler turns the loop back into memcpy()
        }
        detail::copyFixed<16>(to + length - 32, from + length - 32);
        detail::copyFixed<16>(to + length - 16, from + length - 16);
    } else if (length >= 16) {
        detail::copyEnds<16>(to, from, length);
    } else if (length >= 8) {
        detail::copyEnds<8>(to, from, length);
    } else if (length >= 4) {
        detail::copyEnds<4>(to, from, length);
    } else if (length >= 2) {
        detail::copyEnds<2>(to, from, length);
    } else if (length == 1) {
        *to = *from;
    }
}

} // namespace ringscope
