// SPDX-License-Identifier: MIT
#include "daemon/base/version/version.hpp"

namespace paysync {

const char* version() noexcept {
    return PAYSYNC_VERSION;
}

}  // namespace paysync
