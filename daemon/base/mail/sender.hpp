// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "daemon/base/mail/outcome.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

/// Mail as the jobs see it: ask for admission, then send one message to one recipient.
///
///     auto admission = co_await sender.admit(account, recipient, stop);
///     if (!admission.permit)
///         …                          // try again after admission.wait
///     mail::OutgoingMessage message(from, recipient, bytes);
///     const auto result = co_await sender.send(std::move(admission.permit), std::move(message),
///                                              commit_point, stop);
///     …                              // result.rule says what follows
namespace paysync::mail {

/// The last moment at which a message can be held back. A mail server is responsible for a message
/// from its final dot on, so the sender stops when everything but this dot is out and calls
/// commit_send(). After a crash before this call the message can be sent again safely: the server
/// must forget a message without its dot. After a crash behind it nobody knows whether the server
/// has the message.
class CommitPoint {
public:
    virtual ~CommitPoint() = default;

    /// Commits to the database that the final dot goes out next. If it throws, the connection is
    /// closed without the dot.
    virtual Task<void> commit_send() = 0;
};

/// The right to send one message, within the limits of its mail account and of its recipient's
/// domain. Its destruction gives the place to the next one; on the loop thread.
class Permit {
public:
    virtual ~Permit() = default;
};

/// The answer to Sender::admit().
struct Admission {
    std::unique_ptr<Permit> permit;     ///< null: not now
    std::chrono::milliseconds wait{0};  ///< without a permit: ask again after this
    std::string reason;                 ///< without a permit: why not, in words
    bool paused = false;  ///< the account or the domain is paused, or unknown, not only busy
};

/// One message to one recipient, so that each recipient has an outcome of its own.
class OutgoingMessage {
public:
    OutgoingMessage(std::string envelope_from, std::string envelope_to, std::string message_bytes)
        : from(std::move(envelope_from)),
          to(std::move(envelope_to)),
          bytes(std::move(message_bytes)) {}

    std::string from;   ///< envelope sender
    std::string to;     ///< envelope recipient
    std::string bytes;  ///< RFC 5322 message, CRLF line ends only
};

/// A mail account, as the queue sees it.
struct AccountState {
    std::string name;
    bool is_default = false;  ///< also takes the messages of those who name no account
    bool paused = false;      ///< takes no message now
    /// Not empty: so many of its last messages were refused that somebody has to look, in words.
    /// The account takes no message until clear_refusals().
    std::string refusals = {};
};

/// Hands messages to mail servers.
class Sender {
public:
    virtual ~Sender() = default;

    /// All accounts of the configuration.
    virtual std::vector<AccountState> accounts() const = 0;

    /// Lets an account with AccountState::refusals take messages again: whoever calls this has
    /// stored that it is held.
    virtual void clear_refusals(const std::string& account) = 0;

    /// Asks for the right to send one message by `account` (empty: the default one). Waits for a
    /// short time when the account or the recipient's domain is busy, and answers without a permit
    /// when that is not enough. Throws Cancelled.
    virtual Task<Admission> admit(std::string account, std::string recipient,
                                  std::stop_token stop) = 0;

    /// Sends a message with a permit of this sender. Every error of a server or of the network is
    /// part of the result. Throws BadAddress, the exception of `commit_point`, or Cancelled if
    /// `stop` comes before the commit point. After the commit point it waits for the server's reply
    /// even if `stop` comes.
    virtual Task<SendResult> send(std::unique_ptr<Permit> permit, OutgoingMessage message,
                                  CommitPoint& commit_point, std::stop_token stop) = 0;
};

}  // namespace paysync::mail
