// SPDX-License-Identifier: MIT
#include "core/base/expected.h"

#include <system_error>

namespace ringscope {

Error systemError(ErrorKind kind, const std::string& what, int errnoValue) {
    return makeError(kind, what + ": " + std::generic_category().message(errnoValue));
}

} // namespace ringscope
