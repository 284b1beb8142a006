// SPDX-License-Identifier: MIT
#include "jobs/digest.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

namespace paysync {

std::string sha256_hex(std::string_view bytes) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
    std::string hex;
    for (const auto byte : digest)
        fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
    return hex;
}

}  // namespace paysync
