// SPDX-License-Identifier: MIT
#include "config/names.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <charconv>

namespace paysync::config {
namespace {

using namespace std::chrono_literals;
using Tls = MailAccount::Tls;
using Auth = MailAccount::Auth;

int default_port(Tls tls) {
    return tls == Tls::implicit ? 465 : tls == Tls::starttls ? 587 : 25;
}

std::string read_host(const Section& section) {
    std::string host = section.text("host");
    if (host.find(':') != std::string::npos && is_ip_address(host))
        host = "[" + host + "]";
    const bool bracketed = host.starts_with('[') && host.ends_with(']') &&
                           host.find(':') != std::string::npos &&
                           is_ip_address(host.substr(1, host.size() - 2));
    if (!bracketed && !is_host_name(host))
        section.fail("host", "must be a host name or an IP address, got " + shown(host));
    return host;
}

void read_login(const Section& section, MailAccount& account) {
    account.user = section.maybe_text("user");
    account.auth = section.choice("auth", account.auth,
                                  {{"any", Auth::any},
                                   {"plain", Auth::plain},
                                   {"login", Auth::login},
                                   {"xoauth2", Auth::xoauth2}});
    account.password = section.maybe_secret("password");
    if (account.password && account.tls == Tls::none)
        section.fail("password", "tls: none would send the password unencrypted");
    if (account.user && !account.password)
        section.fail("password", "required, because " + section.path() + ".user is set");
    if (!account.user && (account.password || account.auth != Auth::any))
        section.fail("user", "required, because " + section.path() +
                                 (account.password ? ".password" : ".auth") + " is set");
}

std::optional<Rate> parse_rate(std::string_view text) {
    Rate rate;
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || text.size() != slash + 2 || text.front() == '0')
        return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + slash, rate.messages);
    if (error != std::errc() || end != text.data() + slash || rate.messages < 1 ||
        rate.messages > 1000000)
        return std::nullopt;
    switch (text.back()) {
        case 's':
            rate.per = 1s;
            return rate;
        case 'm':
            rate.per = 1min;
            return rate;
        case 'h':
            rate.per = 1h;
            return rate;
        default:
            return std::nullopt;
    }
}

std::optional<Rate> read_rate(const Section& section, std::string_view key) {
    const auto text = section.maybe_text(key);
    if (!text)
        return std::nullopt;
    const auto rate = parse_rate(*text);
    if (!rate)
        section.fail(key, "must be a rate such as 14/s, 100/m or 600/h, got " + shown(*text));
    return rate;
}

MailAccount::Domain read_domain(const Section& section) {
    MailAccount::Domain domain;
    domain.domain = section.text("domain");
    if (!is_domain(domain.domain))
        section.fail("domain", "must be a domain in ASCII, got " + shown(domain.domain));
    std::transform(domain.domain.begin(), domain.domain.end(), domain.domain.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    domain.rate = read_rate(section, "rate");
    domain.connections = section.integer("connections", 0, 1, 100);
    section.finish();
    return domain;
}

void read_limits(const Section& section, MailAccount& account) {
    account.max_connections = section.integer("max_connections", account.max_connections, 1, 100);
    account.max_messages = section.integer("max_messages", account.max_messages, 1, 1000000);
    account.rate = read_rate(section, "rate");
    account.domain_rate = read_rate(section, "domain_rate");
    account.domain_connections = section.integer("domain_connections", 0, 1, 100);
    for (const auto& domain : section.sections("domains"))
        account.domains.push_back(read_domain(domain));
}

}  // namespace

void read_account(const Section& section, MailAccount& account) {
    account.host = read_host(section);
    account.tls = section.choice(
        "tls", account.tls,
        {{"implicit", Tls::implicit}, {"starttls", Tls::starttls}, {"none", Tls::none}});
    if (account.tls == Tls::none && !is_loopback(account.host))
        section.fail("tls", "none is allowed for loopback hosts only");
    account.port = section.integer("port", default_port(account.tls), 1, 65535);
    account.ca_file = section.maybe_path("ca_file");
    read_login(section, account);
    account.timeout = section.duration("timeout", account.timeout, 1s, 30min);
    account.dot_timeout = section.duration("dot_timeout", account.dot_timeout, 1s, 1h);
    account.idle = section.duration("idle", account.idle, 1s, 1h);
    read_limits(section, account);
    section.finish();
}

}  // namespace paysync::config
