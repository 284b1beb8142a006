// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/curl.hpp"
#include "daemon/base/mail/smtp_account.hpp"

#include <string>

namespace paysync::mail {

/// `smtps://host:port/name` or `smtp://…`.
std::string url_of(const SmtpAccount& account);

/// Tells a handle how to reach the server, with which TLS, and as whom to log in. Throws what the
/// account's secret throws.
void set_server(CURL* handle, const SmtpAccount& account, const std::string& url);

/// Connects and logs in as for a letter, sends none, and hangs up; blocks for `timeout` at most.
/// Empty when it worked, else what did not, without secrets.
std::string try_login(const SmtpAccount& account);

}  // namespace paysync::mail
