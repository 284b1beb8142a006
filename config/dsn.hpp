// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace paysync::config {

/// Throws std::invalid_argument when a libpq connection string (keywords or URI) is malformed or
/// holds a password; the message repeats nothing of it.
void check_dsn(std::string_view dsn);

}  // namespace paysync::config
