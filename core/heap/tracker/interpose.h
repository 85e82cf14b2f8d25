// SPDX-License-Identifier: MIT
#pragma once

namespace ringscope::tracker {

// Chooses what each operator new and delete does, as the first call of any of them would.
void findOperators() noexcept;

} // namespace ringscope::tracker
