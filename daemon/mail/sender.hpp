// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/loop/task.hpp"
#include "daemon/mail/outcome.hpp"

#include <stop_token>
#include <string>

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

/// One message on its way to one recipient.
class Letter {
public:
    Letter(std::string letter_from, std::string letter_to, std::string letter_bytes)
        : from(std::move(letter_from)), to(std::move(letter_to)), bytes(std::move(letter_bytes)) {}

    std::string from;  ///< envelope sender
    std::string
        to;  ///< envelope recipient; one per transaction, so that each has an outcome of its own
    std::string bytes;  ///< RFC 5322 message, CRLF line ends only
};

/// Hands letters to a mail server.
class Sender {
public:
    virtual ~Sender() = default;

    /// Yields what became of the letter and never throws for what a server did. Throws BadAddress,
    /// what `before_dot` threw, or Cancelled when `stop` comes before the dot; after it the
    /// server's answer is waited for.
    virtual Task<Outcome> send(Letter letter, BeforeDot& before_dot, std::stop_token stop) = 0;
};

}  // namespace paysync::mail
