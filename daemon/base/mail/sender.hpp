// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "daemon/base/mail/outcome.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

/// Mail as the jobs see it.
namespace paysync::mail {

/// Called when the whole message is with the server except the final dot, which makes it the
/// server's.
class BeforeDot {
public:
    virtual ~BeforeDot() = default;

    /// Makes the coming dot durable knowledge. When it throws, the connection is cut without the
    /// dot, so the server must forget the message.
    virtual Task<void> commit() = 0;
};

/// Leave to send one letter, within the limits of its account and of its recipient's domain. Given
/// back by its end, on the loop thread.
class Permit {
public:
    virtual ~Permit() = default;
};

/// The answer to a wish to send.
struct Admission {
    std::unique_ptr<Permit> permit;     ///< null: not now
    std::chrono::milliseconds wait{0};  ///< then ask again after this
    std::string reason;                 ///< why not, in words
    bool unusual = false;               ///< the account or the domain is paused, not only busy
};

/// One message on its way to one recipient.
class Letter {
public:
    Letter(std::string letter_from, std::string letter_to, std::string letter_bytes)
        : from(std::move(letter_from)), to(std::move(letter_to)), bytes(std::move(letter_bytes)) {}

    std::string from;  ///< envelope sender
    std::string
        to;  ///< envelope recipient; one per transaction, so that each has an outcome of its own
    std::string bytes;               ///< RFC 5322 message, CRLF line ends only
    std::string account;             ///< name of the mail account, empty for the default one
    std::unique_ptr<Permit> permit;  ///< of this account; asked for by send() when there is none
};

/// Hands letters to mail servers.
class Sender {
public:
    virtual ~Sender() = default;

    /// The accounts that can take no letters now; the default one under its name and as "".
    virtual std::vector<std::string> paused() const = 0;

    /// Asks for leave to send one letter. Waits for a short time when the account or the
    /// recipient's domain is busy, and answers without a permit when that is not enough. Throws
    /// Cancelled.
    virtual Task<Admission> admit(std::string account, std::string recipient,
                                  std::stop_token stop) = 0;

    /// Yields what became of the letter and never throws for what a server did. Throws BadAddress,
    /// what `before_dot` threw, or Cancelled when `stop` comes before the dot; after it the
    /// server's answer is waited for.
    virtual Task<Outcome> send(Letter letter, BeforeDot& before_dot, std::stop_token stop) = 0;
};

}  // namespace paysync::mail
