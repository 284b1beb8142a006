// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "daemon/base/mail/outcome.hpp"
#include "daemon/base/mail/smtp_account.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace paysync {
class Loop;
}

namespace paysync::mail {

class CommitPoint;
class OutgoingMessage;
class SmtpTransfer;

/// Sends messages by one mail account: a coroutine hands a message to a thread that owns an
/// SmtpConnection, and is told before the final dot and at the end (SmtpTransfer). Connections are
/// kept between messages; threads start as messages queue up, `max_connections` at most.
///
/// Threads, because libcurl's multi interface would block the loop while it waits for the replies
/// to the final dot and to QUIT, and would send the dot of a message that is given up
/// (docs/decisions/0007).
class SmtpSender {
public:
    SmtpSender(Loop& loop, SmtpAccount account);
    /// Joins the threads; no send() may be under way.
    ~SmtpSender();
    SmtpSender(const SmtpSender&) = delete;
    SmtpSender& operator=(const SmtpSender&) = delete;

    const SmtpAccount& account() const noexcept { return account_; }

    /// As Sender::send(), without limits.
    Task<SendResult> send(OutgoingMessage message, CommitPoint& commit_point, std::stop_token stop);

private:
    void submit(SmtpTransfer& transfer);
    void run_connection();

    Loop& loop_;
    const SmtpAccount account_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<SmtpTransfer*> queue_;  // guarded by mutex_
    int idle_ = 0;                     // guarded by mutex_
    bool closing_ = false;             // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace paysync::mail
