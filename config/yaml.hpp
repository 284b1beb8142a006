// SPDX-License-Identifier: MIT
#pragma once

#include "config/node.hpp"

#include <string>

namespace paysync::config {

/// Throws Error unless `text` is valid UTF-8 without tabs and other control bytes.
void check_bytes(const std::string& file, const std::string& text);

/// Parses a file whose top level is a map. Accepts only an unambiguous subset of YAML: anchors,
/// aliases, merge keys, tags, directives, duplicate keys and a second document are errors. Throws
/// Error.
Node parse_yaml(const std::string& file, const std::string& text);

}  // namespace paysync::config
