// SPDX-License-Identifier: MIT
#include "config/words.hpp"

namespace paysync::config {

std::string comma_separated(const std::vector<std::string>& words) {
    std::string result;
    for (const auto& word : words)
        result += (result.empty() ? "" : ", ") + word;
    return result;
}

std::string hex_byte(unsigned byte) {
    constexpr const char* kDigits = "0123456789abcdef";
    return {kDigits[byte >> 4U & 0xFU], kDigits[byte & 0xFU]};
}

}  // namespace paysync::config
