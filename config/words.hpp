// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

/// Parts of error messages. config/ does without fmt: its headers would take a third of the time to
/// compile each of these small sources.
namespace paysync::config {

/// `a, b, c`
std::string comma_separated(const std::vector<std::string>& words);

/// Two hexadecimal digits: `0a`.
std::string hex_byte(unsigned byte);

}  // namespace paysync::config
