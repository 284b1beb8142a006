// SPDX-License-Identifier: MIT
#include "daemon/wiring.hpp"

#include <unistd.h>

namespace paysync {

namespace {

mail::SmtpAccount::Tls tls_of(config::Smtp::Tls tls) {
    switch (tls) {
        case config::Smtp::Tls::implicit:
            return mail::SmtpAccount::Tls::implicit;
        case config::Smtp::Tls::starttls:
            return mail::SmtpAccount::Tls::starttls;
        case config::Smtp::Tls::none:
            return mail::SmtpAccount::Tls::none;
    }
    return mail::SmtpAccount::Tls::starttls;
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

mail::SmtpAccount smtp_account(const config::Config& config) {
    mail::SmtpAccount account;
    account.host = config.smtp.host;
    account.port = config.smtp.port;
    account.tls = tls_of(config.smtp.tls);
    if (config.smtp.ca_file)
        account.ca_file = config.smtp.ca_file->string();
    account.user = config.smtp.user.value_or("");
    if (config.smtp.password)
        account.password = config.smtp.password->reveal();
    account.ehlo_name = host_name();
    account.timeout = config.smtp.timeout;
    account.idle = std::chrono::duration_cast<std::chrono::seconds>(config.smtp.idle);
    account.max_connections = config.smtp.max_connections;
    return account;
}

int jitter_of(const config::Config& config, const std::string& job) {
    return config.job(job.substr(0, job.find('.'))).jitter_percent;
}

}  // namespace paysync
