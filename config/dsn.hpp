// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace paysync::config {

/// Checks a libpq connection string, keywords or URI. Throws std::invalid_argument if it is
/// malformed or contains a password. The message does not repeat any part of the string.
void check_dsn(std::string_view dsn);

}  // namespace paysync::config
