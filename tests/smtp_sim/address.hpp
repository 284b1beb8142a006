// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtp_sim {

/// The argument of MAIL or RCPT: `<address>` and its parameters.
struct Path {
    std::string address;
    /// KEYWORD or KEYWORD=VALUE, as sent.
    std::vector<std::string> parameters;
};

/// Parses "FROM:<a@example.com> SIZE=1" if `prefix` is "FROM:". Returns nothing for text that the
/// standard does not allow: without angle brackets, with blanks, brackets or control bytes inside
/// them, or without a blank after them.
std::optional<Path> parse_path(std::string_view text, std::string_view prefix);

/// Whether the text has a byte above 127.
bool has_utf8(std::string_view text);

}  // namespace smtp_sim
