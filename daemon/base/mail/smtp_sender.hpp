// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/sender.hpp"
#include "daemon/base/mail/smtp_connection.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace paysync::mail {

/// One account's SMTP over libcurl, with connections kept between letters and a pause before each
/// final dot. Each connection has a thread: libcurl's multi interface would wait for the answers to
/// the dot and to QUIT on the loop, and everything else with it (docs/decisions/0007).
class SmtpSender {
public:
    SmtpSender(Loop& loop, SmtpAccount account);
    /// Waits for the threads; nothing may be under way any more.
    ~SmtpSender();
    SmtpSender(const SmtpSender&) = delete;
    SmtpSender& operator=(const SmtpSender&) = delete;

    const SmtpAccount& account() const noexcept { return account_; }

    /// As Sender::send(), without asking anybody's leave.
    Task<Outcome> send(Letter letter, BeforeDot& before_dot, std::stop_token stop);

private:
    void submit(SmtpJob& job);
    void carry_letters();

    Loop& loop_;
    const SmtpAccount account_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<SmtpJob*> queue_;  // guarded by mutex_
    int idle_ = 0;                // guarded by mutex_
    bool closing_ = false;        // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace paysync::mail
