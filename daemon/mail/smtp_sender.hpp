// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/http/curl_multi.hpp"
#include "daemon/mail/sender.hpp"

#include <chrono>
#include <string>

namespace paysync::mail {

/// SMTP over libcurl, with connections kept between letters and a pause before each final dot.
class SmtpSender final : public Sender {
public:
    enum class Tls { implicit, starttls, none };

    struct Account {
        std::string host;
        int port = 587;
        Tls tls = Tls::starttls;
        std::string ca_file;  ///< empty for the system's
        std::string user;     ///< empty for no login
        std::string password;
        std::string ehlo_name;
        std::chrono::milliseconds timeout{60000};  ///< for one transaction, pauses included
        std::chrono::seconds idle{30};  ///< a connection idle for longer is not used again
        long max_connections = 8;
    };

    SmtpSender(Loop& loop, Account account);

    Task<Outcome> send(Letter letter, BeforeDot& before_dot, std::stop_token stop) override;

private:
    http::CurlMulti multi_;
    Account account_;
    std::string url_;
};

}  // namespace paysync::mail
