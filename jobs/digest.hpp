// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace paysync {

/// The bytes as lower-case hexadecimal digits, two for each.
std::string hex(const unsigned char* bytes, std::size_t count);

/// The SHA-256 of the bytes as 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace paysync
