// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <functional>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/forked_process.h"

namespace ringscope {

// A forked child that says when it is ready and lives until it is killed.
class Child {
public:
    explicit Child(const std::function<void(const std::function<void()>& ready)>& body)
        : m_ends(openPipe())
        , m_process([&] {
            ::close(m_ends[0]);
            body([&] {
                EXPECT_EQ(::write(m_ends[1], "r", 1), 1);
                for (;;) {
                    ::pause();
                }
            });
        }) {
        ::close(m_ends[1]);
        char byte = 0;
        EXPECT_EQ(::read(m_ends[0], &byte, 1), 1) << "the child did not get ready";
        ::close(m_ends[0]);
    }
    void kill() { m_process.kill(); }
    [[nodiscard]] pid_t pid() const { return m_process.pid(); }

private:
    static std::array<int, 2> openPipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        return ends;
    }

    std::array<int, 2> m_ends; // to read from, to write to
    ForkedProcess m_process;
};

} // namespace ringscope
