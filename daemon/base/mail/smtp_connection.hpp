// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/curl.hpp"
#include "daemon/base/mail/smtp_account.hpp"
#include "daemon/base/mail/smtp_dialogue.hpp"
#include "daemon/base/mail/smtp_job.hpp"

#include <string>

namespace paysync::mail {

/// What a connection made of a letter.
struct Carried {
    Outcome outcome;
    bool given_up = false;  ///< the coroutine said so, before the server could have taken it
};

/// One connection to the mail server, kept between letters; for one thread, which it blocks.
class SmtpConnection {
public:
    explicit SmtpConnection(const SmtpAccount& account);

    /// Carries the letter as far as its coroutine allows, and says what came of it; never throws. A
    /// connection that turns out to be over before anything was asked of it is replaced, once.
    Carried carry(SmtpJob& job) noexcept;

    /// Says goodbye to the server and does not wait for its answer.
    void close() noexcept;

private:
    struct Transfer;

    Carried attempt(SmtpJob& job, bool& stale);
    Carried conclude(const Transfer& transfer, CURLcode code) const;
    void prepare(Transfer& transfer);
    void hang_up(int how) noexcept;
    void drop() noexcept;
    SmtpDemand demand_of(const SmtpJob& job) const;

    const SmtpAccount& account_;
    std::string url_;
    http::Easy easy_{nullptr, &curl_easy_cleanup};
    SmtpOffer offer_;
    int carried_ = 0;  // letters on the present connection
};

}  // namespace paysync::mail
