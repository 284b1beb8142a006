// SPDX-License-Identifier: MIT
#include "config/names.hpp"
#include "config/sections.hpp"

#include <fmt/format.h>

namespace paysync::config {
namespace {

using namespace std::chrono_literals;

int default_port(Smtp::Tls tls) {
    return tls == Smtp::Tls::implicit ? 465 : tls == Smtp::Tls::starttls ? 587 : 25;
}

std::string read_host(const Section& section) {
    std::string host = section.text("host");
    if (host.find(':') != std::string::npos && is_ip_address(host))
        host = "[" + host + "]";
    const bool bracketed = host.starts_with('[') && host.ends_with(']') &&
                           host.find(':') != std::string::npos &&
                           is_ip_address(host.substr(1, host.size() - 2));
    if (!bracketed && !is_host_name(host))
        section.fail("host", fmt::format("is not a host name or IP address: {}", shown(host)));
    return host;
}

void read_login(const Section& section, Smtp& smtp) {
    smtp.user = section.maybe_text("user");
    smtp.password = section.maybe_secret("password");
    if (smtp.password && smtp.tls == Smtp::Tls::none)
        section.fail("password", "would travel in the clear with tls: none");
    if (smtp.user && !smtp.password)
        section.fail("password", "required, because smtp.user is there");
    if (smtp.password && !smtp.user)
        section.fail("user", "required, because smtp.password is there");
}

std::string read_address(const Section& section, std::string_view key, const std::string& address) {
    if (!is_mail_address(address)) {
        section.fail(key, fmt::format("is not a plain mail address (ASCII; an international domain "
                                      "in its xn-- form): {}",
                                      shown(address)));
    }
    return address;
}

}  // namespace

Smtp read_smtp(const Section& section) {
    Smtp smtp;
    smtp.host = read_host(section);
    smtp.tls = section.choice("tls", smtp.tls,
                              {{"implicit", Smtp::Tls::implicit},
                               {"starttls", Smtp::Tls::starttls},
                               {"none", Smtp::Tls::none}});
    if (smtp.tls == Smtp::Tls::none && !is_loopback(smtp.host))
        section.fail("tls", "none is only for a loopback host");
    smtp.port = section.integer("port", default_port(smtp.tls), 1, 65535);
    smtp.ca_file = section.maybe_path("ca_file");
    read_login(section, smtp);
    smtp.timeout = section.duration("timeout", smtp.timeout, 1s, 30min);
    smtp.max_connections = section.integer("max_connections", smtp.max_connections, 1, 100);
    smtp.idle = section.duration("idle", smtp.idle, 1s, 1h);
    section.finish();
    return smtp;
}

Mail read_mail(const Section& section) {
    Mail mail;
    const Section from = section.section("from");
    mail.from.address = read_address(from, "address", from.text("address"));
    mail.from.name = from.text("name", "");
    from.finish();
    if (const auto reply_to = section.maybe_text("reply_to"))
        mail.reply_to = read_address(section, "reply_to", *reply_to);
    mail.message_id_domain = section.text(
        "message_id_domain", mail.from.address.substr(mail.from.address.find('@') + 1));
    if (!is_domain(mail.message_id_domain)) {
        section.fail("message_id_domain",
                     fmt::format("is not a domain: {}", shown(mail.message_id_domain)));
    }
    mail.templates = section.maybe_path("templates");
    section.finish();
    return mail;
}

}  // namespace paysync::config
