// SPDX-License-Identifier: MIT
#pragma once

#include "config/node.hpp"

#include <string>

namespace paysync::config {

/// Throws Error unless `text` is UTF-8 without tabs, NUL and other control bytes.
void check_bytes(const std::string& file, const std::string& text);

/// The one map that `text` holds, in the part of YAML that leaves nothing to guess: no anchors,
/// aliases, merge keys, tags, directives, duplicate keys or second document. Throws Error.
Node parse_yaml(const std::string& file, const std::string& text);

}  // namespace paysync::config
