// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace paysync::config {

/// An ASCII host name as DNS allows it: letters, digits, hyphens and dots.
bool is_host_name(std::string_view text);

/// A host name with at least one dot that is not an IP address.
bool is_domain(std::string_view text);

/// An IPv4 address, or an IPv6 address without brackets.
bool is_ip_address(std::string_view text);

/// `localhost`, 127.0.0.0/8 or ::1 (with or without brackets): connections to it do not leave the
/// machine, so they need no encryption.
bool is_loopback(std::string_view host);

/// A plain ASCII address `local@domain`, without quotes, comments or a display name.
bool is_mail_address(std::string_view text);

/// The parts of a URL.
struct Url {
    std::string scheme;  ///< http or https
    std::string host;    ///< an IPv6 address has brackets
    int port = 0;        ///< 0 if the URL has none
    std::string rest;    ///< path, query and fragment, as written
};

/// Parses an absolute https URL; http is accepted for loopback hosts. Throws std::invalid_argument
/// with the reason.
Url parse_url(std::string_view text);

}  // namespace paysync::config
