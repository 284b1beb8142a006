// SPDX-License-Identifier: MIT
#include "jobs/onboarding/token.hpp"

#include "jobs/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace paysync::onboarding {

namespace {

std::string normalized_address(const std::string& address) {
    const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
    const auto first = std::find_if_not(address.begin(), address.end(), blank);
    const auto last = std::find_if_not(address.rbegin(), address.rend(), blank).base();
    std::string out(first, std::max(first, last));
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

}  // namespace

std::string random_token() {
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        throw std::runtime_error("OpenSSL has no random bytes");
    return hex(bytes, sizeof bytes);
}

bool equal_tokens(const std::string& left, const std::string& right) noexcept {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

bool same_mail_address(const std::string& left, const std::string& right) {
    return normalized_address(left) == normalized_address(right);
}

}  // namespace paysync::onboarding
