// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/http/curl.hpp"
#include "daemon/mail/smtp_job.hpp"

#include <chrono>
#include <string>

namespace paysync::mail {

/// The mail server and how to talk to it.
struct SmtpAccount {
    enum class Tls { implicit, starttls, none };

    std::string host;
    int port = 587;
    Tls tls = Tls::starttls;
    std::string ca_file;  ///< empty for the system's
    std::string user;     ///< empty for no login
    std::string password;
    std::string ehlo_name;
    std::chrono::milliseconds timeout{60000};  ///< for one transaction, and for each answer
    std::chrono::seconds idle{30};             ///< an idle connection is closed after this
    int max_connections = 8;
};

/// One connection to the mail server, kept between letters; for one thread, which it blocks.
class SmtpConnection {
public:
    explicit SmtpConnection(const SmtpAccount& account);

    /// Carries the letter as far as its coroutine allows; never throws.
    SmtpJob::Result carry(SmtpJob& job) noexcept;

    /// Says goodbye to the server.
    void close() { easy_.reset(); }

private:
    void prepare(SmtpJob& job, struct SmtpUpload& upload, SmtpJob::Result& result, char* problem);

    const SmtpAccount& account_;
    std::string url_;
    http::Easy easy_{nullptr, &curl_easy_cleanup};
};

}  // namespace paysync::mail
