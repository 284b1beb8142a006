// SPDX-License-Identifier: MIT
#include "daemon/base/bus/message.hpp"

#include <cstring>

namespace paysync::bus {

void check_bus(int result, const char* what) {
    if (result < 0)
        throw Error(SD_BUS_ERROR_FAILED, std::string(what) + ": " + std::strerror(-result));
}

}  // namespace paysync::bus
