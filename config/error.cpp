// SPDX-License-Identifier: MIT
#include "config/error.hpp"

#include "config/words.hpp"

#include <array>

namespace paysync::config {
namespace {

constexpr std::size_t kLongest = 60;

bool looks_secret(std::string_view value) {
    // The prefixes of Stripe's keys, and the two forms of a password in a connection string.
    constexpr std::array<std::string_view, 6> signs{"sk_",     "rk_",       "whsec_",
                                                    "ek_live", "password=", "://"};
    for (const auto sign : signs) {
        const auto at = value.find(sign);
        if (at == std::string_view::npos)
            continue;
        if (sign != "://" || value.find('@', at) != std::string_view::npos)
            return true;
    }
    return false;
}

}  // namespace

Error::Error(const std::string& file, Position at, const std::string& key,
             const std::string& message)
    : std::runtime_error(file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                         ": " + key + (key.empty() ? "" : ": ") + message),
      at_(at) {}

std::string shown(std::string_view value) {
    if (looks_secret(value))
        return "[hidden]";

    const bool shorten = value.size() > kLongest;
    if (shorten) {
        value = value.substr(0, kLongest);
        while (!value.empty() && (static_cast<unsigned char>(value.back()) & 0xC0) == 0x80)
            value.remove_suffix(1);
        if (!value.empty() && (static_cast<unsigned char>(value.back()) & 0x80) != 0)
            value.remove_suffix(1);
    }
    std::string result = "'";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            result += "\\x" + hex_byte(byte);
        else
            result += c;
    }
    return result + (shorten ? "…'" : "'");
}

}  // namespace paysync::config
