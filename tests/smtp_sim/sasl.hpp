// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtp_sim {

/// The credentials that a client sent; `secret` is a password or a bearer token.
struct Login {
    std::string user;
    std::string secret;
};

/// Decodes strict base64; nothing for any other text.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

/// Parses the message of PLAIN: [authzid] NUL user NUL password.
std::optional<Login> parse_plain(std::string_view message);
/// Parses the message of XOAUTH2: user=U ^A auth=Bearer T ^A ^A.
std::optional<Login> parse_xoauth2(std::string_view message);

}  // namespace smtp_sim
