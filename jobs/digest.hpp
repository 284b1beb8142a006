// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace paysync {

/// The SHA-256 of some bytes in 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace paysync
