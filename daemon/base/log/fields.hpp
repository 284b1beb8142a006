// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace paysync::log {

/// The journal fields of one line, as pairs of name and value: {"PAYSYNC_ACCOUNT", "acct_1"}. A
/// name consists of capital letters, digits and underscores, and is a string literal.
using Fields = std::vector<std::pair<const char*, std::string>>;

}  // namespace paysync::log
