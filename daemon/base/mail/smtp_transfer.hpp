// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/event.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/mail/outcome.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace paysync::mail {

/// One message on its way, shared by two threads: the coroutine that sends it (loop thread) and the
/// connection that carries it (a thread of SmtpSender). The connection stops before the final dot
/// and goes on only when the coroutine decides so:
///
///     coroutine                        connection
///     SmtpSender::send()               MAIL, RCPT, DATA, all bytes of the message
///     co_await at_dot()           <--  wait_for_decision()
///     CommitPoint::commit_send()
///     send_dot() or abort()       -->  final dot, or hang up
///     co_await done()             <--  finish(result)
class SmtpTransfer {
public:
    /// `from_path` and `to_path` in angle brackets. `bytes` must outlive the transfer.
    SmtpTransfer(Loop& loop, std::string from_path, std::string to_path, bool needs_utf8,
                 const std::string& message_bytes)
        : from(std::move(from_path)),
          to(std::move(to_path)),
          utf8(needs_utf8),
          bytes(message_bytes),
          loop_(loop),
          at_dot_(loop),
          done_(loop) {}

    const std::string from;
    const std::string to;
    const bool utf8;           ///< `to` is not ASCII: the server must offer SMTPUTF8
    const std::string& bytes;  ///< RFC 5322 message, CRLF line ends only

    // For the coroutine, on the loop thread.
    /// Signalled before the final dot, or at the end when that comes first.
    Event& at_dot() noexcept { return at_dot_; }
    /// Signalled when the connection is done with the message.
    Event& done() noexcept { return done_; }
    /// Null until done().
    const std::optional<SendResult>& result() const noexcept { return result_; }
    /// Lets the final dot go out.
    void send_dot() { decide(Decision::send_dot); }
    /// Gives the message up, wherever it is. The first decision counts.
    void abort() { decide(Decision::abort); }

    // For the connection, on its own thread.
    /// All but the final dot is out. Blocks until the coroutine decides; true for send_dot().
    bool wait_for_decision();
    bool aborted();
    void finish(SendResult result);

private:
    enum class Decision { none, send_dot, abort };

    void decide(Decision decision);

    Loop& loop_;
    Event at_dot_;                      // loop thread
    Event done_;                        // loop thread
    std::optional<SendResult> result_;  // loop thread
    std::mutex mutex_;
    std::condition_variable decided_;
    Decision decision_ = Decision::none;  // guarded by mutex_
};

}  // namespace paysync::mail
