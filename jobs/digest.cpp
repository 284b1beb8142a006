// SPDX-License-Identifier: MIT
#include "jobs/digest.hpp"

#include <openssl/sha.h>

namespace paysync {

std::string hex(const unsigned char* bytes, std::size_t count) {
    constexpr const char* kHexDigits = "0123456789abcdef";
    std::string digits;
    digits.reserve(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        digits += kHexDigits[bytes[i] >> 4];
        digits += kHexDigits[bytes[i] & 0x0F];
    }
    return digits;
}

std::string sha256_hex(std::string_view bytes) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
    return hex(digest, sizeof digest);
}

}  // namespace paysync
