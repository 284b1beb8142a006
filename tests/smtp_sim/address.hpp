// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtp_sim {

/// The rest of MAIL or RCPT: `<address>` and what follows it.
struct Path {
    std::string address;
    /// KEYWORD or KEYWORD=VALUE, as sent.
    std::vector<std::string> parameters;
};

/// Reads "FROM:<a@example.com> SIZE=1" given "FROM:"; nothing for what the standard does not allow
/// (no angle brackets, blanks or brackets or control bytes inside them, no blank behind them).
std::optional<Path> parse_path(std::string_view text, std::string_view prefix);

/// Whether a byte is above 127.
bool has_utf8(std::string_view text);

}  // namespace smtp_sim
