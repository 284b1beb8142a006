// SPDX-License-Identifier: MIT
#include "daemon/app/wiring.hpp"

#include <unistd.h>

namespace paysync {

namespace {

using config::MailAccount;
using mail::SmtpAccount;

SmtpAccount::Tls tls_of(MailAccount::Tls tls) {
    switch (tls) {
        case MailAccount::Tls::implicit:
            return SmtpAccount::Tls::implicit;
        case MailAccount::Tls::starttls:
            return SmtpAccount::Tls::starttls;
        case MailAccount::Tls::none:
            return SmtpAccount::Tls::none;
    }
    return SmtpAccount::Tls::starttls;
}

SmtpAccount::Auth auth_of(MailAccount::Auth auth) {
    switch (auth) {
        case MailAccount::Auth::any:
            return SmtpAccount::Auth::any;
        case MailAccount::Auth::plain:
            return SmtpAccount::Auth::plain;
        case MailAccount::Auth::login:
            return SmtpAccount::Auth::login;
        case MailAccount::Auth::xoauth2:
            return SmtpAccount::Auth::xoauth2;
    }
    return SmtpAccount::Auth::any;
}

double per_second(const std::optional<config::Rate>& rate) {
    return rate ? static_cast<double>(rate->messages) / static_cast<double>(rate->per.count()) : 0;
}

std::string host_name() {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    return host;
}

}  // namespace

stripe::Budget::Options budget_options(const config::Stripe& section) {
    stripe::Budget::Options options;
    options.rate = section.requests_per_second;
    options.in_flight = section.max_in_flight;
    return options;
}

stripe::Client::Options stripe_options(const config::Stripe& section) {
    stripe::Client::Options options;
    options.api_base = section.api_base;
    options.connect_base = section.connect_base;
    options.files_base = section.files_base;
    options.api_key = section.key();
    options.api_version = section.api_version;
    options.livemode = section.livemode;
    options.timeout = section.timeout;
    return options;
}

SmtpAccount smtp_account(const MailAccount& section) {
    SmtpAccount account;
    account.name = section.name;
    account.host = section.host;
    account.port = section.port;
    account.tls = tls_of(section.tls);
    if (section.ca_file)
        account.ca_file = section.ca_file->string();
    account.user = section.user.value_or("");
    account.auth = auth_of(section.auth);
    if (section.password && section.auth == MailAccount::Auth::xoauth2)
        account.secret = [token = *section.password] { return token.read_again(); };
    else if (section.password)
        account.secret = [password = section.password->reveal()] { return password; };
    account.ehlo_name = host_name();
    account.timeout = section.timeout;
    account.dot_timeout = section.dot_timeout;
    account.idle = std::chrono::duration_cast<std::chrono::seconds>(section.idle);
    account.max_connections = section.max_connections;
    account.max_messages = section.max_messages;
    account.per_second = per_second(section.rate);
    account.domain = mail::Limits{per_second(section.domain_rate), section.domain_connections};
    for (const auto& domain : section.domains) {
        const int connections =
            domain.connections > 0 ? domain.connections : section.domain_connections;
        const auto rate = domain.rate ? domain.rate : section.domain_rate;
        account.domains[domain.domain] = mail::Limits{per_second(rate), connections};
    }
    return account;
}

mail::MailAccounts::Options mail_options(const config::Mail& section) {
    mail::MailAccounts::Options options;
    for (const auto& account : section.accounts)
        options.accounts.push_back(smtp_account(account));
    options.default_account = section.default_account;
    options.down.first = section.pause;
    options.throttled.first = section.throttle_pause;
    return options;
}

}  // namespace paysync
