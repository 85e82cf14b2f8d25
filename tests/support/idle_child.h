// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/forked_process.h"

namespace ringscope {

// A child that waits for ever.
class IdleChild : public ForkedProcess {
public:
    IdleChild()
        : ForkedProcess([] {
            for (;;) {
                ::pause();
            }
        }) {}
};

} // namespace ringscope
