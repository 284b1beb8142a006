// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace paysync::mail {

/// How fast messages may go by an account or to a domain; 0 is no limit.
struct Limits {
    double per_second = 0;
    int connections = 0;  ///< messages under way at once
};

/// A login at a mail server: how to talk to it, and how fast.
struct SmtpAccount {
    enum class Tls { implicit, starttls, none };
    enum class Auth { any, plain, login, xoauth2 };

    std::string name;
    std::string host;
    int port = 587;
    Tls tls = Tls::starttls;
    std::string ca_file;    ///< empty for the system's
    std::string user;       ///< empty for no login
    Auth auth = Auth::any;  ///< `any` takes the best that the server offers
    /// The password or, for XOAUTH2, the token. Called by the thread of each new connection, so
    /// that a token can be renewed; what it throws counts as a refused login.
    std::function<std::string()> secret;
    std::string ehlo_name;
    std::chrono::milliseconds timeout{60000};       ///< for one message up to its final dot
    std::chrono::milliseconds dot_timeout{600000};  ///< for the reply to the final dot
    std::chrono::seconds idle{30};                  ///< an idle connection is closed after this
    int max_connections = 8;
    int max_messages = 100;                 ///< messages over one connection
    double per_second = 0;                  ///< messages of the whole account; 0 for no limit
    Limits domain;                          ///< for each recipient domain
    std::map<std::string, Limits> domains;  ///< for these domains instead
};

}  // namespace paysync::mail
