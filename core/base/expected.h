// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ringscope {

// What went wrong, as the command line's exit status tells it (docs/command-line.md).
enum class ErrorKind {
    failed,  // a check failed, or the environment refused (disk full, ...): status 1
    usage,   // wrong argument, scenario or rule: status 2
    target,  // the process, ring or file is missing, gone or not permitted: status 3
    damaged, // a file or segment is damaged or of another version: status 4
};

// One sentence for the user: the thing, what is wrong with it, what to do.
struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string message;
};

[[nodiscard]] inline Error makeError(ErrorKind kind, std::string message) {
    return Error{kind, std::move(message)};
}

// Error of a failed system call: "<what>: <strerror(errnoValue)>".
[[nodiscard]] Error systemError(ErrorKind kind, const std::string& what, int errnoValue);

// A value or an Error; the names are std::expected's (C++23, which GCC 12 lacks in C++20 mode).
// A value type: any thread, no sharing.
template <typename T>
class [[nodiscard]] Expected {
public:
    Expected(T value) // NOLINT(google-explicit-constructor): as std::expected
        : m_state(std::in_place_index<0>, std::move(value)) {}
    Expected(Error error) // NOLINT(google-explicit-constructor)
        : m_state(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return m_state.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] T& value() & { return assert(has_value()), *std::get_if<0>(&m_state); }
    [[nodiscard]] const T& value() const& { return assert(has_value()), *std::get_if<0>(&m_state); }
    [[nodiscard]] T&& value() && {
        return assert(has_value()), std::move(*std::get_if<0>(&m_state));
    }
    [[nodiscard]] const Error& error() const {
        return assert(!has_value()), *std::get_if<1>(&m_state); // NOLINT(clang-analyzer-core.*)
    }
    [[nodiscard]] T value_or(T fallback) const& { return has_value() ? value() : fallback; }

    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

private:
    std::variant<T, Error> m_state;
};

template <>
class [[nodiscard]] Expected<void> {
public:
    Expected() = default;
    Expected(Error error) // NOLINT(google-explicit-constructor)
        : m_error(std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return !m_error.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] const Error& error() const { return assert(!has_value()), *m_error; }

private:
    std::optional<Error> m_error;
};

} // namespace ringscope
