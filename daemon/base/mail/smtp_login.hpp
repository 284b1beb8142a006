// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/curl.hpp"
#include "daemon/base/mail/smtp_account.hpp"

#include <string>

namespace paysync::mail {

/// libcurl's address of the account's server: `smtps://HOST:PORT/EHLO_NAME` or `smtp://…`.
std::string smtp_url(const SmtpAccount& account);

/// Sets a handle's server, TLS and login. `url` must outlive the handle's use. Throws what
/// `account.secret` throws.
void configure_server(CURL* handle, const SmtpAccount& account, const std::string& url);

/// Connects and logs in as a sender would, sends no message, and hangs up: the check behind
/// `paysyncd --check --online`. Blocks for `account.timeout` at most. Empty when it worked, else
/// the problem, without secrets.
std::string try_login(const SmtpAccount& account);

}  // namespace paysync::mail
