// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace paysync::config {

/// A host name in ASCII: letters, digits, hyphens and dots, as DNS allows.
bool is_host_name(std::string_view text);

/// A domain: a host name with at least one dot that is not an IP address.
bool is_domain(std::string_view text);

/// Four decimal numbers, or an IPv6 address without brackets.
bool is_ip_address(std::string_view text);

/// `localhost`, 127.0.0.0/8 or ::1 (with or without brackets): traffic that never leaves the
/// machine.
bool is_loopback(std::string_view host);

/// One plain `local@domain` address in ASCII, without quotes, comments or a display name.
bool is_mail_address(std::string_view text);

/// A web address taken apart.
struct Url {
    std::string scheme;  ///< http or https
    std::string host;    ///< an IPv6 address has its brackets
    int port = 0;        ///< 0 when not given
    std::string rest;    ///< path, query and fragment, as written
};

/// Takes an absolute http or https address apart; plain http is for loopback hosts only. Throws
/// std::invalid_argument that says what is wrong.
Url parse_url(std::string_view text);

}  // namespace paysync::config
