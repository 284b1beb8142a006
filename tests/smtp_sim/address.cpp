// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/address.hpp"

#include <strings.h>

#include <algorithm>

namespace smtp_sim {
namespace {

/// The position of the first '>' outside of a quoted local part.
std::size_t end_of_path(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7f) {
            return std::string_view::npos;
        }
        if (quoted && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && text[i] == '>') {
            return i;
        } else if (!quoted && (text[i] == '<' || text[i] == ' ')) {
            return std::string_view::npos;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<Path> parse_path(std::string_view text, std::string_view prefix) {
    if (text.size() < prefix.size() ||
        strncasecmp(text.data(), prefix.data(), prefix.size()) != 0) {
        return std::nullopt;
    }
    text.remove_prefix(prefix.size());
    // "FROM: <a@b>" is not allowed by the standard but common.
    if (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    if (text.empty() || text.front() != '<') {
        return std::nullopt;
    }
    const std::size_t end = end_of_path(text);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    Path path{.address = std::string(text.substr(1, end - 1)), .parameters = {}};
    text.remove_prefix(end + 1);
    while (!text.empty()) {
        if (text.front() != ' ') {
            return std::nullopt;
        }
        text.remove_prefix(1);
        const std::string_view word = text.substr(0, text.find(' '));
        if (!word.empty()) {
            path.parameters.emplace_back(word);
        }
        text.remove_prefix(word.size());
    }
    return path;
}

bool has_utf8(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) > 127; });
}

}  // namespace smtp_sim
