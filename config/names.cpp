// SPDX-License-Identifier: MIT
#include "config/names.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace paysync::config {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_address(int family, std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

std::string_view without_brackets(std::string_view host) {
    return host.size() > 2 && host.front() == '[' && host.back() == ']'
               ? host.substr(1, host.size() - 2)
               : host;
}

int parse_port(std::string_view text) {
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535)
        throw std::invalid_argument("the port must be a number from 1 to 65535");
    return port;
}

}  // namespace

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253)
        return false;
    for (;;) {
        const auto dot = text.find('.');
        if (!is_label(text.substr(0, dot)))
            return false;
        if (dot == std::string_view::npos)
            return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_domain(std::string_view text) {
    const auto dot = text.rfind('.');
    // If the last label has only digits, the text is an IPv4 address or looks like one.
    return is_host_name(text) && dot != std::string_view::npos &&
           !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(dot) + 1, text.end(), is_digit);
}

bool is_ip_address(std::string_view text) {
    return is_address(AF_INET, text) || is_address(AF_INET6, text);
}

bool is_loopback(std::string_view host) {
    host = without_brackets(host);
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && is_address(AF_INET, host));
}

bool is_mail_address(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254)
        return false;
    const auto local = text.substr(0, at);
    const bool dots_apart =
        local.front() != '.' && local.back() != '.' && local.find("..") == std::string_view::npos;
    const bool atoms = std::all_of(local.begin(), local.end(), [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
    });
    return dots_apart && atoms && is_domain(text.substr(at + 1));
}

Url parse_url(std::string_view text) {
    Url url;
    const bool visible =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!visible || text.find_first_of("\"<>\\^`{|}") != std::string_view::npos)
        throw std::invalid_argument("contains a character that is not allowed in a URL");
    const auto colon = text.find("://");
    url.scheme = text.substr(0, colon);
    if (colon == std::string_view::npos || (url.scheme != "https" && url.scheme != "http"))
        throw std::invalid_argument("must be a URL that begins with https://");

    text.remove_prefix(colon + 3);
    auto authority = text.substr(0, text.find_first_of("/?#"));
    url.rest = text.substr(authority.size());
    if (authority.find('@') != std::string_view::npos)
        throw std::invalid_argument("a user name or password in a URL is not allowed");

    const auto host_end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
    const auto port_mark =
        authority.starts_with('[') && host_end != std::string_view::npos ? host_end + 1 : host_end;
    url.host = authority.substr(0, port_mark);
    if (port_mark < authority.size()) {
        if (authority[port_mark] != ':')
            throw std::invalid_argument("the host name is not valid");
        url.port = parse_port(authority.substr(port_mark + 1));
    }

    const bool bracketed = url.host.starts_with('[');
    if (bracketed ? !is_address(AF_INET6, without_brackets(url.host)) : !is_host_name(url.host))
        throw std::invalid_argument("the host name is not valid");
    if (url.scheme == "http" && !is_loopback(url.host))
        throw std::invalid_argument("http is allowed for loopback hosts only; use https");
    return url;
}

}  // namespace paysync::config
