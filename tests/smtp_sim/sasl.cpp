// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/sasl.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <vector>

namespace smtp_sim {

std::optional<std::string> decode_base64(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t padding = text.size() - (text.find_last_not_of('=') + 1);
    const std::string_view digits = text.substr(0, text.size() - padding);
    if (text.size() % 4 != 0 || padding > 2 ||
        digits.find_first_not_of(alphabet) != std::string_view::npos) {
        return std::nullopt;
    }
    std::string out(text.size() / 4 * 3, '\0');
    std::vector<unsigned char> in(text.begin(), text.end());
    std::vector<unsigned char> decoded(out.size());
    if (EVP_DecodeBlock(decoded.data(), in.data(), static_cast<int>(in.size())) < 0) {
        return std::nullopt;
    }
    std::copy(decoded.begin(), decoded.end(), out.begin());
    out.resize(out.size() - padding);
    return out;
}

std::string encode_base64(std::string_view bytes) {
    const std::vector<unsigned char> in(bytes.begin(), bytes.end());
    std::vector<unsigned char> out(bytes.size() / 3 * 4 + 5);
    const int size = EVP_EncodeBlock(out.data(), in.data(), static_cast<int>(in.size()));
    return {out.begin(), out.begin() + size};
}

std::optional<Login> parse_plain(std::string_view message) {
    const std::size_t first = message.find('\0');
    const std::size_t second = first == message.npos ? first : message.find('\0', first + 1);
    if (second == std::string_view::npos || message.find('\0', second + 1) != message.npos) {
        return std::nullopt;
    }
    return Login{.user = std::string(message.substr(first + 1, second - first - 1)),
                 .secret = std::string(message.substr(second + 1))};
}

std::optional<Login> parse_xoauth2(std::string_view message) {
    constexpr std::string_view before = "user=";
    constexpr std::string_view between =
        "\x01"
        "auth=Bearer ";
    constexpr std::string_view after = "\x01\x01";
    const std::size_t split = message.find(between);
    if (!message.starts_with(before) || split == std::string_view::npos ||
        !message.ends_with(after) || split + between.size() + after.size() > message.size()) {
        return std::nullopt;
    }
    const std::size_t secret = split + between.size();
    return Login{.user = std::string(message.substr(before.size(), split - before.size())),
                 .secret = std::string(message.substr(secret, message.size() - secret - 2))};
}

}  // namespace smtp_sim
