// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtp_sim {

/// What a client said to log in; `secret` is a password or a bearer token.
struct Login {
    std::string user;
    std::string secret;
};

/// Strict base64; nothing for anything else.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

/// The message of PLAIN: [authzid] NUL user NUL password.
std::optional<Login> parse_plain(std::string_view message);
/// The message of XOAUTH2: user=U ^A auth=Bearer T ^A ^A.
std::optional<Login> parse_xoauth2(std::string_view message);

}  // namespace smtp_sim
